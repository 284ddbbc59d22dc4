"""One run: a world, those who act in it, and the nemesis; then everything is healed, drains, and is checked.

The same seed has the same actors choose the same, and the same moves strike in the same order. What meets what in
between is up to the machine: a failing seed fails again often, not always.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

from chaos import ending
from chaos.actors.actor import Actor, Stage
from chaos.actors.auditor import Auditor
from chaos.actors.follower import Following, Pager, SocketFollower, StreamFollower
from chaos.actors.healer import Healer
from chaos.actors.manager import Manager
from chaos.actors.user import User
from chaos.actors.watcher import Counter, Reader
from chaos.bugs import BUGS, command_with
from chaos.checkers import complaints
from chaos.checkers.complaint import Complaint, account
from chaos.history import History
from chaos.moves import MOVES
from chaos.nemesis import torment
from chaos.world import COMMAND, World
from interlock.domain.roles import Role

SERVERS = 3
_FEWEST = {
    "calls ok": 10, "records": 2, "events": 15, "completed": 1, "delivered": 20, "reads": 2, "audits": 0.2,
}  # fmt: skip
"""For each second of load: what has less has tried nothing."""


@dataclass(frozen=True)
class Plan:
    """What is to be run. ``bug`` is one that is switched on; ``moves`` are all, or those that it needs, unless named."""

    seed: int
    seconds: float = 20.0
    moves: Sequence[str] | None = None
    bug: str | None = None

    @property
    def names(self) -> Sequence[str]:
        if self.moves is not None:
            return self.moves
        return BUGS[self.bug].moves if self.bug else list(MOVES)


@dataclass(frozen=True)
class Verdict:
    """What the checkers said, by the promise that they check, and how much there was of everything."""

    plan: Plan
    history: History
    complaints: Mapping[str, Sequence[Complaint]]
    figures: Mapping[str, int]

    @property
    def thin(self) -> list[str]:
        """Of what there was too little to have tried anything."""
        fewest = {name: n * self.plan.seconds for name, n in _FEWEST.items()}
        if self.plan.names:
            fewest["moves"] = self.plan.seconds / 10
        return [
            f"{name}: {self.figures.get(name, 0)} < {n:.0f}"
            for name, n in fewest.items()
            if self.figures.get(name, 0) < n
        ]

    @property
    def clean(self) -> bool:
        return not self.complaints and not self.thin

    def __str__(self) -> str:
        lines = [", ".join(f"{n} {name}" for name, n in self.figures.items())]
        lines += [f"Too little to tell anything: {', '.join(self.thin)}"] if self.thin else []
        lines += [account(self.history, self.complaints)] if self.complaints else []
        return "\n".join(lines)


def _silent(_: str) -> None:
    """Nobody looks on."""


async def run(plan: Plan, say: Callable[[str], None] = _silent) -> Verdict:
    """One run, from an empty database to the verdict; ``say`` is told how it goes on."""
    history = History(plan.seed)
    bug = BUGS[plan.bug] if plan.bug else None
    command = command_with(plan.bug) if plan.bug else COMMAND
    async with World(SERVERS, command=command, settings=bug.settings if bug else None) as world:
        if bug and bug.sql:
            async with world.psql() as psql:
                await psql.execute(bug.sql)
        stage = Stage(world, history)
        async with _acting(stage) as cast:
            say(f"load for {plan.seconds:.0f} s")
            await torment(stage, plan.names, plan.seconds, say)
            await world.heal()
            healed = time.time()
            say("healed; draining")
            await cast.drain()
            drained, left = await ending.drained(stage)
            feed = await ending.whole_feed(stage)
            await ending.caught_up(feed, cast.followers)
        await cast.auditor.audit(10.0)
        say("checking")
        history.ends.append(await ending.everything(stage, healed, drained, left, feed))
    return Verdict(plan, history, complaints(history), ending.figures(stage))


class _Cast:
    """Everybody, and the tasks in which they act."""

    def __init__(self, stage: Stage, keys: Mapping[str, str], begin: str) -> None:
        self._stage = stage
        self._keys = keys
        self.people = [User(stage, name, keys[name]) for name in _PEOPLE]
        self.managers = [Manager(stage, name, keys[name]) for name in _MANAGERS]
        reader, self._counter = Reader(stage, "reader", keys["reader"]), Counter(stage, "counter", keys["counter"])
        self.auditor = Auditor(stage, "auditor", keys["auditor"])
        self._healers = [Healer(stage, name, keys[name]) for name in _HEALERS]
        key = keys["reader"]
        self.followers: list[Following] = [
            SocketFollower(stage, "socket", key, begin),
            SocketFollower(stage, "socket from now on", key, None),
            SocketFollower(
                stage, "socket with a filter", key, begin, {"owner": ["ann"], "to": ["COMPLETE", "ERROR", "HOLD"]}
            ),
            StreamFollower(stage, "stream", key, begin),
            Pager(stage, "pager", key, begin),
        ]
        self._acting: list[Actor] = [*self.people, *self.managers, reader, self._counter, self.auditor]
        self._tasks: list[asyncio.Task[None]] = []

    def act(self, group: asyncio.TaskGroup) -> None:
        self._group = group
        self._tasks = [group.create_task(actor.run(), name=actor.name) for actor in self._acting]
        for follower in self.followers:
            group.create_task(follower.run(), name=follower.name)
        group.create_task(self._follow_a_snapshot())

    async def _follow_a_snapshot(self) -> None:
        """Somebody who comes in the middle, counts, and follows from there."""
        await self._counter.pause(0.5, 3.0)
        snapshot = await self._counter.first()
        follower = SocketFollower(self._stage, "socket from a snapshot", self._keys["counter"], snapshot.cursor)
        self.followers.append(follower)
        await follower.run()

    async def drain(self) -> None:
        """The load ends, once everything begun has its answer, and those come who can be relied on."""
        self._stage.stopping.set()
        await asyncio.gather(*self._tasks)
        for healer in self._healers:
            self._group.create_task(healer.run(), name=healer.name)

    def close(self) -> None:
        for actor in (*self._acting, *self._healers, *self.followers):
            actor.close()


_PEOPLE = {"ann": Role.SUBMITTER, "bob": Role.SUBMITTER, "olga": Role.OPERATOR}
_MANAGERS = ("north", "south", "west")
_HEALERS = ("healer 1", "healer 2")
_OTHERS = ("reader", "counter", "auditor")


@asynccontextmanager
async def _acting(stage: Stage) -> AsyncIterator[_Cast]:
    """Everybody acts while the block lasts; whatever goes wrong in one of them is raised here."""
    roles = {**_PEOPLE, **dict.fromkeys((*_MANAGERS, *_HEALERS), Role.MANAGER), **dict.fromkeys(_OTHERS, Role.VIEWER)}
    keys = {name: await stage.world.key(name, role) for name, role in roles.items()}
    begin = (await Counter(stage, "first", keys["reader"]).first()).cursor
    stage.history.snapshots.clear()  # it shows nothing
    cast = _Cast(stage, keys, begin)
    try:
        async with asyncio.TaskGroup() as group:
            cast.act(group)
            try:
                yield cast
            finally:
                stage.stopping.set()
                stage.over.set()
    finally:
        cast.close()

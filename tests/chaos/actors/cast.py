"""Everybody who acts in a run."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

from chaos.actors.actor import Actor, Stage
from chaos.actors.auditor import Auditor
from chaos.actors.follower import Following, Pager, SocketFollower, StreamFollower
from chaos.actors.healer import Healer
from chaos.actors.manager import Manager
from chaos.actors.user import User
from chaos.actors.watcher import Counter, Reader
from interlock.domain.roles import Role

_PEOPLE = {"ann": Role.SUBMITTER, "bob": Role.SUBMITTER, "olga": Role.OPERATOR}
_MANAGERS = ("north", "south", "west")
_HEALERS = ("healer 1", "healer 2")
_READERS = ("reader 1", "reader 2")
_OTHERS = (*_READERS, "counter", "auditor", "follower")


class Cast:
    """Everybody, and the tasks in which they act."""

    def __init__(self, stage: Stage, keys: Mapping[str, str], begin: str) -> None:
        self._stage = stage
        self._keys = keys
        self.people = [User(stage, name, keys[name]) for name in _PEOPLE]
        self.managers = [Manager(stage, name, keys[name]) for name in _MANAGERS]
        readers = [Reader(stage, name, keys[name]) for name in _READERS]
        self._counter = Counter(stage, "counter", keys["counter"])
        self.auditor = Auditor(stage, "auditor", keys["auditor"])
        self._healers = [Healer(stage, name, keys[name]) for name in _HEALERS]
        key = keys["follower"]
        self.followers: list[Following] = [
            SocketFollower(stage, "socket", key, begin),
            SocketFollower(stage, "socket from now on", key, None),
            SocketFollower(
                stage, "socket with a filter", key, begin, {"owner": ["ann"], "to": ["COMPLETE", "ERROR", "HOLD"]}
            ),
            StreamFollower(stage, "stream", key, begin),
            Pager(stage, "pager", key, begin),
        ]
        self._acting: list[Actor] = [*self.people, *self.managers, *readers, self._counter, self.auditor]
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


@asynccontextmanager
async def acting(stage: Stage) -> AsyncIterator[Cast]:
    """Everybody acts while the block lasts; whatever goes wrong in one of them is raised here."""
    roles = {**_PEOPLE, **dict.fromkeys((*_MANAGERS, *_HEALERS), Role.MANAGER), **dict.fromkeys(_OTHERS, Role.VIEWER)}
    made = await asyncio.gather(*(stage.world.key(name, role) for name, role in roles.items()))
    keys = dict(zip(roles, made, strict=True))
    begin = (await Counter(stage, "first", keys["counter"]).first()).cursor
    stage.history.snapshots.clear()  # it shows nothing
    cast = Cast(stage, keys, begin)
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

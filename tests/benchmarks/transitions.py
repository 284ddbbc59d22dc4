"""Transitions and submission through the API against the same guarded statement run bare, events included."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Any

import asyncpg

from benchmarks.measuring.ground import Ground, ground
from benchmarks.measuring.pairs import Result, Timed, compare
from benchmarks.queues.http import Http
from interlock.domain.lifecycle import Action, ActorKind
from interlock.domain.model import Act
from interlock.domain.roles import Principal, Role
from interlock.store.guards import guards_sql
from interlock.store.migrate import SCHEMA
from interlock.store.submit import NewRecord, submit
from interlock.store.targets import Target
from interlock.store.transition import TransitionRequest, transition

_MANY = 100_000
_BATCH = 1_000
_CONNECTIONS = 32
_POOL = 10
"""Connections to the database, as the server has."""
_GOAL = 0.6
_ACT = Act(ActorKind.USER, "bench")
_ADMIN = Principal(1, "admin", Role.ADMIN)
_SUBMIT = "mutation ($input: SubmitRecordsInput!) { submitRecords(input: $input) { ids errors { message } } }"
_SESSION = {"search_path": SCHEMA, "timezone": "UTC"}
_MOVE = "mutation ($input: {Name}Input!) {{ {name}(input: $input) {{ moved errors {{ message }} }} }}"

Move = Callable[[Action, Sequence[int]], Awaitable[int]]
"""Moves these records and says how many."""


class Api:
    """A connection to the server, opened anew where it was left idle for too long."""

    def __init__(self, url: str, key: str) -> None:
        self._where = (url, key)
        self._http: Http | None = None

    async def call(self, document: str, given: dict[str, Any]) -> dict[str, Any]:
        if self._http is None or self._http.ended:
            self._http = await Http.connect(*self._where)
        return await self._http.call(document, given)

    async def move(self, action: Action, ids: Sequence[int]) -> int:
        name = action.lower()
        document = _MOVE.format(Name=name.title(), name=name)
        payload = await self.call(document, {"target": {"ids": [f"rec_{number}" for number in ids]}})
        return int(payload["moved"])

    def close(self) -> None:
        if self._http is not None:
            self._http.close()


@dataclass
class Ways:
    """The two ways to move records, each over several connections."""

    api: Sequence[Api]
    bare: Sequence[asyncpg.Connection[asyncpg.Record]]
    past_guards: asyncpg.Connection[asyncpg.Record]

    def statement(self, connection: asyncpg.Connection[asyncpg.Record]) -> Move:
        async def move(action: Action, ids: Sequence[int]) -> int:
            outcome = await transition(connection, TransitionRequest(action, _ACT, Target(_ADMIN, ids=ids)))
            return outcome.moved

        return move

    async def fail_all(self) -> None:
        """Past the guards, which are laid anew after it: only what a retry needs to find is written."""
        while not await self._failed_all():
            pass
        await self.past_guards.execute("VACUUM record")

    async def _failed_all(self) -> bool:
        """False where a tick came across."""
        try:
            async with self.past_guards.transaction():
                await self.past_guards.execute("ALTER TABLE record DISABLE TRIGGER ALL")
                await self.past_guards.execute("UPDATE record SET status = 'ERROR', error_type = 'bench', attempt = 1")
                await self.past_guards.execute(guards_sql(SCHEMA))
        except asyncpg.DeadlockDetectedError:
            return False
        return True


@asynccontextmanager
async def _ways(g: Ground) -> AsyncIterator[Ways]:
    async with AsyncExitStack() as stack:
        api = [Api(g.client.url, g.client.key) for _ in range(_CONNECTIONS)]
        for one in api:
            stack.callback(one.close)
        bare = []
        for _ in range(_POOL):
            connection = await asyncpg.connect(g.database, server_settings=_SESSION)
            stack.push_async_callback(connection.close)
            await connection.execute("SET ROLE interlock_app")
            bare.append(connection)
        past_guards = await asyncpg.connect(g.database, server_settings=_SESSION)
        stack.push_async_callback(past_guards.close)
        yield Ways(api, bare, past_guards)


def _there_and_back(moves: Sequence[Move], ids: Sequence[int]) -> Timed:
    """Hold and release each record by itself, the records shared out among the ways to move them."""

    async def each(move: Move, own: Sequence[int]) -> None:
        for action in (Action.HOLD, Action.RELEASE):
            for number in own:
                assert await move(action, [number]) == 1

    async def timed() -> float:
        began = time.perf_counter()
        await asyncio.gather(*(each(move, ids[i :: len(moves)]) for i, move in enumerate(moves)))
        return 2 * len(ids) / (time.perf_counter() - began)

    return timed


async def _single(ways: Ways, ids: Sequence[int]) -> list[Result]:
    ours, bare = [one.move for one in ways.api], [ways.statement(one) for one in ways.bare]
    few, some = ids[:200], ids[:1_280]
    return [
        await compare(
            "one record by mutation, one after the other", "moves/s", _GOAL,
            _there_and_back(ours[:1], few), _there_and_back(bare[:1], few),
        ),
        await compare(
            f"one record by mutation, {_CONNECTIONS} connections", "moves/s", _GOAL,
            _there_and_back(ours, some), _there_and_back(bare, some),
        ),
    ]  # fmt: skip


async def _bulk(ways: Ways, ids: Sequence[int]) -> list[Result]:
    """Hold, then release, then retry: each leaves the records as the next finds them, and is timed by itself."""

    def timed(action: Action, back: Action | None, move: Move) -> Timed:
        async def run() -> float:
            if action == Action.RETRY:
                await ways.fail_all()
            began = time.perf_counter()
            assert await move(action, ids) == len(ids)
            seconds = time.perf_counter() - began
            if back is not None:
                await move(back, ids)
            return len(ids) / seconds

        return run

    ours, bare = ways.api[0].move, ways.statement(ways.bare[0])
    results = []
    for action, back in ((Action.HOLD, Action.RELEASE), (Action.RELEASE, Action.HOLD), (Action.RETRY, None)):
        if action == Action.RELEASE:
            await bare(Action.HOLD, ids)
        name = f"{action.lower()} of {len(ids):,} records in one call"
        results.append(await compare(name, "moves/s", _GOAL, timed(action, back, ours), timed(action, back, bare)))
        print(results[-1].row(), flush=True)  # noqa: T201 - progress
    return results


async def _submission(ways: Ways) -> Result:
    given = {"function": "math:sqrt", "args": [2.0], "kwargs": {"note": "x" * 200}}
    kwargs = '{"note":"' + "x" * 200 + '"}'
    text = f'{{"function":"math:sqrt","args":[2.0],"kwargs":{kwargs},"programs":[]}}'
    labels = await ways.bare[0].fetchrow("SELECT c.id, c.lane_id FROM cohort c")
    assert labels is not None
    record = NewRecord(labels["id"], labels["lane_id"], text, "math:sqrt", "[2.0]", kwargs)

    async def ours() -> float:
        began = time.perf_counter()
        for _ in range(10):
            payload = await ways.api[0].call(_SUBMIT, {"kind": "python", "specifications": [given] * _BATCH})
            assert len(payload["ids"]) == _BATCH
        return 10 * _BATCH / (time.perf_counter() - began)

    async def bare() -> float:
        began = time.perf_counter()
        for _ in range(10):
            async with ways.bare[0].transaction():
                assert len(await submit(ways.bare[0], _ACT, [record] * _BATCH, 5, hold=False, now=None)) == _BATCH
        return 10 * _BATCH / (time.perf_counter() - began)

    return await compare(f"submission, batches of {_BATCH:,}", "records/s", _GOAL, ours, bare)


async def run(many: int = _MANY) -> list[Result]:
    """All of them, on one server."""
    async with ground() as g, _ways(g) as ways:
        ids = [int(text.removeprefix("rec_")) for text in await g.client.submit(many)]
        return [*await _single(ways, ids), *await _bulk(ways, ids), await _submission(ways)]

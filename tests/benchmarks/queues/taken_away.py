"""Our queue with one thing after another taken away, down to the bare statement: what each of them costs.

All variants run straight on the database, without the API, in a copy of ours; what is taken away stays away for those
that follow. In the end nothing is left but a claim and an update, as in a queue that promises nothing.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from uuid import uuid4

import asyncpg

from benchmarks.measuring.ground import Ground
from benchmarks.measuring.pairs import Timed
from interlock.domain.lifecycle import ActorKind
from interlock.domain.model import Act
from interlock.domain.outcomes import Code
from interlock.domain.retry import DEFAULT_POLICY
from interlock.store.claim import claim
from interlock.store.connection import Connection
from interlock.store.migrate import SCHEMA, migrate
from interlock.store.returns import ReturnedTask, return_tasks
from interlock.store.submit import NewRecord, submit

_ACT = Act(ActorKind.MANAGER, "bench")
_SUBMITTED = 1_000
_DATABASE = "taken_away"

_LABELS = """
INSERT INTO principal (name, role) VALUES ('owner', 'SUBMITTER'), ('cluster', 'MANAGER');
INSERT INTO lane (tag, programs) VALUES ('default', '{}');
INSERT INTO cohort (lane_id, owner_id, campaign, kind, kind_version)
  SELECT l.id, p.id, NULL, 'python', 1 FROM lane l, principal p WHERE p.name = 'owner';
INSERT INTO manager (principal_id, name, tags, programs, lease_seconds)
  SELECT id, 'node-' || i, '{*}', '{}', 300 FROM principal, generate_series(1, 4) i WHERE name = 'cluster'"""

_NO_EVENTS = "ALTER TABLE record DISABLE TRIGGER every_update_is_an_event"
_NO_GUARDS = "ALTER TABLE record DISABLE TRIGGER USER; ALTER TABLE task DISABLE TRIGGER USER"
_NO_LISTS = "DROP INDEX record_by_status; DROP INDEX record_by_cohort; DROP INDEX record_by_error"

_BARE_CLAIM = """
UPDATE record SET status = 'RUNNING' WHERE part = 0 AND id = ANY(ARRAY(
  SELECT id FROM record WHERE part = 0 AND lane_id = 1 AND status = 'WAITING' ORDER BY priority DESC, id LIMIT {batch}
  FOR UPDATE SKIP LOCKED
)) RETURNING id"""
_BARE_RETURN = "UPDATE record SET status = 'COMPLETE' WHERE part = 0 AND id = ANY($1)"

Turn = Callable[[Connection, int, int], Awaitable[int]]
"""Claims so many tasks and returns them, for a manager; how many there were."""


async def _whole(connection: Connection, manager: int, batch: int) -> int:
    leases = await claim(connection, _ACT, manager, uuid4(), batch, None, None, 10**9)
    returned = [ReturnedTask(one.record_id, one.attempt, one.claim_id, b"x" * 32, "2.0") for one in leases]
    if returned:
        codes = await return_tasks(connection, _ACT, manager, returned, DEFAULT_POLICY, None)
        assert codes == [Code.ACCEPTED] * len(leases)
    return len(leases)


async def _bare(connection: Connection, manager: int, batch: int) -> int:
    del manager
    ids = [row["id"] for row in await connection.fetch(_BARE_CLAIM.format(batch=batch))]
    if ids:
        await connection.execute(_BARE_RETURN, ids)
    return len(ids)


@dataclass(frozen=True)
class Variant:
    """What is left when the script has taken something more away."""

    name: str
    script: str
    turn: Turn = _whole


VARIANTS = (
    Variant("without HTTP and GraphQL", "SELECT 1"),
    Variant("without events either", _NO_EVENTS),
    Variant("without guards either", _NO_GUARDS),
    Variant("without leases, attempts, tasks and results either", "SELECT 1", _bare),
    Variant("without lists by status and label either: the bare statement", _NO_LISTS, _bare),
)


class Copy:
    """A copy of our database, and connections to it."""

    def __init__(self, owner: asyncpg.Connection[asyncpg.Record], connections: Sequence[Connection]) -> None:
        self._owner = owner
        self._connections = connections

    async def take_away(self, variant: Variant) -> None:
        await self._owner.execute(variant.script)

    def draining(self, jobs: int, batch: int, turn: Turn) -> Timed:
        """Submit so many jobs and work them off; the rate is that of the second half."""

        async def timed() -> float:
            record = NewRecord(1, 1, '{"function":"math:sqrt","args":[4.0]}', "math:sqrt", "[4.0]", "{}")
            for _ in range(0, jobs, _SUBMITTED):
                await submit(self._owner, _ACT, [record] * _SUBMITTED, 5, hold=False, now=None)
            left = jobs

            async def work(connection: Connection, manager: int) -> None:
                nonlocal left
                while left > 0:
                    done = await turn(connection, manager, batch)  # first: others change what is left meanwhile
                    left -= done

            began = time.perf_counter()
            await asyncio.gather(*(work(one, i) for i, one in enumerate(self._connections, 1)))
            return jobs / (time.perf_counter() - began)

        return timed


@asynccontextmanager
async def copied(g: Ground, managers: int) -> AsyncIterator[Copy]:
    """The copy, with so many connections."""
    url = g.database.replace("/interlock?", f"/{_DATABASE}?")
    session = {"search_path": SCHEMA, "timezone": "UTC"}
    async with AsyncExitStack() as stack:

        async def connected(to: str) -> asyncpg.Connection[asyncpg.Record]:
            connection = await asyncpg.connect(to, server_settings=session)
            stack.push_async_callback(connection.close)
            return connection

        first = await connected(g.database)
        await first.execute(f"CREATE DATABASE {_DATABASE}")
        await migrate(url)
        owner = await connected(url)
        await owner.execute(_LABELS)
        yield Copy(owner, [await connected(url) for _ in range(managers)])

"""The store's statements at hand, without service or API: records, managers, claims, returns, and waiting for locks."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Coroutine, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar
from uuid import uuid4

import asyncpg

from interlock.domain.error_patterns import pattern_of
from interlock.domain.lifecycle import Action, ActorKind, RecordStatus
from interlock.domain.model import Act, BulkOutcome, Labels, RecordFilter
from interlock.domain.outcomes import Code
from interlock.domain.retry import DEFAULT_POLICY, RetryRule
from interlock.domain.roles import Principal, Role
from interlock.settings import Settings
from interlock.store import claim as claiming
from interlock.store import heartbeat as beating
from interlock.store import managers, returns, upkeep
from interlock.store.claim import LeaseRow
from interlock.store.connection import Connection
from interlock.store.error_patterns import intern
from interlock.store.identity import create_principal, find_principal
from interlock.store.labels import cohort_of
from interlock.store.returns import ReturnedTask
from interlock.store.submit import NewRecord
from interlock.store.submit import submit as submit_records
from interlock.store.targets import Target
from interlock.store.transition import TransitionRequest, transition

Result = TypeVar("Result")

SERVER = Act(ActorKind.SERVER, "server", "by the clock")
PERSON = Act(ActorKind.USER, "mary")
MANAGER = Act(ActorKind.MANAGER, "worker")
NOON = datetime(2030, 1, 1, 12, tzinfo=UTC)
LEASE = timedelta(seconds=60)


async def person(connection: Connection, name: str = "owner", role: Role = Role.OPERATOR) -> Principal:
    found = await find_principal(connection, name) or await create_principal(connection, name, role)
    assert found
    return found


async def submit(
    connection: Connection,
    count: int = 1,
    *,
    tag: str = "default",
    programs: Sequence[str] = (),
    campaign: str | None = None,
    priority: int = 5,
    owner: str = "owner",
    hold: bool = False,
    now: datetime | None = None,
) -> list[int]:
    labels = Labels(tag, tuple(programs), (await person(connection, owner)).id, campaign, "python", 1)
    cohort, lane = await cohort_of(connection, labels)
    records = [NewRecord(cohort, lane, "{}", "math:sqrt", "[4]", "{}")] * count
    async with connection.transaction():
        return await submit_records(connection, PERSON, records, priority, hold=hold, now=now)


async def manager(
    connection: Connection, name: str = "worker", tags: Sequence[str] = ("*",), programs: str = "{}"
) -> int:
    owner = await person(connection, f"{name}'s", Role.MANAGER)
    new = managers.NewManager(owner.id, name, None, None, None, list(tags), programs, int(LEASE.total_seconds()))
    found = await managers.activate(connection, new)
    assert found
    return found


async def claim(
    connection: Connection, manager_id: int, limit: int = 10, *, key: str | None = None, now: datetime | None = None
) -> list[LeaseRow]:
    return await claiming.claim(connection, MANAGER, manager_id, uuid4(), limit, key, now, Settings().max_claimed)


def answer(lease: LeaseRow, error: str | None = None, content: bytes = b"same", **changes: Any) -> ReturnedTask:
    """What a manager says of the lease: success, or an error of this type."""
    said = ReturnedTask(
        lease.record_id,
        lease.attempt,
        lease.claim_id,
        content,
        result=None if error else "{}",
        error_type=error,
        error_message=error and f"message of {error}",
    )
    said = replace(said, **changes)
    return replace(said, pattern=pattern_of(said.error_message)) if error else said


async def give_back(
    connection: Connection,
    manager_id: int,
    *answers: ReturnedTask,
    policy: Sequence[RetryRule] = DEFAULT_POLICY,
    now: datetime | None = None,
) -> list[Code]:
    if patterns := {(one.error_type, one.pattern) for one in answers if one.error_type and one.pattern}:
        async with connection.transaction():
            await intern(connection, patterns)
    return await returns.return_tasks(connection, MANAGER, manager_id, answers, policy, now)


async def beat(connection: Connection, manager_id: int, *leases: LeaseRow, now: datetime | None = None) -> list[Code]:
    tokens = [(lease.record_id, lease.attempt, lease.claim_id) for lease in leases]
    _, codes = await beating.heartbeat(connection, manager_id, tokens, now)
    return codes


async def reap(connection: Connection, now: datetime | None, policy: Sequence[RetryRule] = DEFAULT_POLICY) -> int:
    return await upkeep.expire_leases(connection, SERVER, policy, now)


async def act(
    connection: Connection,
    action: Action,
    ids: Sequence[int] | None = None,
    where: RecordFilter | None = None,
    **options: Any,
) -> BulkOutcome:
    """A person's bulk transition."""
    target = Target(await person(connection), ids=ids, where=where)
    request = TransitionRequest(action, PERSON, target, **options)
    async with connection.transaction():
        return await transition(connection, request)


async def statuses(connection: Connection, ids: Sequence[int]) -> list[str | None]:
    rows = await connection.fetch("SELECT id, status FROM record WHERE part = 0 AND id = ANY($1)", list(ids))
    found = {row["id"]: row["status"] for row in rows}
    return [found.get(record_id) for record_id in ids]


async def record(connection: Connection, record_id: int) -> asyncpg.Record:
    row = await connection.fetchrow("SELECT * FROM record WHERE part = 0 AND id = $1", record_id)
    assert row is not None
    return row


async def actions(connection: Connection, record_id: int) -> list[str]:
    """The record's history, as the verbs of its events."""
    rows = await connection.fetch("SELECT action FROM event WHERE part = 0 AND record_id = $1 ORDER BY seq", record_id)
    return [row["action"] for row in rows]


async def in_error(
    connection: Connection, count: int = 1, error: str = "boom", now: datetime | None = None
) -> list[int]:
    """Records whose first attempt failed."""
    await submit(connection, count)
    worker = await manager(connection)
    leases = await claim(connection, worker, count)
    await give_back(connection, worker, *(answer(lease, error) for lease in leases), now=now)
    ids = [lease.record_id for lease in leases]
    assert await statuses(connection, ids) == [RecordStatus.ERROR] * count
    return ids


@asynccontextmanager
async def waiting_behind(
    observer: Connection, blocked: Connection, work: Coroutine[Any, Any, Result]
) -> AsyncIterator[asyncio.Task[Result]]:
    """``work``, begun on ``blocked``, once PostgreSQL says that it waits for a lock."""
    task = asyncio.create_task(work)
    pid = blocked.get_server_pid()
    async with asyncio.timeout(10):
        while not await observer.fetchval("SELECT cardinality(pg_blocking_pids($1)) > 0", pid):
            if task.done():
                task.result()
                raise AssertionError("it did not wait for the lock")
            await asyncio.sleep(0.005)
    try:
        yield task
    finally:
        if not task.done():
            task.cancel()

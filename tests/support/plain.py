"""Records made and moved by plain SQL, as somebody at a psql prompt would, without any of our statements."""

from __future__ import annotations

import itertools
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg

from interlock.domain.lifecycle import STATUSES_WITH_TASK, RecordStatus, Target
from interlock.domain.matrix import shortest_way
from interlock.store.connection import Connection

_ids = itertools.count(5_000_000)
TASK = "INSERT INTO task (record_id, function, args, kwargs) VALUES ($1, 'math:sqrt', '[4]', '{}')"


async def insert(connection: Connection, status: str = "WAITING", cohort: int = 1, **values: int) -> int:
    """A record row alone; its id. With its task see :func:`waiting`."""
    record_id = next(_ids)
    columns = {"id": record_id, "cohort_id": cohort, "lane_id": 1, **values}
    await connection.execute(
        f"INSERT INTO record (status, {', '.join(columns)}) VALUES ($1, {', '.join(map(str, columns.values()))})",
        status,
    )
    return record_id


async def waiting(connection: Connection) -> int:
    """A new record with its task."""
    async with connection.transaction():
        record_id = await insert(connection)
        await connection.execute(TASK, record_id)
    return record_id


async def move(connection: Connection, record_id: int, to: Target) -> None:
    """One move in one transaction; its task goes with a record, and comes by a statement of its own."""
    async with connection.transaction():
        source = await connection.fetchval("SELECT status FROM record WHERE part = 0 AND id = $1", record_id)
        if to == Target.KILLED:
            await connection.execute("DELETE FROM record WHERE part = 0 AND id = $1", record_id)
            return
        keeps, has = RecordStatus(to) in STATUSES_WITH_TASK, RecordStatus(source) in STATUSES_WITH_TASK
        await connection.execute("UPDATE record SET status = $2 WHERE part = 0 AND id = $1", record_id, to)
        if keeps and not has:
            await connection.execute(TASK, record_id)


async def record_in(connection: Connection, status: RecordStatus) -> int:
    """A record brought into the status by permitted moves."""
    record_id = await waiting(connection)
    for row in shortest_way(RecordStatus.WAITING, Target(status)) or ():
        await move(connection, record_id, row.target)
    return record_id


async def status_of(connection: Connection, record_id: int) -> str | None:
    found: str | None = await connection.fetchval("SELECT status FROM record WHERE part = 0 AND id = $1", record_id)
    return found


async def events_of(connection: Connection, record_id: int) -> list[asyncpg.Record]:
    return await connection.fetch("SELECT * FROM event WHERE part = 0 AND record_id = $1 ORDER BY seq", record_id)


@asynccontextmanager
async def rolled_back(connection: Connection) -> AsyncIterator[None]:
    """What happens inside is undone in any case."""
    transaction = connection.transaction()
    await transaction.start()
    try:
        yield
    finally:
        await transaction.rollback()

"""Record and task come and go together: what would part them cannot be committed."""

from __future__ import annotations

import asyncpg
import pytest

from interlock.domain.lifecycle import STATUSES_WITH_TASK, RecordStatus
from interlock.store.connection import Connection
from support import plain as sql

WITH_TASK = sorted(STATUSES_WITH_TASK)
WITHOUT_TASK = sorted(set(RecordStatus) - STATUSES_WITH_TASK)


async def test_a_record_without_its_task_is_refused_at_commit(plain: Connection) -> None:
    transaction = plain.transaction()
    await transaction.start()
    record_id = await sql.insert(plain)
    with pytest.raises(asyncpg.ForeignKeyViolationError, match="active_record_needs_task"):
        await transaction.commit()
    assert await sql.status_of(plain, record_id) is None
    assert await sql.events_of(plain, record_id) == []


async def test_a_task_without_a_record_is_refused(plain: Connection) -> None:
    with pytest.raises(asyncpg.ForeignKeyViolationError, match="task_needs_active_record"):
        await plain.execute(sql.TASK, 4_711)


@pytest.mark.parametrize("role", ["origin", "replica"])
@pytest.mark.parametrize("status", WITHOUT_TASK)
async def test_a_task_for_a_record_that_is_through_is_refused(
    plain: Connection, status: RecordStatus, role: str
) -> None:
    record_id = await sql.record_in(plain, status)
    await plain.execute(f"SET session_replication_role = {role}")
    with pytest.raises(asyncpg.ForeignKeyViolationError, match="task_needs_active_record"):
        await plain.execute(sql.TASK, record_id)


@pytest.mark.parametrize("role", ["origin", "replica"])
@pytest.mark.parametrize("status", WITH_TASK)
async def test_the_task_of_a_record_with_work_to_do_stays(plain: Connection, status: RecordStatus, role: str) -> None:
    record_id = await sql.record_in(plain, status)
    await plain.execute(f"SET session_replication_role = {role}")
    with pytest.raises(asyncpg.ForeignKeyViolationError, match="active_record_needs_task"):
        await plain.execute("DELETE FROM task WHERE record_id = $1", record_id)
    assert await plain.fetchval("SELECT count(*) FROM task WHERE record_id = $1", record_id) == 1


@pytest.mark.parametrize("status", WITH_TASK)
async def test_there_is_no_second_task(plain: Connection, status: RecordStatus) -> None:
    record_id = await sql.record_in(plain, status)
    with pytest.raises(asyncpg.UniqueViolationError):
        await plain.execute(sql.TASK, record_id)


@pytest.mark.parametrize(("source", "to"), [("RUNNING", "COMPLETE"), ("ERROR", "FAILED")])
async def test_a_task_kept_where_it_must_go_is_refused(plain: Connection, source: str, to: str) -> None:
    record_id = await sql.record_in(plain, RecordStatus(source))
    with pytest.raises(asyncpg.ForeignKeyViolationError, match="task_needs_active_record"):
        await plain.execute("UPDATE record SET status = $2 WHERE part = 0 AND id = $1", record_id, to)
    assert await sql.status_of(plain, record_id) == source


async def test_a_regenerated_record_needs_a_new_task(plain: Connection) -> None:
    record_id = await sql.record_in(plain, RecordStatus.FAILED)
    with pytest.raises(asyncpg.ForeignKeyViolationError, match="active_record_needs_task"):
        await plain.execute("UPDATE record SET status = 'WAITING' WHERE part = 0 AND id = $1", record_id)


TASK_CHANGES = {
    "to another record": ("record_id = 4711", asyncpg.ForeignKeyViolationError),
    "to another part": ("part = 1", asyncpg.ForeignKeyViolationError),
    "out of work": ("active = false", asyncpg.CheckViolationError),
    "to no answer": ("active = NULL", asyncpg.NotNullViolationError),
}


@pytest.mark.parametrize("name", TASK_CHANGES)
async def test_a_task_cannot_be_carried_away(plain: Connection, name: str) -> None:
    record_id = await sql.record_in(plain, RecordStatus.HOLD)
    change, refusal = TASK_CHANGES[name]
    with pytest.raises(refusal):
        await plain.execute(f"UPDATE task SET {change} WHERE record_id = $1", record_id)


@pytest.mark.parametrize("role", ["origin", "replica"])
@pytest.mark.parametrize("status", ["WAITING", "RUNNING", "HOLD"])
async def test_a_killed_record_takes_everything_but_its_events(plain: Connection, status: str, role: str) -> None:
    record_id = await sql.record_in(plain, RecordStatus(status))
    await plain.execute(f"SET session_replication_role = {role}")
    await plain.execute("INSERT INTO specification (record_id, body) VALUES ($1, '{}')", record_id)
    await plain.execute(
        """INSERT INTO attempt (record_id, number, manager_id, claim_id, lease_expires_at)
        VALUES ($1, 1, 1, gen_random_uuid(), now())""",
        record_id,
    )
    await plain.execute("DELETE FROM record WHERE part = 0 AND id = $1", record_id)
    for table in ("task", "specification", "attempt", "result"):
        assert await plain.fetchval(f"SELECT count(*) FROM {table} WHERE record_id = $1", record_id) == 0, table
    assert (await sql.events_of(plain, record_id))[-1]["action"] == "KILL"


async def test_the_task_statuses_of_the_database_are_those_of_the_table(plain: Connection) -> None:
    for status in RecordStatus:
        record_id = await sql.record_in(plain, status)
        tasks = await plain.fetchval("SELECT count(*) FROM task WHERE record_id = $1 AND active", record_id)
        active = await plain.fetchval("SELECT active FROM record WHERE part = 0 AND id = $1", record_id)
        assert (tasks == 1, active) == ((True, True) if status in STATUSES_WITH_TASK else (False, None)), status

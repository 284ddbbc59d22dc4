"""Record and task come and go together: what would part them cannot be committed."""

from __future__ import annotations

from typing import Literal

import asyncpg
import pytest

from interlock.domain.lifecycle import STATUSES_WITH_TASK, RecordStatus, Target
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


@pytest.mark.parametrize("role", ["origin", "replica"])
@pytest.mark.parametrize(("source", "to"), [("RUNNING", "COMPLETE"), ("ERROR", "FAILED")])
async def test_a_record_that_is_through_takes_its_task_along(
    plain: Connection, source: str, to: str, role: str
) -> None:
    record_id, other = [await sql.record_in(plain, RecordStatus(source)) for _ in range(2)]
    await plain.execute(f"SET session_replication_role = {role}")
    await plain.execute("UPDATE record SET status = $2 WHERE part = 0 AND id = $1", record_id, to)
    left = await plain.fetchval("SELECT array_agg(record_id) FROM task WHERE record_id IN ($1, $2)", record_id, other)
    assert left == [other]


async def test_a_regenerated_record_needs_a_new_task(plain: Connection) -> None:
    record_id = await sql.record_in(plain, RecordStatus.FAILED)
    with pytest.raises(asyncpg.ForeignKeyViolationError, match="active_record_needs_task"):
        await plain.execute("UPDATE record SET status = 'WAITING' WHERE part = 0 AND id = $1", record_id)


TASK_CHANGES = {
    "to another record": "record_id = 4711",
    "to another part": "part = 1",
}


@pytest.mark.parametrize("name", TASK_CHANGES)
async def test_a_task_cannot_be_carried_away(plain: Connection, name: str) -> None:
    record_id = await sql.record_in(plain, RecordStatus.HOLD)
    with pytest.raises(asyncpg.IntegrityConstraintViolationError, match="update of task"):
        await plain.execute(f"UPDATE task SET {TASK_CHANGES[name]} WHERE record_id = $1", record_id)


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
        tasks = await plain.fetchval("SELECT count(*) FROM task WHERE record_id = $1", record_id)
        assert (tasks == 1) == (status in STATUSES_WITH_TASK), status


async def test_what_is_in_no_pair_is_judged_when_constraints_become_immediate(plain: Connection) -> None:
    transaction = plain.transaction()
    await transaction.start()
    record_id = await sql.insert(plain)
    with pytest.raises(asyncpg.ForeignKeyViolationError, match="active_record_needs_task"):
        await plain.execute("SET CONSTRAINTS ALL IMMEDIATE")
    await transaction.rollback()
    assert await sql.status_of(plain, record_id) is None


async def test_nothing_is_left_unpaired(plain: Connection) -> None:
    for status in RecordStatus:
        await sql.record_in(plain, status)
    assert await plain.fetchval("SELECT count(*) FROM unpaired") == 0


async def test_thousands_are_parted_and_paired_in_one_statement(plain: Connection) -> None:
    """A plan made for one record must serve for many: with another one this takes minutes."""
    await sql.record_in(plain, RecordStatus.COMPLETE)
    made = await plain.fetch(
        """WITH made AS (INSERT INTO record (cohort_id, lane_id) SELECT 1, 1 FROM generate_series(1, 20000) RETURNING id)
        INSERT INTO task (record_id, function, args, kwargs) SELECT id, 'math:sqrt', '[4]', '{}' FROM made
        RETURNING record_id"""
    )
    ids = [row["record_id"] for row in made]
    left = "SELECT count(*) FROM task WHERE record_id = ANY($1)"
    await plain.execute("UPDATE record SET status = 'RUNNING' WHERE id = ANY($1)", ids)
    await plain.execute("UPDATE record SET status = 'COMPLETE' WHERE id = ANY($1)", ids[:10_000])
    assert await plain.fetchval(left, ids) == 10_000
    await plain.execute("DELETE FROM record WHERE id = ANY($1)", ids[10_000:])
    assert await plain.fetchval(left, ids) == 0


ISOLATION = ("read_committed", "repeatable_read", "serializable")


@pytest.mark.parametrize("isolation", ISOLATION)
async def test_no_task_slips_in_while_its_record_ends(
    plain: Connection, another: Connection, isolation: Literal["read_committed", "repeatable_read", "serializable"]
) -> None:
    record_id = await sql.record_in(plain, RecordStatus.ERROR)
    late = another.transaction(isolation=isolation)
    await late.start()
    assert await sql.status_of(another, record_id) == "ERROR"  # which is its snapshot, where it has one
    await sql.move(plain, record_id, Target.FAILED)
    with pytest.raises((asyncpg.ForeignKeyViolationError, asyncpg.SerializationError)):
        await another.execute(sql.TASK, record_id)
    await late.rollback()


async def test_a_record_does_not_end_while_its_task_is_new(plain: Connection, another: Connection) -> None:
    """The lock that a task takes on its record, seen where the task could be new: its old one was lost by force."""
    record_id = await sql.record_in(plain, RecordStatus.ERROR)
    await plain.execute("ALTER TABLE task DISABLE TRIGGER active_record_keeps_task")
    await plain.execute("DELETE FROM task WHERE record_id = $1", record_id)
    await plain.execute("ALTER TABLE task ENABLE ALWAYS TRIGGER active_record_keeps_task")
    await another.execute("SET lock_timeout = '100ms'")
    async with plain.transaction():
        await plain.execute(sql.TASK, record_id)
        with pytest.raises(asyncpg.LockNotAvailableError):
            await another.execute("UPDATE record SET status = 'FAILED' WHERE part = 0 AND id = $1", record_id)

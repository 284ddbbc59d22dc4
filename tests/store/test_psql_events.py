"""A change made from psql is an event as well: one for each record moved, with who did it."""

from __future__ import annotations

import json

import asyncpg
import pytest

from interlock.domain.lifecycle import TRANSITIONS, RecordStatus, Transition
from interlock.store.connection import Connection
from interlock.store.migrate import APP_ROLE
from support import plain as sql

ACT = json.dumps({"kind": "USER", "who": "mary", "reason": "because"})
ROWS = [pytest.param(row, id=f"{row.source}-{row.target}") for row in TRANSITIONS]


@pytest.mark.parametrize("row", ROWS)
async def test_a_move_carries_the_act_of_its_transaction(plain: Connection, row: Transition) -> None:
    record_id = await sql.record_in(plain, row.source)
    async with plain.transaction():
        await plain.execute("SELECT set_config('interlock.act', $1, true)", ACT)
        await sql.move(plain, record_id, row.target)
    event = (await sql.events_of(plain, record_id))[-1]
    assert (event["action"], event["actor"], event["who"], event["reason"]) == (row.action, "USER", "mary", "because")


async def test_the_act_of_one_transaction_is_not_the_next_one_s(plain: Connection) -> None:
    record_id = await sql.record_in(plain, RecordStatus.WAITING)
    async with plain.transaction():
        await plain.execute("SELECT set_config('interlock.act', $1, true)", ACT)
        await plain.execute("UPDATE record SET status = 'HOLD' WHERE id = $1", record_id)
    await plain.execute("UPDATE record SET status = 'WAITING' WHERE id = $1", record_id)
    events = await sql.events_of(plain, record_id)
    assert [(e["actor"], e["who"]) for e in events[1:]] == [
        ("USER", "mary"),
        ("SERVER", await plain.fetchval("SELECT session_user")),
    ]


async def test_the_session_s_user_is_named_whatever_role_it_takes(plain: Connection) -> None:
    record_id = await sql.record_in(plain, RecordStatus.WAITING)
    await plain.execute(f"SET ROLE {APP_ROLE}")
    await plain.execute("UPDATE record SET status = 'HOLD' WHERE id = $1", record_id)
    event = (await sql.events_of(plain, record_id))[-1]
    assert event["who"] == await plain.fetchval("SELECT session_user") != APP_ROLE


async def test_another_user_of_the_database_is_named(plain: Connection) -> None:
    record_id = await sql.record_in(plain, RecordStatus.WAITING)
    async with sql.rolled_back(plain):
        await plain.execute(f"CREATE ROLE visitor IN ROLE {APP_ROLE}")
        await plain.execute("SET LOCAL SESSION AUTHORIZATION visitor")
        await plain.execute("UPDATE record SET status = 'HOLD' WHERE id = $1", record_id)
        assert (await sql.events_of(plain, record_id))[-1]["who"] == "visitor"


@pytest.mark.parametrize("act", ["no json", '{"kind": "GOD"}'])
async def test_an_act_that_says_nothing_sensible_lets_nothing_move(plain: Connection, act: str) -> None:
    record_id = await sql.record_in(plain, RecordStatus.WAITING)
    transaction = plain.transaction()
    await transaction.start()
    await plain.execute("SELECT set_config('interlock.act', $1, true)", act)
    with pytest.raises(asyncpg.DataError):
        await plain.execute("UPDATE record SET status = 'HOLD' WHERE id = $1", record_id)
    await transaction.rollback()
    assert await sql.status_of(plain, record_id) == "WAITING"


async def test_a_statement_writes_one_event_for_each_record_that_it_moved(plain: Connection) -> None:
    ids = [await sql.record_in(plain, RecordStatus.WAITING) for _ in range(5)]
    held = await sql.record_in(plain, RecordStatus.HOLD)
    before = await plain.fetchval("SELECT max(seq) FROM event")
    await plain.execute("UPDATE record SET status = 'HOLD' WHERE id = ANY($1)", [held, *reversed(ids)])
    events = await plain.fetch("SELECT record_id, action FROM event WHERE seq > $1 ORDER BY seq", before)
    assert [(e["record_id"], e["action"]) for e in events] == [(i, "HOLD") for i in ids]


async def test_a_move_from_psql_gets_its_time_and_its_attempt(plain: Connection) -> None:
    record_id = await sql.record_in(plain, RecordStatus.WAITING)
    before = await plain.fetchrow("SELECT * FROM record WHERE id = $1", record_id)
    await plain.execute("UPDATE record SET status = 'RUNNING' WHERE id = $1", record_id)
    after = await plain.fetchrow("SELECT * FROM record WHERE id = $1", record_id)
    assert before is not None
    assert after is not None
    assert after["since"] > before["since"]
    assert (before["attempt"], after["attempt"]) == (0, 1)
    assert (await sql.events_of(plain, record_id))[-1]["attempt"] == 1


async def test_copy_writes_its_events(plain: Connection) -> None:
    ids = list(range(7_100_000, 7_100_004))
    async with plain.transaction():
        await plain.copy_records_to_table(
            "record", records=[(i, 1, 1) for i in ids], columns=["id", "cohort_id", "lane_id"]
        )
        await plain.executemany(sql.TASK, [(i,) for i in ids])
    for record_id in ids:
        assert [e["action"] for e in await sql.events_of(plain, record_id)] == ["SUBMIT"]


async def test_an_update_that_is_no_move_is_no_event(plain: Connection) -> None:
    record_id = await sql.record_in(plain, RecordStatus.ERROR)
    before = await sql.events_of(plain, record_id)
    await plain.execute("UPDATE record SET status = 'ERROR', priority = 9 WHERE id = $1", record_id)
    assert await sql.events_of(plain, record_id) == before


async def test_what_is_rolled_back_leaves_no_event(plain: Connection) -> None:
    record_id = await sql.record_in(plain, RecordStatus.WAITING)
    async with sql.rolled_back(plain):
        await plain.execute("DELETE FROM record WHERE id = $1", record_id)
    assert [e["action"] for e in await sql.events_of(plain, record_id)] == ["SUBMIT"]

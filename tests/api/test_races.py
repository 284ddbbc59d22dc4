"""Two at the same record at the same moment: what is answered is what happened."""

from __future__ import annotations

import asyncio
from typing import Any, TypeAlias

import asyncpg
import pytest

from support.api import UPDATE, Api
from support.scenario import events

Psql: TypeAlias = "asyncpg.Connection[asyncpg.Record]"

WAITING = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"


async def _until_it_waits(psql: Psql) -> None:
    """Until another session of this database waits for a lock."""
    # PostgreSQL tells nobody that a lock is waited for
    while not await psql.fetchval(WAITING):  # noqa: ASYNC110
        await asyncio.sleep(0.01)


async def _with_error(api: Api) -> str:
    (record,) = await api.operator.submit(1)
    manager = await api.manager.activate()
    (lease,) = await api.manager.claim(manager)
    await api.manager.give_back(manager, [(lease["token"], {"error": {"type": "x", "message": "y"}})])
    return record


async def test_a_kill_that_waited_for_another_move_really_kills(api: Api, psql: Psql) -> None:
    record = await _with_error(api)
    async with psql.transaction():
        await psql.execute("UPDATE record SET status = 'WAITING' WHERE id = $1", int(record[4:]))
        killing = asyncio.ensure_future(api.operator.move("kill", [record]))
        await _until_it_waits(psql)
    payload = await killing
    assert payload["moved"] == 1
    assert await api.viewer.statuses([record]) == [None]


async def test_a_fail_that_waited_for_a_retry_is_refused_in_words(api: Api, psql: Psql) -> None:
    record = await _with_error(api)
    async with psql.transaction():
        await psql.execute("UPDATE record SET status = 'WAITING' WHERE id = $1", int(record[4:]))
        failing = asyncio.ensure_future(api.operator.move("fail", [record]))
        await _until_it_waits(psql)
    payload = await failing
    assert [(r["code"], r["currentStatus"]) for r in payload["refusals"]] == [("NOT_PERMITTED", "WAITING")]
    assert await api.viewer.statuses([record]) == ["WAITING"]


async def test_hold_and_release_against_each_other_answer_as_many_moves_as_there_are_events(api: Api) -> None:
    ids = await api.operator.submit(40)

    async def moves(action: str) -> int:
        return sum([(await api.operator.move(action, ids))["moved"] for _ in range(8)])

    answered = sum(await asyncio.gather(*(moves(action) for action in ("hold", "release") * 2)))
    told = [event["action"] for event in await events(api.viewer)]
    assert told.count("HOLD") + told.count("RELEASE") == answered


@pytest.mark.parametrize("call", ["hold", "update"])
async def test_no_record_drops_out_of_the_answer_while_it_is_relabelled(api: Api, psql: Psql, call: str) -> None:
    ids = await api.operator.submit(3)
    async with psql.transaction():
        cohort = await psql.fetchval(
            """INSERT INTO cohort (lane_id, owner_id, campaign, kind, kind_version)
            SELECT lane_id, owner_id, 'new', kind, kind_version FROM cohort RETURNING id"""
        )
        await psql.execute("UPDATE record SET cohort_id = $1 WHERE id = $2", cohort, int(ids[2][4:]))
        work: Any = (
            api.operator.move("hold", ids, allOrNothing=True)
            if call == "hold"
            else api.operator.call(UPDATE, target={"ids": ids}, priority=9)
        )
        asked = asyncio.ensure_future(work)
        await _until_it_waits(psql)
    payload = await asked
    assert payload["matched"] == 3
    assert payload.get("moved", payload.get("updated")) == 3


async def test_a_dry_run_of_new_labels_makes_none(api: Api, psql: Psql) -> None:
    ids = await api.operator.submit(1)
    before = await psql.fetchval("SELECT count(*) FROM cohort")
    assert (await api.operator.call(UPDATE, target={"ids": ids}, tag="new", dryRun=True))["updated"] == 1
    assert (await api.submitter.call(UPDATE, target={"ids": ids}, tag="other"))["refused"] == 1
    assert await psql.fetchval("SELECT count(*) FROM cohort") == before

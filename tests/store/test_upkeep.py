"""What the server does by its clock, with the time passed: leases, retries with their backoff and budget, retention."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import asyncpg
import pytest

from interlock.domain.lifecycle import Action
from interlock.domain.outcomes import Code
from interlock.domain.retry import DEFAULT_POLICY, LEASE_EXPIRED, MOST_RETRIES, STEEPEST_FACTOR, RetryRule
from interlock.store import upkeep
from interlock.store.connection import Connection
from interlock.store.feed import expire_events
from support.storing import (
    LEASE,
    NOON,
    SERVER,
    act,
    actions,
    answer,
    claim,
    give_back,
    in_error,
    manager,
    reap,
    record,
    statuses,
    submit,
    waiting_behind,
)

LATER = NOON + 2 * LEASE
SECOND = timedelta(seconds=1)
MONTH = timedelta(days=30)
RULES = [RetryRule(LEASE_EXPIRED, 3, backoff=10.0, factor=2.0, longest=35.0), RetryRule("*", 0)]


async def running(connection: Connection, count: int = 1) -> tuple[int, list[int]]:
    """Records claimed at noon by one manager."""
    ids = await submit(connection, count)
    worker = await manager(connection)
    assert len(await claim(connection, worker, count, now=NOON)) == count
    return worker, ids


async def test_a_lease_that_ran_out_becomes_an_error_with_its_reason(psql: Connection) -> None:
    _, (record_id,) = await running(psql)
    assert await reap(psql, NOON + LEASE) == 0
    assert await reap(psql, NOON + LEASE + SECOND) == 1
    row = await record(psql, record_id)
    assert (row["status"], row["error_type"], row["since"]) == ("ERROR", LEASE_EXPIRED, NOON + LEASE + SECOND)
    attempt = await psql.fetchrow("SELECT * FROM attempt WHERE record_id = $1", record_id)
    assert attempt is not None
    assert (attempt["outcome"], attempt["error_type"]) == ("ERROR", LEASE_EXPIRED)
    assert "did not renew" in attempt["error_message"]
    event = await psql.fetchrow("SELECT * FROM event WHERE action = 'REPORT_ERROR'")
    assert event is not None
    assert (event["actor"], event["who"], event["reason"]) == ("SERVER", SERVER.who, SERVER.reason)


async def test_retries_wait_longer_and_longer_and_end_with_the_budget(psql: Connection) -> None:
    worker, (record_id,) = await running(psql)
    now = LATER
    for retries, wait in enumerate([10, 20, 35]):
        assert await reap(psql, now, RULES) == 1
        row = await record(psql, record_id)
        assert row["retry_at"] == now + timedelta(seconds=wait)
        assert row["retries"] == retries
        now = row["retry_at"]
        assert await upkeep.retry_due(psql, SERVER, now - SECOND) == 0
        assert await upkeep.retry_due(psql, SERVER, now) == 1
        row = await record(psql, record_id)
        assert (row["status"], row["retry_at"], row["error_type"]) == ("WAITING", None, None)
        now += SECOND
        assert len(await claim(psql, worker, now=now)) == 1
        now += 2 * LEASE
    assert await reap(psql, now, RULES) == 1
    row = await record(psql, record_id)
    assert (row["status"], row["retry_at"], row["retries"]) == ("ERROR", None, 3)
    assert await upkeep.retry_due(psql, SERVER, now + MONTH) == 0


async def test_a_person_s_retry_starts_the_budget_anew(psql: Connection) -> None:
    _, (record_id,) = await running(psql)
    await psql.execute("UPDATE record SET retries = 3 WHERE id = $1", record_id)
    await reap(psql, LATER, RULES)
    assert (await act(psql, Action.RETRY, [record_id])).moved == 1
    row = await record(psql, record_id)
    assert (row["retries"], row["error_type"]) == (0, None)


async def test_a_person_s_fail_cancels_the_retry(psql: Connection) -> None:
    _, (record_id,) = await running(psql)
    await reap(psql, LATER, RULES)
    assert (await act(psql, Action.FAIL, [record_id])).moved == 1
    assert await upkeep.retry_due(psql, SERVER, LATER + MONTH) == 0
    row = await record(psql, record_id)
    assert (row["status"], row["retry_at"], row["error_type"]) == ("FAILED", None, LEASE_EXPIRED)


@pytest.mark.parametrize(
    ("error", "seconds"), [(LEASE_EXPIRED, 10), ("manager_left", 10), ("out_of_memory", 60), ("boom", None)]
)
async def test_a_returned_error_is_retried_as_its_rule_says(psql: Connection, error: str, seconds: int | None) -> None:
    (record_id,) = await in_error(psql, error=error, now=LATER)
    row = await record(psql, record_id)
    assert row["retry_at"] == (None if seconds is None else LATER + timedelta(seconds=seconds))


async def test_an_error_type_without_any_rule_is_not_retried(psql: Connection) -> None:
    _, (record_id,) = await running(psql)
    await reap(psql, LATER, [RetryRule("boom", 5)])
    assert (await record(psql, record_id))["retry_at"] is None


async def test_a_manager_that_leaves_gives_up_its_own_leases_only(psql: Connection) -> None:
    worker, (mine,) = await running(psql)
    (other,) = await submit(psql)
    await claim(psql, await manager(psql, "another"), now=NOON)
    assert await upkeep.give_up_leases(psql, SERVER, worker, RULES, NOON + SECOND) == 1
    assert await statuses(psql, [mine, other]) == ["ERROR", "RUNNING"]
    assert (await record(psql, mine))["error_type"] == "manager_left"


async def test_unstarted_tasks_are_queued_again_outside_the_budget(psql: Connection) -> None:
    ids = await in_error(psql, 2, error="returned_unstarted")
    await psql.execute("UPDATE record SET retries = 2 WHERE id = $1", ids[0])
    await upkeep.hand_back(psql, SERVER, ids, NOON)
    assert await statuses(psql, ids) == ["WAITING"] * 2
    assert [(await record(psql, i))["retries"] for i in ids] == [2, 0]


async def test_errors_are_failed_when_their_retention_is_over_and_no_sooner(psql: Connection) -> None:
    (old,) = await in_error(psql, now=NOON)
    (young,) = await in_error(psql, now=NOON + timedelta(days=1))
    assert await upkeep.fail_old(psql, SERVER, MONTH, NOON + MONTH) == 0
    assert await upkeep.fail_old(psql, SERVER, MONTH, NOON + MONTH + SECOND) == 1
    assert await statuses(psql, [old, young]) == ["FAILED", "ERROR"]
    assert await psql.fetchval("SELECT array_agg(record_id) FROM task") == [young]
    assert (await actions(psql, old))[-1] == "FAIL"


async def test_the_retention_counts_from_the_latest_error(psql: Connection) -> None:
    (record_id,) = await in_error(psql, now=NOON)
    await act(psql, Action.RETRY, [record_id], now=NOON + timedelta(days=20))
    worker = await manager(psql)
    (lease,) = await claim(psql, worker, now=NOON + timedelta(days=20, hours=1))
    assert await give_back(psql, worker, answer(lease, "boom"), now=NOON + timedelta(days=21)) == [Code.ACCEPTED]
    assert await upkeep.fail_old(psql, SERVER, MONTH, NOON + timedelta(days=50)) == 0
    assert await upkeep.fail_old(psql, SERVER, MONTH, NOON + timedelta(days=52)) == 1


async def test_a_record_running_without_a_lease_is_given_up_after_a_grace(psql: Connection) -> None:
    worker, (leased,) = await running(psql)
    (orphan,) = await submit(psql, now=NOON - SECOND)
    await psql.execute("UPDATE record SET status = 'RUNNING', since = $2, attempt = 1 WHERE id = $1", orphan, NOON)
    grace = timedelta(minutes=1)
    assert await upkeep.expire_orphans(psql, SERVER, RULES, grace, NOON + grace) == 0
    assert await upkeep.expire_orphans(psql, SERVER, RULES, grace, NOON + grace + SECOND) == 1
    assert await statuses(psql, [leased, orphan]) == ["RUNNING", "ERROR"]
    row = await record(psql, orphan)
    assert (row["error_type"], row["retry_at"]) == (LEASE_EXPIRED, NOON + grace + SECOND + timedelta(seconds=10))
    assert worker


async def test_a_batch_is_bounded_and_the_rest_comes_next(psql: Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    await running(psql, 25)
    monkeypatch.setattr(upkeep, "_EXPIRE", upkeep._EXPIRE.replace(f"LIMIT {upkeep.BATCH}", "LIMIT 10"))
    assert [await reap(psql, LATER) for _ in range(4)] == [10, 10, 5, 0]


async def test_many_servers_at_once_do_everything_once(psql: Connection, database_url: str) -> None:
    _, ids = await running(psql, 300)
    later = LATER + timedelta(hours=2)

    async def look_after() -> list[int]:
        connection = await asyncpg.connect(database_url, server_settings={"search_path": "interlock"})
        try:
            return [await reap(connection, LATER, RULES), await upkeep.retry_due(connection, SERVER, later)]
        finally:
            await connection.close()

    rounds = await asyncio.gather(*(look_after() for _ in range(6)))
    assert sum(reaped for reaped, _ in rounds) == len(ids)
    retried = sum(retried for _, retried in rounds) + await upkeep.retry_due(psql, SERVER, later)
    assert retried == len(ids)
    counts = await psql.fetch("SELECT action, count(*) AS n FROM event GROUP BY action")
    assert {row["action"]: row["n"] for row in counts} == {
        "SUBMIT": 300,
        "CLAIM": 300,
        "REPORT_ERROR": 300,
        "RETRY": 300,
    }
    assert await psql.fetchval("SELECT array_agg(DISTINCT retries) FROM record") == [1]


async def test_keys_are_forgotten_when_they_had_their_time(psql: Connection) -> None:
    worker = await manager(psql)
    await submit(psql, 1)
    await claim(psql, worker, key="k")
    await upkeep.forget_keys(psql, timedelta(hours=1))
    assert await psql.fetchval("SELECT count(*) FROM claim") == 1
    await upkeep.forget_keys(psql, timedelta(seconds=-1))
    assert await psql.fetchval("SELECT count(*) FROM claim") == 0


async def test_nothing_is_due_in_an_empty_database(psql: Connection) -> None:
    assert await reap(psql, None) == 0
    assert await upkeep.retry_due(psql, SERVER, None) == 0
    assert await upkeep.fail_old(psql, SERVER, timedelta(0), None) == 0
    assert await upkeep.expire_orphans(psql, SERVER, RULES, timedelta(0), None) == 0
    assert await expire_events(psql, timedelta(0)) == 0


async def test_an_attempt_whose_record_was_moved_on_is_ended_when_its_lease_runs_out(psql: Connection) -> None:
    (record_id,) = await submit(psql)
    worker = await manager(psql)
    (lease,) = await claim(psql, worker, now=NOON)
    await psql.execute("UPDATE record SET status = 'ERROR' WHERE id = $1", record_id)
    assert await upkeep.end_strays(psql, NOON) == 0
    assert await upkeep.end_strays(psql, NOON + 2 * LEASE) == 1
    row = await psql.fetchrow("SELECT outcome, error_type FROM attempt WHERE record_id = $1", record_id)
    assert row is not None
    assert tuple(row) == ("ERROR", "lease_revoked")
    assert await give_back(psql, worker, answer(lease)) == [Code.LEASE_REVOKED]


async def test_a_manager_that_leaves_waits_for_what_others_look_at(psql: Connection, database_url: str) -> None:
    """It leaves only once: what it passed by would stay RUNNING until the lease runs out."""
    await submit(psql, 3)
    worker = await manager(psql)
    leases = await claim(psql, worker, 3)
    other = await asyncpg.connect(database_url, server_settings={"search_path": "interlock"})
    try:
        async with other.transaction():
            await other.execute("SELECT FROM record WHERE id = $1 FOR UPDATE", leases[1].record_id)
            leaving = waiting_behind(other, psql, upkeep.give_up_leases(psql, SERVER, worker, DEFAULT_POLICY, None))
            task = await leaving.__aenter__()
        assert await task == 3
    finally:
        await other.close()


async def test_the_steepest_pause_is_the_longest_one(psql: Connection) -> None:
    (record_id,) = await submit(psql)
    worker = await manager(psql)
    await claim(psql, worker, now=NOON)
    await psql.execute("UPDATE record SET retries = 9999 WHERE id = $1", record_id)
    steep = [RetryRule("lease_expired", MOST_RETRIES, 1, STEEPEST_FACTOR, 60)]
    assert await reap(psql, NOON + 2 * LEASE, steep) == 1
    assert (await record(psql, record_id))["retry_at"] == NOON + 2 * LEASE + timedelta(seconds=60)

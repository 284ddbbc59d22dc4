"""Fencing: a lease answers for one attempt of one manager, until a transition revokes it; and every part of the
statements that says so is needed, which its mutants show.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from types import ModuleType

import asyncpg
import pytest

from interlock.store import claim, heartbeat, returns, upkeep
from interlock.store.connection import Again
from interlock.store.returns import ReturnedTask
from support.fencing import claims, clock, leases
from support.fencing.ring import CHECKS, Check, Ring

SESSION = {"search_path": "interlock", "timezone": "UTC", "lock_timeout": "1s"}


@pytest.fixture
async def ring(database_url: str) -> AsyncIterator[Ring]:
    a, b, c = [await asyncpg.connect(database_url, server_settings=SESSION) for _ in range(3)]
    try:
        yield Ring(a, b, c)
    finally:
        for connection in (a, b, c):
            connection.terminate()


@pytest.mark.parametrize("check", CHECKS, ids=[check.__name__ for check in CHECKS])
async def test_it_holds(ring: Ring, check: Check) -> None:
    await check(ring)


@dataclass(frozen=True)
class Mutant:
    """A statement with a part of it changed; ``seen_by`` is the check that must fail."""

    module: ModuleType
    statement: str
    changes: dict[str, str]
    seen_by: Check


_JUDGED_CLAIM = "ELSE a.record_id IS NULL OR a.claim_id <> g.claim_id END"

MUTANTS = {
    "return: the claim is not compared": Mutant(
        returns, "_SQL", {"a.claim_id = g.claim_id AND": ""}, leases.a_return_with_another_claim_is_unknown,
    ),
    "return: the manager is not compared": Mutant(
        returns, "_SQL", {"AND a.manager_id = $2": ""}, leases.a_return_by_another_manager_is_forbidden,
    ),
    "return: the attempt is not compared": Mutant(
        returns, "_SQL", {"AND r.attempt = g.attempt": ""}, leases.a_return_of_an_earlier_attempt_is_revoked,
    ),
    "return: the status is not compared": Mutant(
        returns, "_SQL", {"AND r.status::text IN ('RUNNING')": ""},
        leases.a_return_after_the_record_was_moved_on_is_revoked,
    ),
    "return: judged by the claim's record only": Mutant(
        returns, "_JUDGE", {_JUDGED_CLAIM: "ELSE a.record_id IS NULL END"},
        leases.a_return_with_another_claim_is_unknown,
    ),
    "return: judged without its manager": Mutant(
        returns, "_JUDGE", {"a.manager_id <> $2": "$2::int IS NULL"}, leases.a_return_by_another_manager_is_forbidden,
    ),
    "return: judged without its content": Mutant(
        returns, "_JUDGE", {"a.digest = g.digest": "a.digest IS NOT NULL"},
        leases.a_spent_attempt_is_not_ended_twice,
    ),
    "heartbeat: the claim is not compared": Mutant(
        heartbeat, "_HEARTBEAT", {_JUDGED_CLAIM: "ELSE a.record_id IS NULL END"},
        leases.a_heartbeat_with_another_claim_renews_nothing,
    ),
    "heartbeat: a lease that has ended is renewed": Mutant(
        heartbeat, "_HEARTBEAT", {"a.ended_at IS NULL AND": ""}, clock.a_heartbeat_that_waited_for_the_reaper_has_lost,
    ),
    "heartbeat: judged by an old snapshot": Mutant(
        heartbeat, "_JUDGE", {"SELECT CASE": "SELECT CASE WHEN TRUE THEN 'UNKNOWN_TOKEN'"},
        leases.a_heartbeat_that_waited_for_a_kill_is_told_so,
    ),
    "heartbeat: the manager is not compared": Mutant(
        heartbeat, "_HEARTBEAT", {"a.manager_id <> $2": "FALSE"},
        leases.a_heartbeat_by_another_manager_renews_nothing,
    ),
    "heartbeat: leases are not locked": Mutant(
        heartbeat, "_HEARTBEAT", {"FOR NO KEY UPDATE OF a": ""},
        clock.a_heartbeat_that_waited_for_the_reaper_has_lost,
    ),
    "heartbeat: what is lost is renewed": Mutant(
        heartbeat, "_HEARTBEAT", {"AND j.code = 'RENEWED'": ""},
        leases.a_heartbeat_by_another_manager_renews_nothing,
    ),
    "claim: it waits for other claims": Mutant(
        claim, "_CLAIM", {"SKIP LOCKED": ""}, claims.claims_at_the_same_moment_take_different_tasks,
    ),
    "claim: nothing is locked": Mutant(
        claim, "_CLAIM", {"FOR NO KEY UPDATE OF r SKIP LOCKED": ""},
        claims.claims_at_the_same_moment_take_different_tasks,
    ),
    "claim: nothing is locked in a tie": Mutant(
        claim, "_CLAIM", {"\n    FOR NO KEY UPDATE OF r SKIP LOCKED": ""},
        claims.claims_at_the_same_moment_take_different_tasks_of_lanes_in_a_tie,
    ),
    "claim: no compare and swap in a tie": Mutant(
        claim, "_CLAIM", {"AND r.status::text IN ({sources})": ""},
        claims.a_claim_in_a_tie_that_began_before_another_s_end_takes_nothing_of_it,
    ),
    "claim: ties are not seen": Mutant(
        claim, "_CLAIM", {"count(*) <> count(DISTINCT rank)": "FALSE"},
        claims.tags_come_before_priority_and_priority_before_lanes_in_a_tie,
    ),
    "claim: the last tag first": Mutant(
        claim, "_CLAIM", {"ORDER BY l.rank)": "ORDER BY l.rank DESC)"},
        claims.tags_come_before_priority_and_priority_before_lanes_in_a_tie,
    ),
    "claim: each lane gives all that is asked for": Mutant(
        claim, "_CLAIM", {") x LIMIT {limit}": ") x"}, claims.one_lane_may_give_all_that_is_asked_for_or_less,
    ),
    "claim: inactive managers too": Mutant(
        claim, "_CLAIM", {"AND m.active": ""}, claims.an_inactive_manager_gets_nothing,
    ),
    "reaper: the attempt is not compared": Mutant(
        upkeep, "_EXPIRE", {"r.attempt = a.number AND": ""},
        leases.an_earlier_attempt_s_lease_does_not_end_the_present_one,
    ),
    "reaper: nothing is locked": Mutant(
        upkeep, "_EXPIRE", {"FOR UPDATE OF r, a SKIP LOCKED": ""},
        clock.the_reaper_passes_by_a_lease_that_is_being_renewed,
    ),
    "reaper: attempts are not locked": Mutant(
        upkeep, "_EXPIRE", {"OF r, a SKIP": "OF r SKIP"},
        clock.the_reaper_passes_by_a_lease_that_is_being_renewed,
    ),
    "reaper: records are not locked": Mutant(
        upkeep, "_EXPIRE", {"OF r, a SKIP": "OF a SKIP"},
        clock.the_reaper_passes_by_a_record_that_is_being_moved,
    ),
    "reaper: it waits": Mutant(
        upkeep, "_EXPIRE", {"SKIP LOCKED": ""}, clock.two_reapers_end_a_lease_once,
    ),
    "reaper: leases that hold": Mutant(
        upkeep, "_EXPIRE", {"a.lease_expires_at <": "clock_timestamp() - interval '100 years' <"},
        clock.the_reaper_passes_by_a_lease_that_is_being_renewed,
    ),
    "retry: before its time": Mutant(
        upkeep, "_RETRY_DUE", {"AND r.retry_at <= (SELECT coalesce($2, clock_timestamp()))": ""},
        clock.a_retry_waits_for_its_time,
    ),
    "retry: it waits for others": Mutant(upkeep, "_RETRY_DUE", {"SKIP LOCKED": ""}, clock.two_servers_retry_once),
    "retry: the budget is not counted": Mutant(
        upkeep, "_RETRY_DUE", {"r.retries + 1": "r.retries"}, clock.two_servers_retry_once,
    ),
    "failing: before the retention": Mutant(
        upkeep, "_FAIL_OLD", {"- $3::interval": "+ 0 * $3::interval"},
        clock.an_error_is_failed_after_its_retention_only,
    ),
    "failing: it waits for others": Mutant(
        upkeep, "_FAIL_OLD", {"SKIP LOCKED": ""}, clock.an_error_is_failed_after_its_retention_only,
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", MUTANTS)
async def test_a_mutant_is_caught(ring: Ring, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    mutant = MUTANTS[name]
    text: str = getattr(mutant.module, mutant.statement)
    for old, new in mutant.changes.items():
        assert old in text, f"the statement no longer says {old!r}: change the mutant with it"
        text = text.replace(old, new)
    monkeypatch.setattr(mutant.module, mutant.statement, text)
    with pytest.raises((AssertionError, asyncpg.PostgresError, Again)) as caught:
        await mutant.seen_by(ring)
    # A mutant that does not even run proves nothing.
    assert not isinstance(caught.value, asyncpg.SyntaxOrAccessError)


Order = Callable[[Sequence[ReturnedTask]], list[int]]

ORDERS: dict[str, tuple[Order, Check]] = {
    "of twins the last one counts": (
        lambda given: sorted({(t.record_id, t.attempt, t.claim_id): i for i, t in enumerate(given)}.values()),
        leases.a_lease_returned_twice_in_one_batch_counts_once,
    ),
    "claims of one attempt count as twins": (
        lambda given: [min(range(len(given)), key=lambda i: (given[i].record_id, given[i].attempt))],
        leases.a_lease_returned_twice_in_one_batch_counts_once,
    ),
    "of two attempts one is looked at": (
        lambda given: [min(range(len(given)), key=lambda i: given[i].record_id)],
        leases.an_earlier_attempt_in_a_batch_does_not_hide_the_present_one,
    ),
    "as they were given": (
        lambda given: list(range(len(given))), leases.returns_lock_their_records_in_the_order_of_ids,
    ),
}  # fmt: skip
"""Wrong ways to put what is returned in order, and the check that must fail."""


@pytest.mark.parametrize("name", ORDERS)
async def test_a_wrong_order_of_returns_is_caught(ring: Ring, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    order, seen_by = ORDERS[name]
    monkeypatch.setattr(returns, "_in_order", order)
    with pytest.raises((AssertionError, asyncpg.LockNotAvailableError, Again)):
        await seen_by(ring)

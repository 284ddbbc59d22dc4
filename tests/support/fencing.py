"""What a lease must fence off, as functions: run by the tests as they are, and by the tests of the mutants.

Each takes a :class:`Ring` of connections to a fresh database and asserts. A lock that is not there shows as a
wrong answer, one that is held too long as a lock timeout.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from uuid import uuid4

from interlock.domain.lifecycle import Action
from interlock.domain.outcomes import Code
from interlock.store import upkeep
from interlock.store.claim import LeaseRow
from interlock.store.connection import Connection
from support.storing import (
    LEASE,
    NOON,
    SERVER,
    act,
    actions,
    answer,
    beat,
    claim,
    give_back,
    manager,
    reap,
    record,
    statuses,
    submit,
    waiting_behind,
)

LATER = NOON + 2 * LEASE
MUCH_LATER = NOON + timedelta(days=1)
MONTH = timedelta(days=30)


@dataclass(frozen=True)
class Ring:
    """Three connections; each has a short lock timeout."""

    a: Connection
    b: Connection
    c: Connection


Check = Callable[[Ring], Awaitable[None]]
CHECKS: list[Check] = []


def check(function: Check) -> Check:
    CHECKS.append(function)
    return function


async def leased(ring: Ring) -> tuple[int, LeaseRow]:
    """A manager and its lease of a running record, given at noon."""
    await submit(ring.a, 1)
    worker = await manager(ring.a)
    (lease,) = await claim(ring.a, worker, 1, now=NOON)
    return worker, lease


async def refused(ring: Ring, lease: LeaseRow, codes: list[Code], expected: Code, status: str = "RUNNING") -> None:
    assert codes == [expected]
    assert await statuses(ring.a, [lease.record_id]) == [status]


@check
async def a_return_with_another_claim_is_unknown(ring: Ring) -> None:
    worker, lease = await leased(ring)
    await refused(ring, lease, await give_back(ring.a, worker, answer(lease, claim_id=uuid4())), Code.UNKNOWN_TOKEN)


@check
async def a_heartbeat_with_another_claim_renews_nothing(ring: Ring) -> None:
    worker, lease = await leased(ring)
    forged = LeaseRow(lease.record_id, lease.attempt, uuid4(), NOON, "", "", "", [], "", 0)
    assert await beat(ring.a, worker, forged, now=LATER) == [Code.UNKNOWN_TOKEN]
    assert await reap(ring.a, LATER) == 1


@check
async def a_token_held_twice_is_answered_twice(ring: Ring) -> None:
    worker, lease = await leased(ring)
    assert await beat(ring.a, worker, lease, lease) == [Code.RENEWED, Code.RENEWED]


@check
async def a_return_by_another_manager_is_forbidden(ring: Ring) -> None:
    _, lease = await leased(ring)
    thief = await manager(ring.a, "thief")
    await refused(ring, lease, await give_back(ring.a, thief, answer(lease)), Code.FORBIDDEN)


@check
async def a_heartbeat_by_another_manager_renews_nothing(ring: Ring) -> None:
    _, lease = await leased(ring)
    thief = await manager(ring.a, "thief")
    assert await beat(ring.a, thief, lease, now=LATER) == [Code.FORBIDDEN]
    assert await reap(ring.a, LATER) == 1


async def again(ring: Ring, worker: int, lease: LeaseRow) -> LeaseRow:
    """A second lease, while the first attempt was left open by moves from psql."""
    await ring.a.execute("UPDATE record SET status = 'ERROR' WHERE id = $1", lease.record_id)
    await ring.a.execute("UPDATE record SET status = 'WAITING' WHERE id = $1", lease.record_id)
    (second,) = await claim(ring.a, worker, 1, now=MUCH_LATER)
    assert second.attempt == lease.attempt + 1
    return second


@check
async def a_return_of_an_earlier_attempt_is_revoked(ring: Ring) -> None:
    worker, first = await leased(ring)
    second = await again(ring, worker, first)
    await refused(ring, first, await give_back(ring.a, worker, answer(first)), Code.LEASE_REVOKED)
    assert await give_back(ring.a, worker, answer(second)) == [Code.ACCEPTED]


@check
async def an_earlier_attempt_in_a_batch_does_not_hide_the_present_one(ring: Ring) -> None:
    worker, first = await leased(ring)
    second = await again(ring, worker, first)
    codes = await give_back(ring.a, worker, answer(first), answer(second))
    assert codes == [Code.LEASE_REVOKED, Code.ACCEPTED]
    assert await statuses(ring.a, [first.record_id]) == ["COMPLETE"]


@check
async def an_earlier_attempt_s_lease_does_not_end_the_present_one(ring: Ring) -> None:
    worker, first = await leased(ring)
    await again(ring, worker, first)
    assert await reap(ring.a, LATER) == 0
    assert await statuses(ring.a, [first.record_id]) == ["RUNNING"]


@check
async def a_return_after_the_record_was_moved_on_is_revoked(ring: Ring) -> None:
    worker, lease = await leased(ring)
    await ring.a.execute("UPDATE record SET status = 'ERROR' WHERE id = $1", lease.record_id)
    await refused(ring, lease, await give_back(ring.a, worker, answer(lease)), Code.LEASE_REVOKED, "ERROR")


@check
async def a_spent_attempt_is_not_ended_twice(ring: Ring) -> None:
    worker, lease = await leased(ring)
    assert await give_back(ring.a, worker, answer(lease, "boom")) == [Code.ACCEPTED]
    await ring.a.execute("UPDATE record SET status = 'WAITING' WHERE id = $1", lease.record_id)
    # from psql, which tries to keep the number
    await ring.a.execute("UPDATE record SET status = 'RUNNING', since = now() WHERE id = $1", lease.record_id)
    assert (await record(ring.a, lease.record_id))["attempt"] == lease.attempt + 1
    await refused(ring, lease, await give_back(ring.a, worker, answer(lease, "boom")), Code.ALREADY_ACCEPTED)
    await refused(ring, lease, await give_back(ring.a, worker, answer(lease, content=b"x")), Code.CONTENT_DIFFERS)


@check
async def a_lease_returned_twice_in_one_batch_counts_once(ring: Ring) -> None:
    worker, lease = await leased(ring)
    twins = (answer(lease, claim_id=uuid4()), answer(lease), answer(lease), answer(lease, content=b"other"))
    codes = await give_back(ring.a, worker, *twins)
    assert codes == [Code.UNKNOWN_TOKEN, Code.ACCEPTED, Code.ALREADY_ACCEPTED, Code.CONTENT_DIFFERS]
    assert await actions(ring.a, lease.record_id) == ["SUBMIT", "CLAIM", "COMPLETE"]


@check
async def returns_lock_their_records_in_the_order_of_ids(ring: Ring) -> None:
    await submit(ring.a, 2)
    worker = await manager(ring.a)
    first, second = await claim(ring.a, worker, 2)
    async with ring.a.transaction():
        await ring.a.execute("SELECT FROM record WHERE id = $1 FOR UPDATE", first.record_id)
        waiting = waiting_behind(ring.c, ring.b, give_back(ring.b, worker, answer(second), answer(first)))
        task = await waiting.__aenter__()
        await ring.c.execute("SELECT FROM record WHERE id = $1 FOR UPDATE NOWAIT", second.record_id)
    assert await task == [Code.ACCEPTED] * 2


@check
async def a_return_that_waited_for_its_twin_is_accepted_already(ring: Ring) -> None:
    worker, lease = await leased(ring)
    async with ring.a.transaction():
        assert await give_back(ring.a, worker, answer(lease)) == [Code.ACCEPTED]
        waiting = waiting_behind(ring.c, ring.b, give_back(ring.b, worker, answer(lease)))
        task = await waiting.__aenter__()
    assert await task == [Code.ALREADY_ACCEPTED]
    assert await actions(ring.a, lease.record_id) == ["SUBMIT", "CLAIM", "COMPLETE"]


@check
async def a_return_that_waited_for_a_kill_is_told_so(ring: Ring) -> None:
    worker, lease = await leased(ring)
    async with ring.a.transaction():
        await act(ring.a, Action.KILL, [lease.record_id])
        waiting = waiting_behind(ring.c, ring.b, give_back(ring.b, worker, answer(lease)))
        task = await waiting.__aenter__()
    assert await task == [Code.KILLED]


@check
async def a_heartbeat_that_waited_for_a_kill_is_told_so(ring: Ring) -> None:
    worker, lease = await leased(ring)
    async with ring.a.transaction():
        await act(ring.a, Action.KILL, [lease.record_id])
        waiting = waiting_behind(ring.c, ring.b, beat(ring.b, worker, lease))
        task = await waiting.__aenter__()
    assert await task == [Code.KILLED]


@check
async def a_heartbeat_that_waited_for_the_reaper_has_lost(ring: Ring) -> None:
    worker, lease = await leased(ring)
    async with ring.a.transaction():
        assert await reap(ring.a, LATER) == 1
        waiting = waiting_behind(ring.c, ring.b, beat(ring.b, worker, lease, now=LATER))
        task = await waiting.__aenter__()
    assert await task == [Code.LEASE_EXPIRED]


@check
async def the_reaper_passes_by_a_lease_that_is_being_renewed(ring: Ring) -> None:
    worker, lease = await leased(ring)
    async with ring.a.transaction():
        assert await beat(ring.a, worker, lease, now=LATER) == [Code.RENEWED]
        assert await reap(ring.b, LATER) == 0
    assert await reap(ring.b, LATER) == 0
    assert await statuses(ring.b, [lease.record_id]) == ["RUNNING"]


@check
async def the_reaper_passes_by_a_task_that_is_being_returned(ring: Ring) -> None:
    worker, lease = await leased(ring)
    async with ring.a.transaction():
        assert await give_back(ring.a, worker, answer(lease)) == [Code.ACCEPTED]
        assert await reap(ring.b, LATER) == 0


@check
async def the_reaper_passes_by_a_record_that_is_being_moved(ring: Ring) -> None:
    _, lease = await leased(ring)
    async with ring.a.transaction():
        await ring.a.execute("UPDATE record SET priority = 9 WHERE id = $1", lease.record_id)
        assert await reap(ring.b, LATER) == 0
    assert await reap(ring.b, LATER) == 1


@check
async def two_reapers_end_a_lease_once(ring: Ring) -> None:
    _, lease = await leased(ring)
    async with ring.a.transaction():
        assert await reap(ring.a, LATER) == 1
        assert await reap(ring.b, LATER) == 0
    assert await reap(ring.b, LATER) == 0
    assert await actions(ring.a, lease.record_id) == ["SUBMIT", "CLAIM", "REPORT_ERROR"]


async def tie(ring: Ring) -> None:
    """A second lane, of the same rank as the first for a manager of any tag."""
    await submit(ring.a, 1, tag="other", hold=True)


@check
async def claims_at_the_same_moment_take_different_tasks(ring: Ring) -> None:
    ids = await submit(ring.a, 4)
    worker = await manager(ring.a)
    async with ring.a.transaction():
        first = await claim(ring.a, worker, 2)
        second = await claim(ring.b, worker, 2)
    assert sorted(lease.record_id for lease in (*first, *second)) == ids


@check
async def claims_at_the_same_moment_take_different_tasks_of_lanes_in_a_tie(ring: Ring) -> None:
    await tie(ring)
    await claims_at_the_same_moment_take_different_tasks(ring)


@check
async def a_claim_that_began_before_another_s_end_takes_nothing_of_it(ring: Ring) -> None:
    (record_id,) = await submit(ring.a, 1)
    worker = await manager(ring.a)
    blocker = ring.a.transaction()
    await blocker.start()
    assert await claim(ring.a, worker, 0, key="k") == []
    async with waiting_behind(ring.c, ring.b, claim(ring.b, worker, 1, key="k")) as late:
        (lease,) = await claim(ring.c, worker, 1)
        await blocker.rollback()
        assert await late == []
    row = await ring.c.fetchrow("SELECT claim_id FROM attempt WHERE record_id = $1", record_id)
    assert row is not None
    assert row["claim_id"] == lease.claim_id
    assert await beat(ring.c, worker, lease) == [Code.RENEWED]


@check
async def a_claim_in_a_tie_that_began_before_another_s_end_takes_nothing_of_it(ring: Ring) -> None:
    await tie(ring)
    await a_claim_that_began_before_another_s_end_takes_nothing_of_it(ring)


@check
async def tags_come_before_priority_and_priority_before_lanes_in_a_tie(ring: Ring) -> None:
    low = await submit(ring.a, 2, tag="one", priority=1)
    high = await submit(ring.a, 1, tag="two", priority=9)
    for name, tags, expected in (("first", ("one", "two"), low[0]), ("any", ("*",), high[0])):
        worker = await manager(ring.a, name, tags)
        (lease,) = await claim(ring.a, worker, 1)
        assert lease.record_id == expected


@check
async def one_lane_may_give_all_that_is_asked_for_or_less(ring: Ring) -> None:
    ones = await submit(ring.a, 2, tag="one")
    twos = await submit(ring.a, 2, tag="two")
    worker = await manager(ring.a, tags=("two", "one"))
    assert [lease.record_id for lease in await claim(ring.a, worker, 3)] == [*twos, ones[0]]
    assert [lease.record_id for lease in await claim(ring.a, worker, 3)] == [ones[1]]


@check
async def an_inactive_manager_gets_nothing(ring: Ring) -> None:
    (record_id,) = await submit(ring.a, 1)
    worker = await manager(ring.a)
    await ring.a.execute("UPDATE manager SET active = false")
    assert await claim(ring.a, worker, 1) == []
    assert await statuses(ring.a, [record_id]) == ["WAITING"]


async def errored(ring: Ring, error: str = "lease_expired") -> int:
    worker, lease = await leased(ring)
    assert await give_back(ring.a, worker, answer(lease, error), now=LATER) == [Code.ACCEPTED]
    return lease.record_id


@check
async def a_retry_waits_for_its_time(ring: Ring) -> None:
    record_id = await errored(ring)
    assert await upkeep.retry_due(ring.a, SERVER, LATER + timedelta(seconds=9)) == 0
    assert await upkeep.retry_due(ring.a, SERVER, LATER + timedelta(seconds=11)) == 1
    assert await statuses(ring.a, [record_id]) == ["WAITING"]


@check
async def two_servers_retry_once(ring: Ring) -> None:
    record_id = await errored(ring)
    async with ring.a.transaction():
        assert await upkeep.retry_due(ring.a, SERVER, MUCH_LATER) == 1
        assert await upkeep.retry_due(ring.b, SERVER, MUCH_LATER) == 0
    assert await upkeep.retry_due(ring.b, SERVER, MUCH_LATER) == 0
    assert (await record(ring.b, record_id))["retries"] == 1


@check
async def an_error_is_failed_after_its_retention_only(ring: Ring) -> None:
    record_id = await errored(ring)
    assert await upkeep.fail_old(ring.a, SERVER, MONTH, LATER + MONTH) == 0
    async with ring.a.transaction():
        assert await upkeep.fail_old(ring.a, SERVER, MONTH, LATER + MONTH + LEASE) == 1
        assert await upkeep.fail_old(ring.b, SERVER, MONTH, LATER + MONTH + LEASE) == 0
    assert await statuses(ring.a, [record_id]) == ["FAILED"]

"""What a lease answers for: returns and heartbeats, by whom, for which attempt, and after whom they waited."""

from __future__ import annotations

from uuid import uuid4

from interlock.domain.lifecycle import Action
from interlock.domain.outcomes import Code
from interlock.store.claim import LeaseRow
from support.fencing.ring import LATER, MUCH_LATER, Ring, check, leased, refused
from support.storing import (
    NOON,
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

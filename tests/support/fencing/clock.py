"""What the server does by the clock: leases that ran out, retries that are due, errors that have had their time."""

from __future__ import annotations

from datetime import timedelta

from interlock.domain.outcomes import Code
from interlock.store import upkeep
from support.fencing.ring import LATER, MONTH, MUCH_LATER, Ring, check, leased
from support.storing import (
    LEASE,
    SERVER,
    actions,
    answer,
    beat,
    give_back,
    reap,
    record,
    statuses,
    waiting_behind,
)


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

"""What a claim takes: tasks that nobody else has, for a manager that is there."""

from __future__ import annotations

from interlock.domain.outcomes import Code
from support.fencing.ring import Ring, check
from support.storing import (
    beat,
    claim,
    manager,
    statuses,
    submit,
    waiting_behind,
)


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
async def an_inactive_manager_gets_nothing(ring: Ring) -> None:
    (record_id,) = await submit(ring.a, 1)
    worker = await manager(ring.a)
    await ring.a.execute("UPDATE manager SET active = false")
    assert await claim(ring.a, worker, 1) == []
    assert await statuses(ring.a, [record_id]) == ["WAITING"]


@check
async def claims_at_the_same_moment_take_different_tasks_of_lanes_in_a_tie(ring: Ring) -> None:
    await tie(ring)
    await claims_at_the_same_moment_take_different_tasks(ring)


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
async def a_claim_in_a_tie_passes_by_what_another_holds(ring: Ring) -> None:
    held = await submit(ring.a, 20, tag="held", priority=9)
    free = await submit(ring.a, 2, tag="free", priority=1)
    worker = await manager(ring.a, tags=("*",))
    async with ring.b.transaction():
        await ring.b.execute("SELECT FROM record WHERE id = ANY($1) FOR UPDATE", held)
        assert [lease.record_id for lease in await claim(ring.a, worker, 2)] == free

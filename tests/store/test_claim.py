"""The claim: which tasks, in which order, and to whom."""

from __future__ import annotations

import asyncio
import random

import asyncpg
import pytest

from interlock.domain.outcomes import Code
from interlock.store.connection import Connection
from support.storing import (
    LEASE,
    NOON,
    actions,
    answer,
    claim,
    give_back,
    in_error,
    manager,
    record,
    statuses,
    submit,
)

SESSION = {"search_path": "interlock"}


async def claimed(connection: Connection, manager_id: int, limit: int = 10) -> list[int]:
    return [lease.record_id for lease in await claim(connection, manager_id, limit)]


@pytest.mark.parametrize("limit", [1, 2, 10])
async def test_tags_come_in_the_manager_s_order_then_priority_then_age(psql: Connection, limit: int) -> None:
    (late_low,) = await submit(psql, tag="second", priority=1)
    (first_low,) = await submit(psql, tag="first", priority=1)
    (late_high,) = await submit(psql, tag="second", priority=9)
    old, young = await submit(psql, 2, tag="first", priority=4)
    await submit(psql, tag="unserved", priority=9)
    worker = await manager(psql, tags=["first", "second"])
    given: list[int] = []
    while more := await claimed(psql, worker, limit):
        given += more
    assert given == [old, young, first_low, late_high, late_low]


async def test_the_star_takes_any_tag_after_those_named(psql: Connection) -> None:
    (other,) = await submit(psql, tag="other", priority=9)
    (another,) = await submit(psql, tag="another", priority=9)
    (mine,) = await submit(psql, tag="mine", priority=0)
    worker = await manager(psql, tags=["mine", "*"])
    assert await claimed(psql, worker) == [mine, other, another]


async def test_a_star_that_comes_first_still_prefers_nothing_else(psql: Connection) -> None:
    (low,) = await submit(psql, tag="any", priority=1)
    (high,) = await submit(psql, tag="none", priority=2)
    assert await claimed(psql, await manager(psql, tags=["*"])) == [high, low]


async def test_the_best_of_all_lanes_comes_first_within_the_limit(psql: Connection) -> None:
    chance = random.Random(7)
    wanted: list[tuple[int, int]] = []
    for i in range(40):
        priority = chance.randrange(10)
        (record_id,) = await submit(psql, tag="t", programs=[f"p{i % 4}"], priority=priority)
        wanted.append((-priority, record_id))
    worker = await manager(psql, programs='{"p0": "1", "p1": "1", "p2": "1", "p3": "1"}')
    expected = [record_id for _, record_id in sorted(wanted)]
    assert await claimed(psql, worker, 7) == expected[:7]
    assert await claimed(psql, worker, 40) == expected[7:]


@pytest.mark.parametrize(
    ("needed", "offered", "suits"),
    [
        ([], "{}", True),
        (["xtb"], "{}", False),
        (["xtb"], '{"xtb": "6"}', True),
        (["rdkit", "xtb"], '{"xtb": "6"}', False),
        (["xtb"], '{"rdkit": null, "xtb": null}', True),
        (["xtb"], '{"XTB": "6"}', False),
    ],
)
async def test_a_manager_gets_what_its_programs_can_run(
    psql: Connection, needed: list[str], offered: str, suits: bool
) -> None:
    ids = await submit(psql, programs=needed)
    assert await claimed(psql, await manager(psql, programs=offered)) == (ids if suits else [])


async def test_only_waiting_records_are_claimed(psql: Connection) -> None:
    held = await submit(psql, 2, hold=True)
    errors = await in_error(psql, 2)
    assert await claimed(psql, await manager(psql)) == []
    assert await statuses(psql, held + errors) == ["HOLD", "HOLD", "ERROR", "ERROR"]


async def test_a_claim_gives_the_task_its_token_and_its_time(psql: Connection) -> None:
    (record_id,) = await submit(psql, tag="t", priority=3, programs=["xtb"])
    worker = await manager(psql, programs='{"xtb": "6"}')
    (lease,) = await claim(psql, worker, now=NOON)
    assert (lease.record_id, lease.attempt, lease.expires_at) == (record_id, 1, NOON + LEASE)
    assert (lease.function, lease.args, lease.kwargs) == ("math:sqrt", "[4]", "{}")
    assert (lease.programs, lease.tag, lease.priority) == (["xtb"], "t", 3)
    assert await actions(psql, record_id) == ["SUBMIT", "CLAIM"]
    assert (await record(psql, record_id))["since"] == NOON


async def test_a_repeated_key_gives_the_same_leases_again(psql: Connection) -> None:
    await submit(psql, 5)
    worker = await manager(psql)
    first = await claim(psql, worker, 3, key="k")
    assert await claim(psql, worker, 3, key="k") == first
    assert len(await claim(psql, worker, 3, key="another")) == 2


async def test_a_repeated_key_leaves_out_what_was_returned_since(psql: Connection) -> None:
    await submit(psql, 3)
    worker = await manager(psql)
    first = await claim(psql, worker, key="k")
    assert await give_back(psql, worker, answer(first[1])) == [Code.ACCEPTED]
    assert await claim(psql, worker, key="k") == [first[0], first[2]]


async def test_a_key_is_the_manager_s_own(psql: Connection) -> None:
    await submit(psql, 2)
    one, two = await manager(psql, "one"), await manager(psql, "two")
    assert {
        lease.record_id for lease in (*await claim(psql, one, 1, key="k"), *await claim(psql, two, 1, key="k"))
    } == {1, 2}


async def test_a_key_used_at_the_same_moment_gives_one_set_of_leases(psql: Connection, database_url: str) -> None:
    await submit(psql, 10)
    worker = await manager(psql)
    others = [await asyncpg.connect(database_url, server_settings=SESSION) for _ in range(4)]
    try:
        answers = await asyncio.gather(*(claim(other, worker, 3, key="k") for other in others))
    finally:
        for other in others:
            await other.close()
    assert all(sorted(a, key=str) == sorted(answers[0], key=str) for a in answers)
    assert await psql.fetchval("SELECT count(*) FROM record WHERE status = 'RUNNING'") == 3


async def test_many_claims_at_once_never_give_one_task_twice(psql: Connection, database_url: str) -> None:
    ids = await submit(psql, 600)
    workers = [await manager(psql, f"worker {i}") for i in range(8)]

    async def work(manager_id: int) -> list[int]:
        connection = await asyncpg.connect(database_url, server_settings=SESSION)
        try:
            got: list[int] = []
            while leases := await claim(connection, manager_id, 7):
                got += [lease.record_id for lease in leases]
            return got
        finally:
            await connection.close()

    given = [record_id for got in await asyncio.gather(*map(work, workers)) for record_id in got]
    # the window may have been taken whole by others: what is left is claimed now
    while more := await claimed(psql, workers[0], 100):
        given += more
    assert sorted(given) == ids
    assert await psql.fetchval("SELECT count(*) FROM event WHERE action = 'CLAIM'") == len(ids)


async def test_a_task_is_claimed_again_under_the_next_attempt(psql: Connection) -> None:
    (record_id,) = await in_error(psql, error="lease_expired", now=NOON)
    await psql.execute("UPDATE record SET status = 'WAITING' WHERE id = $1", record_id)
    (lease,) = await claim(psql, await manager(psql))
    assert (lease.record_id, lease.attempt) == (record_id, 2)
    assert await psql.fetchval("SELECT count(*) FROM attempt WHERE record_id = $1", record_id) == 2

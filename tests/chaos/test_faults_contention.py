"""Others in the database are in the way: requests wait for them, not for ever, and nothing is lost or done twice."""

from __future__ import annotations

import asyncio
from collections import Counter
from random import Random

import asyncpg
import pytest

from chaos.load import Load
from chaos.moves.contention import exhaust_pools
from chaos.trial import struck, trial
from chaos.world import DEADLINE, World

pytestmark = [pytest.mark.slow, pytest.mark.asyncio(loop_scope="module")]
SEED = 1


def _troubles(load: Load) -> Counter[str]:
    return Counter(trouble for caller in load.callers for trouble in caller.troubles)


async def test_a_locked_table_is_waited_for_or_said(world: World) -> None:
    assert not _troubles(await struck(world, "lock_table", SEED))

    async def lock_for_longer() -> None:
        async with world.psql() as psql, psql.transaction():
            await psql.execute("LOCK TABLE record IN ACCESS EXCLUSIVE MODE")
            await asyncio.sleep(DEADLINE + 1)

    assert _troubles(await trial(world, lock_for_longer, SEED)).keys() == {"DEADLINE_EXCEEDED"}


async def test_who_gets_no_connection_waits_for_one_and_not_for_ever(world: World) -> None:
    assert not _troubles(await struck(world, "exhaust_pools", SEED))
    load = await trial(world, lambda: exhaust_pools(world, Random(SEED), DEADLINE + 1), SEED)
    assert _troubles(load).keys() <= {"UNAVAILABLE", "DEADLINE_EXCEEDED"}


async def test_a_deadlock_is_not_seen_by_clients(world: World) -> None:
    before = await _deadlocks(world)
    assert not _troubles(await struck(world, "deadlock", SEED))
    assert await _deadlocks(world) > before


async def _deadlocks(world: World) -> int:
    async with world.psql() as psql:
        count: int = await psql.fetchval("SELECT sum(deadlocks) FROM pg_stat_database")
    return count


async def test_a_failure_to_serialize_is_not_seen_by_clients(world: World) -> None:
    assert not _troubles(await struck(world, "fail_to_serialize", SEED))
    async with world.psql() as psql:
        with pytest.raises(asyncpg.UndefinedTableError):
            await psql.execute("SELECT FROM nemesis_failures")

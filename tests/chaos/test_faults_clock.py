"""The clock is moved, of PostgreSQL or of a server: leases go by PostgreSQL's alone, and the feed by none."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from random import Random

import pytest
import pytest_asyncio

from chaos.clock import Clock, NoClock, clock
from chaos.moves.own import own
from chaos.trial import struck, trial
from chaos.world import World

pytestmark = [pytest.mark.slow, pytest.mark.asyncio(loop_scope="module")]
SEED = 1
HOUR = 3_600.0
LONG_LEASE = 600


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def world() -> AsyncIterator[World]:
    try:
        with clock() as ours:
            async with World(clock=ours) as world:
                yield world
    except NoClock as error:
        pytest.skip(f"needs a clock of PostgreSQL's own: {error}")


def _clock(world: World) -> Clock:
    assert world.clock is not None
    return world.clock


async def _now(world: World) -> datetime:
    async with world.psql() as psql:
        now: datetime = await psql.fetchval("SELECT clock_timestamp()")
    return now


@pytest.mark.parametrize("seconds", [HOUR, -HOUR], ids=["forward", "back"])
async def test_a_clock_that_is_moved_loses_nothing(world: World, seconds: float) -> None:
    async def move() -> None:
        before = await _now(world)
        _clock(world).move(seconds)
        moved = await _now(world) - before
        assert abs(moved.total_seconds() - seconds) < 60, moved
        await asyncio.sleep(1)

    try:
        await trial(world, move, SEED)
    finally:
        _clock(world).move(0)
    await struck(world, "move_clock", SEED)


async def test_leases_run_out_by_the_clock_of_the_database_alone(world: World) -> None:
    async with own(world, Random(SEED)) as mine:
        (id_,) = await mine.submit(1)
        manager = await mine.manager(lease=LONG_LEASE)
        (token,) = await mine.claim(manager, 1)
        _clock(world).move(HOUR)
        try:
            await mine.reached([id_], "ERROR", "WAITING", within=10)
            assert await mine.give_back(manager, [token], "late") == ["LEASE_EXPIRED"]
            await mine.reached([id_], "WAITING", within=10)
        finally:
            _clock(world).move(0)


async def test_a_server_whose_clock_is_wrong_changes_nothing(world: World) -> None:
    """It looks for leases that ran out as the others do, and finds none; what it writes has the database's time."""
    with clock() as wrong:
        wrong.move(24 * HOUR)
        server = world.add_server(**wrong.environment)
        try:
            await server.start()
            async with own(world, Random(SEED)) as mine:
                ids = await mine.submit(5)
                manager = await mine.manager(lease=LONG_LEASE)
                await mine.claim(manager, len(ids))
                await trial(world, lambda: asyncio.sleep(1), SEED)
                assert set(await mine.statuses(ids)) == {"RUNNING"}
            async with world.psql() as psql:
                latest = await psql.fetchval("SELECT at FROM event ORDER BY seq DESC LIMIT 1")
            assert abs(latest - await _now(world)) < timedelta(minutes=5)
        finally:
            world.servers.remove(server)
            await server.kill()

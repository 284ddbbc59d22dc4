"""The machine beneath PostgreSQL: its disk is full, its clock moves."""

from __future__ import annotations

import asyncio
from random import Random

from chaos.moves.move import Move
from chaos.world import World


def _has_disk(world: World) -> bool:
    return world.disk is not None


async def fill_disk(world: World, random: Random) -> None:
    """Until PostgreSQL complains, and often stops; with room it is started again."""
    assert world.disk is not None
    try:
        await asyncio.to_thread(world.disk.fill)
        await asyncio.sleep(random.uniform(2.0, 4.0))
    finally:
        world.disk.free()
        await world.revive()


def _has_clock(world: World) -> bool:
    return world.clock is not None


async def move_clock(world: World, random: Random) -> None:
    """PostgreSQL's, a few seconds: forward, so that leases run out early, and back, so that they last longer."""
    assert world.clock is not None
    try:
        for _ in range(random.randint(1, 3)):
            world.clock.move(random.uniform(-5.0, 5.0))
            await asyncio.sleep(random.uniform(0.2, 1.5))
    finally:
        world.clock.move(0)


MOVES = (
    Move(
        "fill_disk",
        "disk of the database full",
        "what was acknowledged is kept; what cannot be written is answered UNAVAILABLE, with the reason; with room all "
        "goes on by itself",
        "chaos/test_faults_disk.py::test_a_full_disk_loses_nothing_and_is_survived",
        fill_disk,
        _has_disk,
    ),
    Move(
        "move_clock",
        "clock of the database moved, an hour forward or back",
        "leases go by that clock alone: forward, they run out and the work is done again; back, they last as much "
        "longer; nothing is lost, and the order of the feed does not depend on it",
        "chaos/test_faults_clock.py::test_a_clock_that_is_moved_loses_nothing",
        move_clock,
        _has_clock,
    ),
)

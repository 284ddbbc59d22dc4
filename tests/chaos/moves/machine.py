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


MOVES = (
    Move(
        "fill_disk",
        "disk of the database full",
        "what was acknowledged is kept; what cannot be written is answered UNAVAILABLE, with the reason; with room all "
        "goes on by itself",
        "test_faults_disk.py::test_a_full_disk_loses_nothing_and_is_survived",
        fill_disk,
        _has_disk,
    ),
)

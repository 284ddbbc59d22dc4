"""A trial: a load, a fault in the middle of it, and the account of what the clients were told."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from random import Random

from chaos.accounts import verify
from chaos.load import Load
from chaos.moves import MOVES
from chaos.world import World

WARM = 20.0
"""Seconds until every client was answered once; all of it works then."""
SERVES_AGAIN = 10.0
"""Seconds after a fault within which every client is answered again, without anything having been restarted."""


async def trial(world: World, fault: Callable[[], Awaitable[object]], seed: int, within: float = SERVES_AGAIN) -> Load:
    """The load that went through the fault unharmed, for whatever else is to be seen of it."""
    print(f"seed {seed}")  # noqa: T201 - shown when it fails
    load = Load(world, seed)
    async with load.running():
        await load.answered(WARM)
        await fault()
        healed = time.monotonic()
        await load.answered(within)
        print(f"all answered {time.monotonic() - healed:.2f} s after the fault")  # noqa: T201 - shown when it fails
        await load.answered(within)
    try:
        await verify(load)
    finally:
        load.end()
    assert world.faults() == []
    print(f"{len(load.told.submitted)} records; troubles: {[len(c.troubles) for c in load.callers]}")  # noqa: T201 - shown when it fails
    return load


async def struck(world: World, move: str, seed: int, within: float = SERVES_AGAIN) -> Load:
    """The same for a move of the nemesis."""
    return await trial(world, lambda: MOVES[move].strike(world, Random(seed)), seed, within)

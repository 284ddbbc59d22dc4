"""The nemesis: move after move, in an order and at times that the seed says, while the load goes on."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from random import Random

from chaos.actors.actor import Stage
from chaos.history import Strike
from chaos.moves import MOVES

_PAUSE = (0.1, 1.2)
_LONGEST = 60.0
"""Seconds for one move, its healing included."""


async def torment(stage: Stage, names: Sequence[str], seconds: float, say: Callable[[str], None]) -> None:
    """Strike for so long, and until the last move has healed what it did."""
    random = Random(f"{stage.history.seed}:nemesis")
    until = time.monotonic() + seconds
    deck: list[str] = []
    while names:
        if not deck:  # each has its turn before any has another
            deck = random.sample(list(names), len(names))
        pause = min(random.uniform(*_PAUSE), until - time.monotonic())
        if pause <= 0:
            return
        await asyncio.sleep(pause)
        name = deck.pop()
        if MOVES[name].possible(stage.world):
            say(name)
            await _strike(stage, name, Random(random.random()))
    await asyncio.sleep(seconds)


async def _strike(stage: Stage, name: str, random: Random) -> None:
    begun, broken = time.time(), None
    try:
        async with asyncio.timeout(_LONGEST):
            await MOVES[name].strike(stage.world, random)
    except AssertionError as error:
        broken = str(error) or repr(error)
    stage.history.strikes.append(Strike(name, begun, time.time(), broken))

"""The nemesis: move after move, in an order and at times that the seed says, while the load goes on."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator, Sequence
from random import Random

from chaos.actors.actor import Stage
from chaos.history import Strike
from chaos.moves import MOVES

_PAUSE = (0.1, 1.2)
_TOGETHER = 0.25
"""How often two moves come at the same moment."""
_LONGEST = 60.0
"""Seconds for one move, its healing included."""


async def torment(stage: Stage, names: Sequence[str], seconds: float, say: Callable[[str], None]) -> None:
    """Strike for so long, and until the last move has healed what it did."""
    random = Random(f"{stage.history.seed}:nemesis")
    deck = _dealt([name for name in names if MOVES[name].possible(stage.world)], random)
    until = time.monotonic() + seconds
    while True:
        pause = random.uniform(*_PAUSE) if names else seconds
        await asyncio.sleep(min(pause, max(until - time.monotonic(), 0)))
        if time.monotonic() >= until:
            return
        chosen = {next(deck) for _ in range(1 + (random.random() < _TOGETHER))}
        say(" and ".join(sorted(chosen)))
        await asyncio.gather(*(_strike(stage, name, Random(random.random())) for name in sorted(chosen)))


def _dealt(names: Sequence[str], random: Random) -> Iterator[str]:
    """Each has its turn before any has another."""
    while names:
        yield from random.sample(names, len(names))


async def _strike(stage: Stage, name: str, random: Random) -> None:
    begun, broken = time.time(), None
    try:
        async with asyncio.timeout(_LONGEST):
            await MOVES[name].strike(stage.world, random)
    except (AssertionError, TimeoutError) as error:
        broken = str(error) or repr(error)
    stage.history.strikes.append(Strike(name, begun, time.time(), broken))

"""The nemesis: moves in an order and at times that the seed says, while the load goes on.

It has two hands, each with moves of its own, so that moves overlap, and one that takes long does not keep the others.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator, Sequence
from random import Random

from chaos.actors.actor import Stage, until
from chaos.history import Strike
from chaos.moves import MOVES

_PAUSE = (0.1, 2.0)
_HANDS = 2
_LONGEST = 60.0
"""Seconds for one move, its healing included."""


async def torment(stage: Stage, names: Sequence[str], enough: asyncio.Event, say: Callable[[str], None]) -> None:
    """Strike until it is enough, and the last moves have healed what they did."""
    random = Random(f"{stage.history.seed}:nemesis")
    possible = [name for name in names if MOVES[name].possible(stage.world)]
    shuffled = random.sample(possible, len(possible))
    hands = [(shuffled[hand::_HANDS], Random(random.random())) for hand in range(_HANDS)]
    await asyncio.gather(enough.wait(), *(_hand(stage, *hand, enough, say) for hand in hands if hand[0]))


async def _hand(
    stage: Stage, names: Sequence[str], random: Random, enough: asyncio.Event, say: Callable[[str], None]
) -> None:
    deck = _dealt(names, random)
    while not await until(enough, random.uniform(*_PAUSE)):
        name = next(deck)
        say(name)
        await _strike(stage, name, Random(random.random()))


def _dealt(names: Sequence[str], random: Random) -> Iterator[str]:
    """Each has its turn before any has another."""
    while True:
        yield from random.sample(names, len(names))


async def _strike(stage: Stage, name: str, random: Random) -> None:
    begun, broken = time.time(), None
    try:
        async with asyncio.timeout(_LONGEST):
            await MOVES[name].strike(stage.world, random)
    except (AssertionError, TimeoutError) as error:
        broken = str(error) or repr(error)
    stage.history.strikes.append(Strike(name, begun, time.time(), broken))

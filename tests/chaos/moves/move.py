"""A move of the nemesis: one fault, for a while."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from random import Random

from chaos.world import World


def _always(_: World) -> bool:
    return True


@dataclass(frozen=True)
class Move:
    """``fault`` and ``promise`` are for the README's table; ``test`` and ``further`` are where it is shown: FILE::NAME.

    Moves follow one another in any order, or overlap: each copes with a server or a database that is not back yet.
    """

    name: str
    fault: str
    promise: str
    test: str
    act: Callable[[World, Random], Awaitable[None]]
    possible: Callable[[World], bool] = _always
    """Whether this world has what it takes."""
    further: tuple[str, ...] = ()

    @property
    def tests(self) -> tuple[str, ...]:
        return self.test, *self.further

    async def strike(self, world: World, random: Random) -> None:
        """Inject the fault, hold it for a time that ``random`` says, and heal it, also when cancelled.

        Raises AssertionError where the promise can be seen to be broken at once.
        """
        await self.act(world, random)

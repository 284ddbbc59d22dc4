"""Waiting longer each time, and never in step with others."""

from __future__ import annotations

import asyncio
import random


class Backoff:
    """Waits of ``first`` seconds, doubled up to ``longest``, each shortened by up to a half at random."""

    def __init__(self, first: float, longest: float) -> None:
        self._first = first
        self._longest = longest
        self._next = first

    def next(self) -> float:
        """The next wait, in seconds."""
        wait, self._next = self._next, min(self._next * 2, self._longest)
        return min(wait, self._longest) * random.uniform(0.5, 1)  # noqa: S311 - jitter is no secret

    def reset(self) -> None:
        self._next = self._first

    async def sleep(self) -> None:
        await asyncio.sleep(self.next())

"""Waiting for something, but not when it is time to stop."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

Result = TypeVar("Result")


class Stops:
    """The ways of being told to stop: to finish what was begun (by people, or by poor health), and now."""

    def __init__(self, stop: asyncio.Event, now: asyncio.Event, unfit: asyncio.Event) -> None:
        self._soon = (stop, unfit)
        self._now = now

    @property
    def now(self) -> bool:
        """Whether nothing is to be waited for any more."""
        return self._now.is_set()

    @property
    def asked(self) -> bool:
        """Whether it is time to stop, in either way."""
        return self._now.is_set() or any(event.is_set() for event in self._soon)

    async def or_done(self, doing: Coroutine[Any, Any, Result]) -> Result | None:
        """The coroutine's result; None if a stop is asked for first, which cancels it."""
        return await _race(doing, self._now.wait(), *(event.wait() for event in self._soon))

    async def or_soon(self, doing: Coroutine[Any, Any, Result], seconds: float) -> Result | None:
        """The same, but when told to finish what was begun, this is given so many seconds."""

        async def and_seconds(event: asyncio.Event) -> None:
            await event.wait()
            await asyncio.sleep(seconds)

        return await _race(doing, self._now.wait(), *(and_seconds(event) for event in self._soon))

    async def now_or_done(self, doing: Coroutine[Any, Any, Result]) -> Result | None:
        """The coroutine's result; None if it is to be stopped now."""
        return await _race(doing, self._now.wait())


async def _race(doing: Coroutine[Any, Any, Result], *until: Coroutine[Any, Any, object]) -> Result | None:
    work = asyncio.ensure_future(doing)
    watches = [asyncio.ensure_future(watch) for watch in until]
    try:
        await asyncio.wait({work, *watches}, return_when=asyncio.FIRST_COMPLETED)
        return work.result() if work.done() else None
    finally:
        for task in (work, *watches):
            task.cancel()
        await asyncio.gather(work, *watches, return_exceptions=True)

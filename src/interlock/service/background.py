"""Loops that run beside the requests: they end when told, survive a database that goes away, and say so once."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable

import structlog

log = structlog.get_logger()

_FIRST_PAUSE = 0.2
_LONGEST_PAUSE = 2.0
"""Seconds: a database that is back is not to wait for longer."""


async def pause(stop: asyncio.Event, seconds: float) -> bool:
    """Wait, but not longer than until ``stop``; whether to go on."""
    try:
        async with asyncio.timeout(seconds):
            await stop.wait()
    except TimeoutError:
        return True
    return False


async def persist(name: str, stop: asyncio.Event, work: Callable[[], Awaitable[None]]) -> None:
    """Run ``work`` until ``stop``, again after it fails, with growing, jittered pauses."""
    wait = _FIRST_PAUSE
    loop = asyncio.get_running_loop()
    while not stop.is_set():
        began = loop.time()
        try:
            await work()
        except asyncio.CancelledError:
            raise
        except Exception as error:  # noqa: BLE001 - a loop of the server outlives whatever happens to it
            if loop.time() - began > _LONGEST_PAUSE:
                wait = _FIRST_PAUSE
            log.warning("interrupted", part=name, error=repr(error), again_in=round(wait, 2))
            await pause(stop, wait * random.uniform(0.5, 1.5))  # noqa: S311 - jitter, no secret
            wait = min(wait * 2, _LONGEST_PAUSE)

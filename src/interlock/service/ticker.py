"""The ticker: of all servers one, elected by a lock of its session, gives new events their positions."""

from __future__ import annotations

import asyncio

from interlock.service.core import Core
from interlock.store.feed import ensure_epoch, try_lead, write_tick

_ELECTION_INTERVAL = 1.0
"""Seconds after which a server that does not tick looks whether the one that did is gone."""


class Ticker:
    """Writes ticks while this server leads; :meth:`wake` makes the next one come at once, after a quiet moment.

    A tick that found something is followed by none for an interval: however many write, it is one of their commits.
    """

    def __init__(self, core: Core) -> None:
        self._core = core
        self._woken = asyncio.Event()
        self.epoch_known = asyncio.Event()

    def wake(self) -> None:
        self._woken.set()

    async def run(self, stop: asyncio.Event) -> None:
        """Until ``stop``, or until the connection fails: then the caller starts it anew."""
        connection = await self._core.database.connect()
        try:
            while not await try_lead(connection):
                self.epoch_known.set()  # whoever leads has seen to it
                if await self._wait(stop, _ELECTION_INTERVAL):
                    return
            async with connection.transaction():
                await ensure_epoch(connection)
            self.epoch_known.set()
            while True:
                self._woken.clear()
                busy = await write_tick(connection) is not None
                if await self._wait(stop, self._core.settings.tick_interval, or_woken=not busy):
                    # what was committed before the stop gets its position
                    await write_tick(connection)
                    return
        finally:
            await connection.close(timeout=5)

    async def _wait(self, stop: asyncio.Event, seconds: float, *, or_woken: bool = False) -> bool:
        """Wait for the time, or to be woken; whether to stop."""
        if not stop.is_set():
            try:
                async with asyncio.timeout(seconds):
                    await (self._woken if or_woken else stop).wait()
            except TimeoutError:
                pass
        return stop.is_set()

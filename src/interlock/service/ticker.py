"""The ticker: of all servers one, elected by a lock of its session, gives new events their positions."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import structlog

from interlock.service.core import Core
from interlock.store.connection import Connection
from interlock.store.feed import ensure_epoch, epoch_fits, write_tick
from interlock.store.leading import end_silent_leader, try_lead
from interlock.store.silence import close

log = structlog.get_logger()

_ELECTION_INTERVAL = 1.0
"""Seconds after which a server that does not tick looks whether the one that did is gone."""

_PATIENCE = 10.0
"""Seconds for a tick, before the connection is held for dead, and another server leads."""

_SILENCE = 5.0
"""Seconds in which one that leads has asked for no tick: then its process hangs, and another server leads."""
_MISSED = 3
"""Ticks that it has missed by then, where there are few."""


class Ticker:
    """Writes ticks while this server leads; :meth:`wake` makes the next one come at once, after a quiet moment.

    A tick that found something is followed by none for an interval: however many write, it is one of their commits.
    """

    def __init__(self, core: Core) -> None:
        self._core = core
        self._patience = _PATIENCE
        self._woken = asyncio.Event()
        self.epoch_known = asyncio.Event()

    def wake(self) -> None:
        self._woken.set()

    async def run(self, stop: asyncio.Event) -> None:
        """Until ``stop``, or until the connection fails: then the caller starts it anew."""
        connection = await self._core.database.connect(unhurried=True)
        try:
            while not await self._leads(connection):
                if not self.epoch_known.is_set() and await epoch_fits(connection):  # whoever leads sees to it
                    self.epoch_known.set()
                if await self._wait(stop, _ELECTION_INTERVAL):
                    return
            async with connection.transaction():
                await ensure_epoch(connection)
            self.epoch_known.set()
            while True:
                self._woken.clear()
                busy = await self._tick(connection)
                if await self._wait(stop, self._core.settings.tick_interval, or_woken=not busy):
                    # what was committed before the stop gets its position
                    await self._tick(connection)
                    return
        finally:
            await close(connection)

    async def _leads(self, connection: Connection) -> bool:
        """Whether it leads now; one that hangs does so no more. Raises TimeoutError."""
        silence = max(_SILENCE, _MISSED * self._core.settings.tick_interval)
        async with asyncio.timeout(_PATIENCE):
            leads = await try_lead(connection)
            if not leads and (pid := await end_silent_leader(connection, timedelta(seconds=silence))) is not None:
                log.warning("a server that hangs was ticker", postgresql_pid=pid, silent_for=silence)
        return leads

    async def _tick(self, connection: Connection) -> bool:
        """Whether there was something. Raises TimeoutError; the next try has twice the time, should it take so long."""
        try:
            async with asyncio.timeout(self._patience):
                busy = await write_tick(connection) is not None
        except TimeoutError:
            self._patience *= 2
            raise
        self._patience = _PATIENCE
        return busy

    async def _wait(self, stop: asyncio.Event, seconds: float, *, or_woken: bool = False) -> bool:
        """Wait for the time, or to be woken; whether to stop."""
        if not stop.is_set():
            try:
                async with asyncio.timeout(seconds):
                    await (self._woken if or_woken else stop).wait()
            except TimeoutError:
                pass
        return stop.is_set()

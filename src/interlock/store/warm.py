"""Connections of a pool that go from one piece of work to the next, without the pool's ceremony in between.

To take a connection from asyncpg's pool and give it back costs several tasks and timers, about as much as a small
statement. What ended well leaves its connection as it found it, so that the next can have it at once; what did not
gives it back to the pool, which sees to its state, and so does everything while others wait for their turn there.
"""

from __future__ import annotations

import asyncio
from types import TracebackType
from typing import Any, TypeAlias

import asyncpg
import asyncpg.pool

from interlock.domain.errors import Unavailable
from interlock.store.silence import GRACE

_PATIENCE = 30.0
"""Seconds to wait for a connection."""

Proxy: TypeAlias = "asyncpg.pool.PoolConnectionProxy[asyncpg.Record]"


def _heed(released: asyncio.Future[None]) -> None:
    """Whatever went wrong, the connection is gone, and the pool makes another."""
    if not released.cancelled():
        released.exception()


class Warm:
    """A pool's connections, the one that was used last first."""

    def __init__(self, pool: asyncpg.Pool[Any]) -> None:
        self._pool = pool
        self._idle: list[Proxy] = []
        self._waiting = 0

    def lent(self) -> Lent:
        """A connection for the time of an ``async with`` block."""
        return Lent(self)

    async def take(self) -> Proxy:
        """Raises Unavailable where none becomes free."""
        while self._idle:
            connection = self._idle.pop()
            if not connection.is_closed():
                return connection
            await self._release(connection)
        self._waiting += 1
        try:
            return await self._pool.acquire(timeout=_PATIENCE)
        except TimeoutError as error:
            raise Unavailable("No connection to the database became free in time; try again.") from error
        finally:
            self._waiting -= 1

    async def give(self, connection: Proxy, *, unharmed: bool) -> None:
        if unharmed and not self._waiting and not connection.is_closed():
            self._idle.append(connection)
        else:
            await self._release(connection)

    async def _release(self, connection: Proxy) -> None:
        """Let the pool see to it, but do not wait for long: one that says nothing is dropped."""
        releasing = asyncio.ensure_future(self._pool.release(connection, timeout=GRACE))
        releasing.add_done_callback(_heed)
        await asyncio.wait({releasing})  # which goes on where this is cancelled

    async def close(self) -> None:
        """Close them all, once those that are lent are back."""
        idle, self._idle = self._idle, []
        self._waiting += 1  # what comes back from now on goes to the pool
        for connection in idle:
            await self._release(connection)
        await self._pool.close()

    def terminate(self) -> None:
        self._pool.terminate()


class Lent:
    """A connection that is given back when the block ends."""

    __slots__ = ("_connection", "_of")

    def __init__(self, of: Warm) -> None:
        self._of = of

    async def __aenter__(self) -> Proxy:
        self._connection = await self._of.take()
        return self._connection

    async def __aexit__(self, kind: type[BaseException] | None, _: object, __: TracebackType | None) -> None:
        await self._of.give(self._connection, unharmed=kind is None)

"""What becomes of a connection on which nothing comes any more: it is noticed, and nobody waits for it for ever.

A peer that vanished without a word (a machine or a network that went away) looks like one that takes its time. The
kernel asks again on a quiet connection, on both sides, since a lock of the session, such as the ticker's, is freed only
when PostgreSQL notices. What hides between (a proxy that still answers the kernel) shows when a statement takes longer
than it may.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Awaitable
from contextlib import suppress
from typing import Any

import asyncpg

from interlock.store.connection import Connection

CONNECTING = 10.0
"""Seconds for a connection to be made."""
QUIET = 5.0
"""Seconds without a notification after which whoever listens makes sure that it would hear one."""
GRACE = 1.0
"""Seconds for a connection to confirm that what ran on it has ended; then it is dropped."""

_IDLE = 10
"""Seconds of quiet after which the kernel asks whether the other side is there,"""
_AGAIN = 5
"""how long it waits for an answer before it asks again,"""
_TIMES = 3
"""and how often it does."""
_GONE = (_IDLE + _TIMES * _AGAIN) * 1_000
"""Milliseconds after which what was sent and never confirmed means that the other side is gone."""

NOTICED_THERE = {
    "tcp_keepalives_idle": str(_IDLE),
    "tcp_keepalives_interval": str(_AGAIN),
    "tcp_keepalives_count": str(_TIMES),
    "tcp_user_timeout": str(_GONE),
}
"""What PostgreSQL is told to do on its side; without effect on a Unix socket."""
_NOTICED_HERE = {
    "TCP_KEEPIDLE": _IDLE,
    "TCP_KEEPINTVL": _AGAIN,
    "TCP_KEEPCNT": _TIMES,
    "TCP_USER_TIMEOUT": _GONE,
}
"""The same on ours, as far as the system has it."""


class Watched(asyncpg.Connection):
    """A connection whose other side the kernel asks for signs of life."""

    def __init__(self, protocol: Any, transport: asyncio.BaseTransport, *rest: Any) -> None:
        super().__init__(protocol, transport, *rest)
        found = transport.get_extra_info("socket")
        if found.family != socket.AF_UNIX:
            found.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
            for name, value in _NOTICED_HERE.items():
                if (option := getattr(socket, name, None)) is not None:
                    found.setsockopt(socket.IPPROTO_TCP, option, value)


async def ended(connection: Connection, ending: Awaitable[object]) -> bool:
    """Whether a transaction could be ended in time; where not, the connection is dropped, and it with that."""
    try:
        async with asyncio.timeout(GRACE):
            await ending
    except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError):
        drop(connection)
        return False
    return True


def drop(connection: Connection) -> None:
    """Without a word: whatever it has begun is undone."""
    with suppress(asyncpg.InterfaceError):  # it is closed already
        connection.terminate()


async def answers(connection: Connection) -> None:
    """Raises TimeoutError, or what the driver says of a connection that is gone."""
    async with asyncio.timeout(QUIET):
        await connection.fetchval("SELECT 1")


async def close(connection: asyncpg.Connection[Any]) -> None:
    """Close it in order, or drop it; then PostgreSQL frees its locks as soon as it notices."""
    with suppress(OSError, asyncpg.PostgresError, asyncpg.InterfaceError):  # dropped
        await connection.close(timeout=GRACE)

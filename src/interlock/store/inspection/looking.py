"""A connection that only looks."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from interlock.store.connection import Connection
from interlock.store.migrate import SCHEMA
from interlock.store.reaching import reach

_PATIENCE = 30
"""Seconds that a statement may take, unless it may read whole tables."""


@asynccontextmanager
async def looking(url: str, *, deep: bool) -> AsyncIterator[Connection]:
    """Until the block ends. It has the rights of the URL's role, and does not use those to write.

    Raises Unavailable.
    """
    session = {
        "search_path": SCHEMA,
        "timezone": "UTC",
        "application_name": "interlock doctor",
        "default_transaction_read_only": "on",
        "jit": "off",
        "statement_timeout": "0" if deep else f"{_PATIENCE}s",
        "lock_timeout": "5s",
    }
    connection = await reach(url, server_settings=session, command_timeout=None)
    try:
        yield connection
    finally:
        await connection.close()

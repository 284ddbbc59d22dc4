"""Concurrency without sleeps: wait until so many sessions of the test's database wait for a lock."""

from __future__ import annotations

from typing import Any

import asyncpg

_WAITING = """SELECT count(DISTINCT pid) FROM pg_locks JOIN pg_stat_activity USING (pid)
WHERE NOT granted AND datname = current_database()"""


async def until_blocked(psql: asyncpg.Connection[Any], sessions: int) -> None:
    """Return once so many of the sessions wait; PostgreSQL has no event for it, so it is asked again and again."""
    while True:
        await psql.execute("SELECT pg_stat_clear_snapshot()")
        if await psql.fetchval(_WAITING) >= sessions:
            return

"""Databases of tests: each a clone of one migrated template."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg

from interlock.store.embedded import EmbeddedPostgres

_databases = iter(range(1_000_000))


@asynccontextmanager
async def cloned(cluster: EmbeddedPostgres, template: str) -> AsyncIterator[str]:
    """The URL of a migrated database that is there until the block ends."""
    name = f"test_{os.getpid()}_{next(_databases)}"
    connection = await asyncpg.connect(cluster.dsn("postgres"))
    try:
        await connection.execute(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY file_copy")
        yield cluster.dsn(name)
        await connection.execute(f"DROP DATABASE {name} WITH (FORCE)")
    finally:
        await connection.close()

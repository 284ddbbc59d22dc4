"""PostgreSQL clusters of tests, each in a folder of its own, and the databases in them: clones of a migrated template."""

from __future__ import annotations

import asyncio
import os
import tempfile
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import asyncpg

from interlock.store.embedded import EmbeddedPostgres
from interlock.store.migrate import migrate

_databases = iter(range(1_000_000))


@contextmanager
def running_cluster(settings: Mapping[str, str] | None = None) -> Iterator[EmbeddedPostgres]:
    """A PostgreSQL that runs until the block ends, and leaves nothing behind."""
    with tempfile.TemporaryDirectory(prefix="interlock-tests-", ignore_cleanup_errors=True) as folder:
        postgres = EmbeddedPostgres(Path(folder) / "data", settings)
        postgres.start()
        try:
            yield postgres
        finally:
            postgres.stop()


def template_in(cluster: EmbeddedPostgres, name: str) -> str:
    """A new migrated database of this name, to be cloned; the name."""

    async def make() -> None:
        connection = await asyncpg.connect(cluster.dsn("postgres"))
        try:
            await connection.execute(f"CREATE DATABASE {name}")
        finally:
            await connection.close()
        await migrate(cluster.dsn(name))

    asyncio.run(make())
    return name


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

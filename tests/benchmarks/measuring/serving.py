"""Server processes of peers: each is told its database by the environment, and says its port when it is ready."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

POOL = 10
"""Connections to the database that every server has, as ours has."""


@dataclass(frozen=True)
class Served:
    """A server that listens on this machine, and its process."""

    port: int
    pid: int


@asynccontextmanager
async def served(
    database: str, schema: str, *command: str | Path, folder: Path | None = None, **more: str
) -> AsyncIterator[Served]:
    """Run a peer's server until the block ends; what it complains of goes to our own standard error.

    ``more`` is for its environment.
    """
    environment = {"DATABASE_URL": database, "SCHEMA": schema, "POOL_SIZE": str(POOL), "NODE_ENV": "production"}
    process = await asyncio.create_subprocess_exec(
        *command, cwd=folder, env=os.environ | environment | more, stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    try:
        said = (await process.stdout.readline()).decode().strip()
        if not said.isdigit():
            raise RuntimeError(f"{' '.join(map(str, command))} did not start: {said}")
        yield Served(int(said), process.pid)
    finally:
        with suppress(ProcessLookupError):
            process.terminate()
        await process.wait()

"""What benchmarks stand on: a PostgreSQL with its default durability, and a real server process of ours."""

from __future__ import annotations

import asyncio
import shutil
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import asyncpg
import httpx
import psutil

from interlock.store.embedded import EmbeddedPostgres
from support.api import Client

_MOMENT = 1.0
_IDLE = 20.0
"""Per cent of a core: its ticks cost a few."""


@dataclass
class Ground:
    """A server, an admin's client of it, and a connection to its database past it (as the application's role).

    ``database`` is where its superuser connects to, ``pid`` is the server's process.
    """

    client: Client
    bare: asyncpg.Connection[asyncpg.Record]
    database: str
    pid: int


@asynccontextmanager
async def ground() -> AsyncIterator[Ground]:
    """Start everything in a folder of its own, and leave nothing behind."""
    folder = Path(tempfile.mkdtemp(prefix="interlock-bench-"))
    server = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "interlock.cli", "serve", "--port", "0", "--data-dir", str(folder / "data"),
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    assert server.stdout is not None
    try:
        while b"Interlock serves " not in (line := await server.stdout.readline()):
            assert line, "the server ended"
        url = line.decode().split()[-1].removesuffix("/graphql")
        postgres = EmbeddedPostgres(folder / "data" / "postgres")
        database = await asyncio.to_thread(postgres.start)
        bare = await asyncpg.connect(database, server_settings={"search_path": "interlock", "timezone": "UTC"})
        await bare.execute("SET ROLE interlock_app")
        async with httpx.AsyncClient(timeout=600) as http:
            client = Client(http, url, (folder / "data" / "admin.key").read_text().strip())
            yield Ground(client, bare, database, server.pid)
        await bare.close()
        postgres.stop()
    finally:
        server.terminate()
        await server.wait()
        shutil.rmtree(folder, ignore_errors=True)


async def at_rest(pid: int) -> None:
    """Back when the process has nothing to catch up with: after a load, a server reads what its feed has missed."""
    process = psutil.Process(pid)
    process.cpu_percent()
    while True:
        await asyncio.sleep(_MOMENT)
        if process.cpu_percent() < _IDLE:
            return

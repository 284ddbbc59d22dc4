"""Databases of several sizes in one PostgreSQL with its delivered settings, and a server on each of them."""

from __future__ import annotations

import asyncio
import os
import shutil
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import asyncpg

from benchmarks.queues.http import Http
from interlock.store.connection import Connection
from interlock.store.database import Database
from interlock.store.embedded import EmbeddedPostgres
from interlock.store.migrate import migrate
from support.population import AT_REST, populate
from support.storing import manager

_ACTIVATE = (
    "mutation ($input: ActivateManagerInput!) { activateManager(input: $input) { manager { id } errors { message } } }"
)


def told(text: str) -> None:
    print(text, file=sys.stderr, flush=True)  # noqa: T201 - progress


@dataclass(frozen=True)
class Size:
    """So many records: a connection of the application's role with a manager, and the server with one of its own."""

    number: int
    connection: Connection
    manager: int
    port: int
    pid: int
    viewer: str
    worker: str
    worker_id: str
    """Keys, and the manager that the worker's key speaks for."""

    async def http(self) -> Http:
        return await Http.connect(f"http://127.0.0.1:{self.port}/graphql", self.worker)


@asynccontextmanager
async def cluster() -> AsyncIterator[EmbeddedPostgres]:
    """PostgreSQL in a folder of its own, of which nothing is left behind."""
    folder = Path(tempfile.mkdtemp(prefix="interlock-bench-"))
    postgres = EmbeddedPostgres(folder / "postgres")
    await asyncio.to_thread(postgres.start)
    try:
        yield postgres
    finally:
        await asyncio.to_thread(postgres.stop)
        shutil.rmtree(folder, ignore_errors=True)


async def create(postgres: EmbeddedPostgres, name: str, template: str = "template1") -> None:
    admin = await asyncpg.connect(postgres.dsn("postgres"))
    await admin.execute(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY file_copy")
    await admin.close()


async def fill(postgres: EmbeddedPostgres, numbers: Sequence[int]) -> None:
    """A database ``of_NUMBER`` for each of the numbers."""
    for number in numbers:
        await create(postgres, f"of_{number}")
        await migrate(postgres.dsn(f"of_{number}"))
        began = time.perf_counter()

        def progress(done: int, began: float = began, number: int = number) -> None:
            if done % 1_000_000 == 0 or done == number:
                told(f"{done:,} of {number:,} records loaded after {time.perf_counter() - began:,.0f} s")

        await populate(postgres.dsn(f"of_{number}"), number, AT_REST, progress)
        told(f"{number:,} records indexed, guarded and analysed after {time.perf_counter() - began:,.0f} s")


@asynccontextmanager
async def connected(postgres: EmbeddedPostgres, name: str) -> AsyncIterator[tuple[Connection, int]]:
    """A connection as the server's are, and a manager to claim with."""
    database = await Database.open(postgres.dsn(name))
    connection = await database.connect()
    try:
        yield connection, await manager(connection, "bench")
    finally:
        await connection.close()
        await database.close()


async def _command(url: str, *command: str) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        sys.executable, "-m", "interlock.cli", *command, env=os.environ | {"INTERLOCK_DATABASE_URL": url},
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL,
    )  # fmt: skip


async def _key(url: str, role: str) -> str:
    said, _ = await (await _command(url, "keys", "create", "--name", f"bench-{role}", "--role", role)).communicate()
    return said.decode().split()[-1]


@asynccontextmanager
async def _served(url: str) -> AsyncIterator[tuple[int, int]]:
    """A server's port and process."""
    server = await _command(url, "serve", "--port", "0")
    assert server.stdout is not None
    try:
        while not (line := (await server.stdout.readline()).decode()).rstrip().endswith("/graphql"):
            assert line, "the server did not start"
        yield int(line.rstrip().removesuffix("/graphql").rsplit(":", 1)[1]), server.pid
    finally:
        server.terminate()
        await server.wait()


@asynccontextmanager
async def up(postgres: EmbeddedPostgres, number: int) -> AsyncIterator[Size]:
    """The database of so many records, with its server."""
    url = postgres.dsn(f"of_{number}")
    async with AsyncExitStack() as stack:
        viewer, worker = await _key(url, "VIEWER"), await _key(url, "MANAGER")
        port, pid = await stack.enter_async_context(_served(url))
        connection, own = await stack.enter_async_context(connected(postgres, f"of_{number}"))
        http = await Http.connect(f"http://127.0.0.1:{port}/graphql", worker)
        given = {"name": "bench by HTTP", "tags": ["*"], "programs": []}
        worker_id = str((await http.call(_ACTIVATE, given))["manager"]["id"])
        http.close()
        yield Size(number, connection, own, port, pid, viewer, worker, worker_id)

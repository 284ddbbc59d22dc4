"""The world in which things go wrong: a durable PostgreSQL, a proxy before it, and real server processes.

    async with World() as world:
        await world.servers[0].kill()

Every part can fail and be brought back; :meth:`World.heal` brings everything back, whatever happened.
"""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import sys
import tempfile
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from pathlib import Path
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit

import asyncpg

from chaos.clock import Clock
from chaos.disk import Disk
from chaos.proxy import Proxy, proxied
from chaos.server import Server
from interlock.domain.kinds import KindRegistry
from interlock.domain.roles import Role
from interlock.service.core import Core
from interlock.service.identity import create_key
from interlock.settings import Settings
from interlock.store.database import Database
from interlock.store.embedded import EmbeddedPostgres, EmbeddedPostgresError
from interlock.store.migrate import migrate
from support.api import Api

NEMESIS = "nemesis"
"""How the names begin of principals and managers that moves make use of, and the tags of their records."""
COMMAND = (sys.executable, "-m", "interlock.cli", "serve")
LEASE = 2
"""Seconds: as short as managers of a test ask for."""
DEADLINE = 6.0
"""Seconds that an operation may take."""
DRAIN = 3.0
"""Seconds that a server takes at most to end, when told to."""
SOON = {"backoff": 0.2, "factor": 1.5, "longest": 1.0}
SETTINGS: Mapping[str, str] = {
    "LEASE_SHORTEST": "1",
    "UPKEEP_INTERVAL": "0.2",
    "OPERATION_TIMEOUT": str(DEADLINE),
    "DRAIN_TIMEOUT": str(DRAIN),
    "RETRY_POLICY": json.dumps(
        [
            *({"error_type": lost, "retries": 1_000, **SOON} for lost in ("lease_expired", "manager_left")),
            {"error_type": "worker_lost", "retries": 1_000, **SOON},
            {"error_type": "*", "retries": 0},
        ]
    ),
}
"""Of the servers, without their prefix: everything that waits for a clock comes soon."""
TAKEN_AWAY = (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError)
"""What the driver raises when a fault takes the database away."""
_REVIVAL = 60.0
_BETWEEN = 0.05


class World:
    """``servers``: how many; ``command``: what starts one; ``settings`` and ``postgres``: over the usual ones.

    ``disk``: where everything is written, logs too; ``clock``: that of PostgreSQL.
    """

    def __init__(
        self,
        servers: int = 2,
        *,
        command: Sequence[str] = COMMAND,
        settings: Mapping[str, str] | None = None,
        postgres: Mapping[str, str] | None = None,
        disk: Disk | None = None,
        clock: Clock | None = None,
    ) -> None:
        self.command = tuple(command)
        self.settings = {**SETTINGS, **(settings or {})}
        self.servers: list[Server] = []
        self.keys: dict[Role, str] = {}
        self.postgres: EmbeddedPostgres
        self.proxy: Proxy
        self._count = servers
        self._postgres_settings = dict(postgres or {})
        self.disk = disk
        self.clock = clock
        self._named: dict[str, str] = {}
        self._stack = AsyncExitStack()

    async def __aenter__(self) -> Self:
        try:
            await self._make()
        except BaseException:
            await self._stack.aclose()
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._stack.aclose()

    async def _make(self) -> None:
        self.folder = Path(
            tempfile.mkdtemp(prefix="interlock-chaos-", dir=None if self.disk is None else self.disk.folder)
        )
        self._stack.callback(shutil.rmtree, self.folder, ignore_errors=True)
        self.postgres = EmbeddedPostgres(self.folder / "postgres", self._postgres_settings)
        if self.clock is not None:
            self._stack.enter_context(self.clock.of_postgres())
        self._stack.push_async_callback(asyncio.to_thread, self.postgres.stop)
        dsn = await asyncio.to_thread(self.postgres.start)
        await migrate(dsn)
        for role in Role:
            self.keys[role] = await self.key(role.lower(), role)
            await self.key(f"{NEMESIS}-{role.lower()}", role)
        (place,) = parse_qs(urlsplit(dsn).query)["host"]
        self.proxy = await self._stack.enter_async_context(proxied(Path(place) / ".s.PGSQL.5432"))
        self._stack.push_async_callback(self._kill_servers)
        await asyncio.gather(*(self.add_server().start() for _ in range(self._count)))

    def add_server(self, command: Sequence[str] | None = None, **environment: str) -> Server:
        """One more server, which is not started yet; ``environment``: over the usual one."""
        log = self.folder / f"server-{len(self.servers)}.log"
        server = Server(command or self.command, self.environment(**environment), log)
        self.servers.append(server)
        return server

    def environment(self, **more: str) -> dict[str, str]:
        """That of a server or another command on the database, through the proxy."""
        ours = {name: value for name, value in os.environ.items() if not name.startswith(("INTERLOCK_", "PG"))}
        settings = {f"INTERLOCK_{name}": value for name, value in self.settings.items()}
        return ours | settings | {"INTERLOCK_DATABASE_URL": self.proxy.url} | more

    async def key(self, name: str, role: Role) -> str:
        """The key of the principal of this name, made when it is first asked for."""
        if name not in self._named:
            database = await Database.open(self.postgres.dsn(), size=2)
            try:
                made = await create_key(Core(database, Settings(), KindRegistry({})), name, role)
            finally:
                await database.close()
            self._named[name] = made.secret
        return self._named[name]

    @asynccontextmanager
    async def api(self, server: int = 0) -> AsyncIterator[Api]:
        """A client for every role of one of the servers."""
        async with Api.of(self.servers[server].url, self.keys) as api:
            yield api

    @asynccontextmanager
    async def psql(self, within: float = _REVIVAL) -> AsyncIterator[asyncpg.Connection[Any]]:
        """The database's superuser, past the proxy, once PostgreSQL takes connections."""
        async with asyncio.timeout(within):
            connection = await self._connected()
        try:
            yield connection
        finally:
            with suppress(*TAKEN_AWAY):
                await connection.close(timeout=5)

    async def _connected(self) -> asyncpg.Connection[Any]:
        session = {"search_path": "interlock", "timezone": "UTC", "application_name": "psql"}
        while True:
            try:
                return await asyncpg.connect(self.postgres.dsn(), server_settings=session, timeout=5)
            except (OSError, asyncpg.PostgresError):
                await asyncio.sleep(_BETWEEN)

    async def revive(self, within: float = _REVIVAL) -> None:
        """PostgreSQL runs and takes connections, whatever had become of it. Raises TimeoutError."""
        async with asyncio.timeout(within):
            while True:
                with suppress(EmbeddedPostgresError, TimeoutError):  # it goes down, recovers, or has no room yet
                    await asyncio.to_thread(self.postgres.ensure_running)
                    async with self.psql(within=1):
                        return
                await asyncio.sleep(_BETWEEN)

    async def heal(self, within: float = _REVIVAL) -> None:
        """Everything runs again, and nothing is in the way: back when all servers say that they are ready."""
        self.proxy.heal()
        await self.revive(within)
        await asyncio.gather(*(server.start(within) for server in self.servers))
        await asyncio.gather(*(server.ready(within) for server in self.servers))

    async def _kill_servers(self) -> None:
        for server in self.servers:
            if server.running:
                await server.kill()

    def faults(self) -> list[dict[str, Any]]:
        """What the servers' logs have of errors that they did not expect: there are to be none."""
        found = []
        for server in self.servers:
            for line in server.log.read_text().splitlines() if server.log.exists() else ():
                entry = _entry(line)
                in_words = line.startswith("interlock: ")  # why it does not start: its database is away
                if entry.get("level") in {"error", "critical"} and not in_words:
                    found.append(entry)
        return found


def _entry(line: str) -> dict[str, Any]:
    """What a line of a log says; nothing, where a server was killed while it wrote it, and the next one wrote on."""
    if not line.startswith("{"):
        return {"level": "error", "event": line}
    try:
        return dict(json.loads(line))
    except json.JSONDecodeError:
        return {}

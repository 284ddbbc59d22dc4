"""Serving: the database is found or started, the keys are seen to, and uvicorn runs the application."""

from __future__ import annotations

import asyncio
import errno
import gc
import ipaddress
import os
import resource
import signal
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import structlog
import uvicorn

from interlock.api.http.connections import impatient
from interlock.api.live.protocol import OpenFrames
from interlock.api.trusted import TrustedDocuments
from interlock.app import running, web
from interlock.domain.errors import InterlockError, Unavailable
from interlock.domain.roles import Role
from interlock.folders import make_folder
from interlock.service.core import Core
from interlock.service.drain import Drain
from interlock.service.identity import create_key, roles_with_keys
from interlock.settings import Settings
from interlock.store.embedded import EmbeddedPostgres
from interlock.store.migrate import migrate

log = structlog.get_logger()

_LEAVE = (signal.SIGTERM, signal.SIGINT)
_SUPERVISION_INTERVAL = 1.0
_PARTING = 3
"""Seconds in which a request that was given up ends: its connection to the database may be silent."""
_SELDOM = (50_000, 50, 100)
"""Python's own: (700, 10, 10)."""


class CannotListen(InterlockError):
    """The port is taken, or the address is not of this machine."""

    code = "CANNOT_LISTEN"


@asynccontextmanager
async def database(settings: Settings, on_new: Callable[[Path], object] = lambda _folder: None) -> AsyncIterator[str]:
    """The URL of the database: the one that is set, or the embedded one, started, migrated and supervised.

    ``on_new`` is told the folder, before an embedded database is made where there was none.
    """
    if settings.database_url is not None:
        yield settings.database_url
        return
    if fault := make_folder(settings.data_dir):
        raise Unavailable(fault)
    for name in [name for name in os.environ if name.startswith("PG")]:
        del os.environ[name]  # what was meant for another server would mislead the driver
    postgres = EmbeddedPostgres(settings.data_dir / "postgres")
    if not postgres.is_made:
        on_new(settings.data_dir)
    url = await _started(postgres)
    supervisor = asyncio.create_task(_supervise(postgres))
    try:
        await migrate(url)
        yield url
    finally:
        supervisor.cancel()
        await asyncio.gather(supervisor, return_exceptions=True)
        await asyncio.to_thread(postgres.stop)


async def _started(postgres: EmbeddedPostgres) -> str:
    """Its URL. Whoever is told to stop meanwhile waits until it is up, and ends it: else it would stay behind."""
    starting = asyncio.ensure_future(asyncio.to_thread(postgres.start))
    try:
        return await asyncio.shield(starting)
    except asyncio.CancelledError:
        await starting
        await asyncio.to_thread(postgres.stop)
        raise


async def _supervise(postgres: EmbeddedPostgres) -> None:
    """PostgreSQL is not our child, so nothing tells us when it dies: look, and start it again."""
    while True:
        await asyncio.sleep(_SUPERVISION_INTERVAL)
        if await asyncio.to_thread(postgres.ensure_running):
            log.warning("postgresql had died and was started again")


def is_loopback(host: str) -> bool:
    """Whether nobody outside this machine can reach the address."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


async def _first_key(core: Core, settings: Settings) -> Path | None:
    """An admin key, where there is none yet and nobody else can come; the file that it is in."""
    roles = await roles_with_keys(core)
    if Role.ADMIN in roles:
        return None
    if settings.database_url is not None or not is_loopback(settings.host):
        if roles:
            return None
        raise InterlockError(
            "There are no API keys yet, and without them nobody could get in. Make one: "
            "`interlock keys create --name admin --role ADMIN`, then start again."
        )
    path = settings.data_dir / "admin.key"
    made = await create_key(core, "admin", Role.ADMIN)
    file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    os.fchmod(file, 0o600)
    with os.fdopen(file, "w") as out:
        out.write(made.secret + "\n")
    return path


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # said to be TCP, so that asyncio sees it is and switches Nagle's delay off for its connections
    listening = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((host, port))
    except OSError as error:
        listening.close()
        remedy = (
            "an address of this machine with --host, such as 127.0.0.1"
            if isinstance(error, socket.gaierror) or error.errno == errno.EADDRNOTAVAIL
            else "another with --port"
        )
        raise CannotListen(f"Cannot listen on {host}:{port} ({error.strerror}). Choose {remedy}.") from error
    return listening


async def serve(
    settings: Settings, started: Callable[[str, Path | None], None], on_new: Callable[[Path], object]
) -> None:
    """Serve until SIGTERM or SIGINT; ``started`` is told the URL, and the file of a key made on first start.

    ``on_new`` is told the folder in which a database is going to be made.

    Raises InterlockError (Unavailable, CannotListen, …) and EmbeddedPostgresError with what to do.
    """
    TrustedDocuments(settings)  # before anything is made
    _open_files()
    listening = _listen(settings.host, settings.port)
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    starting = asyncio.current_task()
    assert starting is not None

    def leave() -> None:
        """Before it serves: whatever it waits for."""
        if not stop.is_set():
            stop.set()
            starting.cancel()

    for number in _LEAVE:
        loop.add_signal_handler(number, leave)
    try:
        async with database(settings, on_new) as url, running(settings, url) as services:
            key_file = await _first_key(services.core, settings)
            gc.collect()
            gc.freeze()  # what is here now stays: no collection need look at it
            server = uvicorn.Server(
                uvicorn.Config(
                    web(services),
                    log_config=None,
                    access_log=False,
                    proxy_headers=False,  # nothing asks where a request came from
                    server_header=False,
                    lifespan="off",
                    http=impatient(settings),
                    ws=OpenFrames,
                    ws_ping_interval=settings.idle_heartbeat,
                    ws_ping_timeout=settings.send_timeout,
                    ws_max_size=settings.max_message,
                    ws_per_message_deflate=False,
                    timeout_keep_alive=settings.keep_alive,
                )
            )
            server.install_signal_handlers = lambda: None  # type: ignore[attr-defined,method-assign,unused-ignore]
            _spare_the_collector()
            serving = asyncio.create_task(_until_done(server, listening))
            host = f"[{settings.host}]" if ":" in settings.host else settings.host
            for number in _LEAVE:
                loop.add_signal_handler(number, stop.set)
            listening.listen()  # what is announced can be reached: until uvicorn accepts, the kernel keeps callers
            started(f"http://{host}:{listening.getsockname()[1]}", key_file)
            stopping = asyncio.create_task(stop.wait())
            await asyncio.wait({serving, stopping}, return_when=asyncio.FIRST_COMPLETED)
            stopping.cancel()
            await _drain(server, serving, services.drain, settings.drain_timeout)
    except asyncio.CancelledError:
        if not stop.is_set():
            raise
        starting.uncancel()  # told to stop before it served
    finally:
        listening.close()


async def _drain(server: uvicorn.Server, serving: asyncio.Task[None], drain: Drain, seconds: float) -> None:
    """First those who follow are told, and go; then requests under way are waited for. All in so many seconds.

    What is not done then is given up, and told so; uvicorn would do that without a word.
    """
    loop = asyncio.get_running_loop()
    until = loop.time() + seconds
    log.info("draining", seconds=seconds)
    drain.begin()
    if left := await drain.over(seconds):
        log.warning("sockets cut", sockets=left, reason="they did not take leave in time")
    rest = max(1.0, until - loop.time())
    server.config.timeout_graceful_shutdown = round(rest) + _PARTING
    server.should_exit = True
    if not (await asyncio.wait({serving}, timeout=rest))[0]:
        under_way = list(server.server_state.tasks)
        log.warning("requests given up", requests=len(under_way), reason="they were not done in time")
        drain.hurried = True
        for task in under_way:
            task.cancel()
    await serving


def _spare_the_collector() -> None:
    """What is there at the start stays, and what requests make has hardly a cycle: look for those seldom.

    As Python sets it, every thousand rows of a bulk call are a reason to walk over all events that the feed keeps,
    which was half of the server's time.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(*_SELDOM)


def _open_files() -> None:
    """As many sockets as the system lets us have: by default a process may have a thousand or fewer."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    with suppress(ValueError, OSError):  # macOS has a limit of its own below what it says
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


async def _until_done(server: uvicorn.Server, listening: socket.socket) -> None:
    await server.serve(sockets=[listening])

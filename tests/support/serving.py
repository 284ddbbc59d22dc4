"""A server that really listens, in the test's own process."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import uvicorn

from interlock.api.context import Services
from interlock.api.http.connections import impatient
from interlock.api.live.protocol import OpenFrames
from interlock.app import web
from interlock.domain.roles import Role
from interlock.service.identity import create_key
from support.api import Api


def _bare(app: Any) -> Any:
    return app


@asynccontextmanager
async def listening(services: Services, around: Callable[[Any], Any] = _bare) -> AsyncIterator[str]:
    """Serve on a free port of the loopback until the block ends; its URL. ``around`` may wrap the application."""
    sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    sock.bind(("127.0.0.1", 0))
    sock.listen(128)
    config = uvicorn.Config(
        around(web(services)),
        log_config=None,
        lifespan="off",
        http=impatient(services.core.settings),
        ws=OpenFrames,
        timeout_keep_alive=services.core.settings.keep_alive,
        ws_max_size=services.core.settings.max_message,
        ws_per_message_deflate=False,
        timeout_graceful_shutdown=1,
    )
    server = uvicorn.Server(config)
    task = asyncio.create_task(server._serve([sock]))
    try:
        yield f"http://127.0.0.1:{sock.getsockname()[1]}"
    finally:
        services.drain.begin()
        server.should_exit = True
        await task
        sock.close()


@asynccontextmanager
async def connected(url: str, services: Services) -> AsyncIterator[Api]:
    """A client for every role, each with a key of its own."""
    keys = {role: (await create_key(services.core, role.lower(), role)).secret for role in Role}
    async with Api.of(url, keys) as api:
        yield api

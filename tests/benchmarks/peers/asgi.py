"""Serving a peer's ASGI application: uvicorn on uvloop and httptools, without logs, as ours is served."""

from __future__ import annotations

import os
import socket
from typing import Any

import uvicorn

DATABASE_URL = os.environ.get("DATABASE_URL", "")
SESSION = {
    "search_path": os.environ.get("SCHEMA", ""),
    "timezone": "UTC",
    "jit": "off",
    "plan_cache_mode": "force_generic_plan",
}
"""As ours."""
POOL_SIZE = int(os.environ.get("POOL_SIZE", "1"))


async def serve(app: Any) -> None:
    """Say the port, and serve until the process is ended."""
    listening = socket.create_server(("127.0.0.1", 0))
    print(listening.getsockname()[1], flush=True)  # noqa: T201 - told to whoever started us
    config = uvicorn.Config(app, loop="uvloop", http="httptools", log_config=None, access_log=False, lifespan="off")
    await uvicorn.Server(config).serve(sockets=[listening])

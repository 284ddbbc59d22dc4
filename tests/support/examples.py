"""Running the client examples as people run them: as processes, with the server and the key in their environment."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from support.api import Client

EXAMPLES = Path(__file__).parents[2] / "client_examples"
# The examples are about curl; in CI one that is missing fails the test by itself.
needs_curl = pytest.mark.skipif(shutil.which("curl") is None and "CI" not in os.environ, reason="needs curl")


@asynccontextmanager
async def running(
    client: Client, *command: str | Path, cwd: Path | None = None
) -> AsyncIterator[asyncio.subprocess.Process]:
    process = await asyncio.create_subprocess_exec(
        *command,
        cwd=cwd,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        start_new_session=True,
        env={**os.environ, "INTERLOCK_URL": client.url, "INTERLOCK_API_KEY": client.key},
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            os.killpg(process.pid, signal.SIGKILL)  # a shell, and what it has started
            await process.wait()


async def output(process: asyncio.subprocess.Process) -> str:
    """All that it says until it ends."""
    async with asyncio.timeout(60):
        out, _ = await process.communicate()
    return out.decode()

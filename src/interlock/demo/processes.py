"""The server and the manager, each a process of its own that ends with the demo."""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import NoReturn

from interlock.demo.failure import DemoFailed

_PATIENCE = 20.0
"""Seconds that a child has to end by itself when it is asked to."""


class Child:
    """A running ``interlock`` command."""

    def __init__(self, name: str, process: asyncio.subprocess.Process, log: Path) -> None:
        self.name = name
        self._process = process
        self._log = log

    async def line(self) -> str:
        """The next line that it prints. Raises DemoFailed when it ends before."""
        assert self._process.stdout is not None
        line = (await self._process.stdout.readline()).decode().strip()
        if not line:
            await self.ended()
        return line

    async def ended(self) -> NoReturn:
        """Wait for an end that nobody asked for. Raises DemoFailed with what it said last."""
        assert self._process.stdout is not None
        await self._process.stdout.read()  # it may never wait for us to read
        code = await self._process.wait()
        last = self._log.read_text(errors="replace").strip().splitlines()[-5:]
        raise DemoFailed("\n  ".join([f"The {self.name} ended (status {code}). Its log, {self._log}, says:", *last]))

    async def stop(self) -> None:
        """Ask it to end, and wait until it has."""
        with contextlib.suppress(ProcessLookupError):
            self._process.terminate()
        try:
            await asyncio.wait_for(self._process.wait(), _PATIENCE)
        except TimeoutError:
            self.kill()
            await self._process.wait()

    def kill(self) -> None:
        """End it now."""
        with contextlib.suppress(ProcessLookupError):
            self._process.kill()


@contextlib.asynccontextmanager
async def child(
    name: str, *arguments: str, log: Path, linger: float = 0, environment: Mapping[str, str] | None = None
) -> AsyncIterator[Child]:
    """Run ``interlock ARGUMENTS`` until the block ends; ``linger``: seconds that it outlives a demo that was killed."""
    # The demo sets up everything itself: what is set for another server must not lead it there.
    inherited = {key: value for key, value in os.environ.items() if not key.startswith("INTERLOCK_")}
    with log.open("wb") as out:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-P", "-m", "interlock.demo.child", str(linger), *arguments,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=out,
            env={**inherited, "PYTHONUNBUFFERED": "1", **(environment or {})},
            start_new_session=True,  # Ctrl-C reaches the demo alone, which then stops its children in order
        )  # fmt: skip
    running = Child(name, process, log)
    try:
        yield running
    finally:
        await running.stop()

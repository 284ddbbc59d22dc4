"""A process that works off queues, ours or a peer's: told how many jobs, it says how long enqueueing and draining took."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

from benchmarks.measuring.pairs import Timed


class Worker:
    """One such process, warm from one run to the next."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self.enqueued: list[float] = []
        """Jobs a second, of every run."""

    def draining(self, jobs: int, *options: int) -> Timed:
        """Enqueue so many jobs and work them off; the rate is that of the second half."""

        async def timed() -> float:
            assert self._process.stdin is not None
            assert self._process.stdout is not None
            self._process.stdin.write((" ".join(map(str, (jobs, *options))) + "\n").encode())
            said = await self._process.stdout.readline()
            if not said:
                raise RuntimeError("the process ended; what it complained of stands above")
            seconds = json.loads(said)
            self.enqueued.append(jobs / seconds["enqueue"])
            return float(jobs / seconds["drain"])

        return timed


@asynccontextmanager
async def worker(*command: str | Path, folder: Path | None = None) -> AsyncIterator[Worker]:
    """Run the command until the block ends."""
    process = await asyncio.create_subprocess_exec(
        *command, cwd=folder, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
    )
    try:
        yield Worker(process)
    finally:
        with suppress(ProcessLookupError):
            process.terminate()
        await process.wait()

"""A real server process: killed, told to end, started again on its port, as a supervisor of services would."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

import httpx

_SERVES = "Interlock serves "
_PATIENCE = 60.0
"""Seconds for a server to come up, while its database may be away."""
_BETWEEN = 0.05
"""Seconds between two looks at what is in another process."""


class Server:
    """One process of ``command``, whose standard error goes to ``log``."""

    def __init__(self, command: Sequence[str], environment: Mapping[str, str], log: Path) -> None:
        self.command = command
        self.environment = environment
        self.log = log
        self.port = 0
        self._process: asyncio.subprocess.Process | None = None
        self._turn = asyncio.Lock()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def running(self) -> bool:
        return self._process is not None and self._process.returncode is None

    @property
    def pid(self) -> int:
        """Of the process that runs, or ran last."""
        assert self._process is not None, "it was never started"
        return self._process.pid

    async def start(self, within: float = _PATIENCE) -> None:
        """Run it, if it does not run, until it serves; one that ends (its database is away) is started again."""
        async with self._turn, asyncio.timeout(within):
            while not self.running:
                process = await self._spawned()
                if await self._serves(process):
                    self._process = process
                else:
                    await process.wait()
                    await asyncio.sleep(_BETWEEN)

    async def _spawned(self) -> asyncio.subprocess.Process:
        with self.log.open("ab") as log:
            return await asyncio.create_subprocess_exec(
                *self.command,
                "--port",
                str(self.port),
                env=self.environment,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.PIPE,
                stderr=log,
            )

    async def _serves(self, process: asyncio.subprocess.Process) -> bool:
        assert process.stdout is not None
        try:
            while line := (await process.stdout.readline()).decode():
                if line.startswith(_SERVES):
                    self.port = int(line.rstrip().removesuffix("/graphql").rpartition(":")[2])
                    return True
        except BaseException:
            process.kill()
            raise
        return False

    async def kill(self) -> None:
        """As ``kill -9`` does; back when it is dead."""
        await self._end(signal.SIGKILL)

    async def terminate(self, within: float = _PATIENCE) -> int:
        """SIGTERM; back with its exit code. Raises TimeoutError."""
        async with asyncio.timeout(within):
            return await self._end(signal.SIGTERM)

    async def _end(self, number: signal.Signals) -> int:
        assert self._process is not None, "it was never started"
        with suppress(ProcessLookupError):
            os.kill(self._process.pid, number)
        return await self._process.wait()

    @contextmanager
    def hanging(self) -> Iterator[None]:
        """Until the block ends the process stands still, as one that swaps or whose machine is paused."""
        pid = self.pid
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGSTOP)
        try:
            yield
        finally:
            with suppress(ProcessLookupError):  # it was killed meanwhile
                os.kill(pid, signal.SIGCONT)

    async def ready(self, within: float = 30.0) -> None:
        """Back when it says that it is ready. Raises TimeoutError."""
        async with asyncio.timeout(within), httpx.AsyncClient(timeout=within) as http:
            while not await self._says_ready(http):  # noqa: ASYNC110 - it is another process
                await asyncio.sleep(_BETWEEN)

    async def _says_ready(self, http: httpx.AsyncClient) -> bool:
        try:
            answer = await http.get(f"{self.url}/readyz")
        except httpx.HTTPError:
            return False
        return answer.status_code == httpx.codes.OK

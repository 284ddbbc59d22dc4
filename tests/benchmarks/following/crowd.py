"""Many followers in a process of their own, told what to do by lines of JSON, and answering each with one.

``open`` (port, key, payloads, count) opens sockets whose subscriptions have these payloads in turn; ``until`` waits
until each of them has had so many messages; ``trigger`` has a bare server send so often, each time to all;
``delays`` notes the delays of what comes in so many seconds.
"""

from __future__ import annotations

import asyncio
import gc
import json
import resource
import statistics
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

import uvloop

from benchmarks.following.socket import Follower

_AT_ONCE = 50
_PATIENCE = 60.0


class Crowd:
    """The other end: the benchmark's view of the process."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    async def say(self, command: str, **given: Any) -> Any:
        """Have a command done. Raises RuntimeError if the process ended instead."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps({"command": command, **given}).encode() + b"\n")
        said = await self._process.stdout.readline()
        if not said:
            raise RuntimeError("the followers' process ended; what it complained of stands above")
        return json.loads(said)

    @classmethod
    @asynccontextmanager
    async def of(cls, port: int, key: str, payloads: list[dict[str, Any]], count: int) -> AsyncIterator[Crowd]:
        """So many followers of a server, all subscribed."""
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", __name__, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, limit=1 << 24
        )
        try:
            crowd = cls(process)
            await crowd.say("open", port=port, key=key, payloads=payloads, count=count)
            yield crowd
        finally:
            with suppress(ProcessLookupError):
                process.terminate()
            await process.wait()


class _Members:
    """The followers of this process."""

    def __init__(self) -> None:
        self._all: list[Follower] = []

    async def open(self, port: int, key: str, payloads: list[dict[str, Any]], count: int) -> None:
        turns = asyncio.Semaphore(_AT_ONCE)
        loop = asyncio.get_running_loop()

        async def one(number: int) -> Follower:
            async with turns:
                payload = payloads[number % len(payloads)]
                _, follower = await loop.create_connection(lambda: Follower(port, key, payload), "127.0.0.1", port)
                await follower.ready
                return follower

        self._all = list(await asyncio.gather(*(one(number) for number in range(count))))
        gc.freeze()

    async def until(self, each: int) -> None:
        """Wait until every one has had so many messages since it was opened."""
        async with asyncio.timeout(_PATIENCE):
            while any(one.received < each for one in reversed(self._all)):  # noqa: ASYNC110 - events would cost more
                await asyncio.sleep(0.0005)

    async def trigger(self, times: int) -> None:
        for _ in range(times):
            each = self._all[0].received + 1
            self._all[0].trigger()
            await self.until(each)

    async def delays(self, seconds: float) -> dict[str, float]:
        found: list[float] = []
        for one in self._all:
            one.delays = found
        await asyncio.sleep(seconds)
        for one in self._all:
            one.delays = None
        return {"count": len(found), "median": statistics.median(found), "p99": statistics.quantiles(found, n=100)[98]}


async def _main() -> None:
    members = _Members()
    loop = asyncio.get_running_loop()
    while line := await loop.run_in_executor(None, sys.stdin.readline):
        given = json.loads(line)
        answer = await getattr(members, given.pop("command"))(**given)
        print(json.dumps(answer), flush=True)  # noqa: T201 - the answer


if __name__ == "__main__":
    _, _most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (_most, _most))
    gc.disable()  # nothing here has cycles
    uvloop.run(_main())

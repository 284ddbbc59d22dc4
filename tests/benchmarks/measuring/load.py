"""A load of HTTP requests over connections that stay open, cheap enough not to be what is measured.

The load comes from a process of its own, on one thread, with all bytes made beforehand; of an answer it reads no
more than where it ends and its status, and of one in fifty the whole. As each slice of load has fresh connections,
nobody's idle timeout matters between slices.
"""

from __future__ import annotations

import asyncio
import gc
import itertools
import json
import random
import sys
import time
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import asdict, dataclass
from typing import Any, cast

import psutil
import uvloop

_WARM_UP = 0.25
"""Seconds at the start of a slice that do not count; longer where not every connection has had an answer by then."""
_FEWEST = 48
"""Answers in a slice, however long that takes."""
_LOOKED_AT = 50
_PATIENCE = 30.0
"""Seconds for what a slice waits for."""


@dataclass(frozen=True)
class Target:
    """Where the load goes: a port of this machine, the process behind it, and the bodies that are posted in turn."""

    port: int
    pid: int
    headers: Mapping[str, str]
    bodies: Sequence[str]
    connections: int = 32

    def requests(self) -> list[bytes]:
        """Every request whole."""
        head = "".join(f"{name}: {value}\r\n" for name, value in self.headers.items())
        return [
            f"POST /graphql HTTP/1.1\r\nHost: 127.0.0.1:{self.port}\r\nContent-Type: application/json\r\n{head}"
            f"Content-Length: {len(body.encode())}\r\n\r\n{body}".encode()
            for body in self.bodies
        ]


@dataclass(frozen=True)
class Slice:
    """What one slice of load came to: answers, seconds, and the CPU seconds of the server's process meanwhile."""

    answers: int
    seconds: float
    cpu: float

    @property
    def rate(self) -> float:
        return self.answers / self.seconds

    @property
    def microseconds(self) -> float:
        """Of the server's CPU for each answer."""
        return self.cpu / self.answers * 1e6


class Generator:
    """A process that puts load on one target whenever it is told to."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    async def slice(self, seconds: float = 1.0) -> Slice:
        """Put load on the target for so long. Raises RuntimeError if it answered wrongly."""
        said = await self._say(seconds)
        if "wrong" in said:
            raise RuntimeError(f"the server's answer is wrong: {said['wrong']}")
        return Slice(**said)

    async def _say(self, message: object) -> dict[str, Any]:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(message).encode() + b"\n")
        said: dict[str, Any] = json.loads(await self._process.stdout.readline())
        return said

    @classmethod
    @asynccontextmanager
    async def to(cls, target: Target) -> AsyncIterator[Generator]:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", __name__, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
        )
        try:
            generator = cls(process)
            await generator._say(asdict(target))
            yield generator
        finally:
            with suppress(ProcessLookupError):
                process.terminate()
            await process.wait()


class _Round:
    """The connections of one slice, which share the requests and a count of the answers."""

    def __init__(self, requests: Iterator[bytes]) -> None:
        self.requests = requests
        self.answers = 0
        self.ending = False
        self.wrong: str | None = None


class _Connection(asyncio.Protocol):
    """One request at a time, the next as soon as the answer has ended."""

    def __init__(self, of: _Round) -> None:
        self._of = of
        self._answers = 0
        self._head = b""
        self._left: int | None = None
        """What is to come of the body: None before it has begun, -1 where it comes in chunks."""
        self._tail = b""
        self._seen: list[bytes] | None = None
        self.closed = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._transport.write(next(self._of.requests))

    def connection_lost(self, error: Exception | None) -> None:
        if not self._of.ending:
            self._of.wrong = f"the connection was closed ({error})"
        self.closed.set_result(None)

    def data_received(self, data: bytes) -> None:
        if self._left is None:
            head, ended, data = (self._head + data).partition(b"\r\n\r\n")
            if not ended:
                self._head = head
                return
            self._begin(head)
        if self._seen is not None:
            self._seen.append(data)
        if self._left == -1:
            # JSON has no bare line ends, so these are the end of the last chunk
            self._tail = (self._tail + data[-5:])[-5:]
            if self._tail == b"0\r\n\r\n":
                self._end()
        else:
            assert self._left is not None
            self._left -= len(data)
            if self._left <= 0:
                self._end()

    def _begin(self, head: bytes) -> None:
        self._head = b""
        found = head.lower()
        _, sized, rest = found.partition(b"content-length:")
        self._left = int(rest.split(b"\r", 1)[0]) if sized else -1
        if not found.startswith(b"http/1.1 200") or not (sized or b"chunked" in found):
            self._of.wrong = head.decode(errors="replace")
        self._seen = [] if self._answers % _LOOKED_AT == 0 else None

    def _end(self) -> None:
        if self._seen is not None:
            body = b"".join(self._seen)
            if b'"errors"' in body or b'"data"' not in body:
                self._of.wrong = body[:2000].decode(errors="replace")
        self._left = None
        self._tail = b""
        self._answers += 1
        self._of.answers += 1
        if self._of.ending:
            self._transport.close()
        else:
            self._transport.write(next(self._of.requests))


async def _until(of: _Round, answers: int, seconds: float) -> None:
    """Wait for so long, and on until there are so many answers."""
    await asyncio.sleep(seconds)
    async with asyncio.timeout(_PATIENCE):
        while of.answers < answers and of.wrong is None:  # noqa: ASYNC110 - an event would be set 6,000 times a second
            await asyncio.sleep(0.01)


async def _load(target: Target, requests: Iterator[bytes], seconds: float) -> dict[str, object]:
    of = _Round(requests)
    loop = asyncio.get_running_loop()
    server = psutil.Process(target.pid)
    opened = [
        await loop.create_connection(lambda: _Connection(of), "127.0.0.1", target.port)
        for _ in range(target.connections)
    ]

    def now() -> tuple[int, float, float]:
        cpu = server.cpu_times()
        return of.answers, time.perf_counter(), cpu.user + cpu.system

    try:
        await _until(of, target.connections, _WARM_UP)
        before = now()
        await _until(of, before[0] + _FEWEST, seconds)
        after = now()
        of.ending = True
        async with asyncio.timeout(_PATIENCE):
            await asyncio.gather(*(connection.closed for _, connection in opened))
    except TimeoutError:
        of.wrong = of.wrong or f"none came in {_PATIENCE} s"
    if of.wrong is not None:
        return {"wrong": of.wrong}
    return dict(zip(("answers", "seconds", "cpu"), (b - a for a, b in zip(before, after, strict=True)), strict=True))


def main() -> None:
    """The process: the target comes as the first line, each further line is a slice's length in seconds."""
    target = Target(**json.loads(sys.stdin.readline()))
    made = target.requests()
    random.Random(target.port).shuffle(made)
    requests = itertools.cycle(made)
    gc.disable()  # nothing here has cycles
    print("{}", flush=True)  # noqa: T201 - ready
    for line in sys.stdin:
        print(json.dumps(uvloop.run(_load(target, requests, json.loads(line)))), flush=True)  # noqa: T201 - the answer


if __name__ == "__main__":
    main()

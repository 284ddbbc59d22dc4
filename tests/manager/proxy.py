"""A TCP proxy between a manager and its server, which can be cut, and can swallow replies."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from urllib.parse import urlsplit


@dataclass
class Proxy:
    """``away``: connections are refused or cut. ``swallow_every``: of so many replies the last one is lost."""

    target: int
    port: int = 0
    away: bool = False
    swallow_every: int = 0
    swallowed: int = 0
    replies: int = 0
    _open: set[asyncio.StreamWriter] = field(default_factory=set)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def cut(self) -> None:
        """The server is away from now on."""
        self.away = True
        for writer in self._open:
            writer.transport.abort()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self.away:
            writer.transport.abort()
            return
        back_reader, back_writer = await asyncio.open_connection("127.0.0.1", self.target)
        self._open |= {writer, back_writer}
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._pass_on(reader, back_writer))
                group.create_task(self._pass_back(back_reader, writer, back_writer))
        except* (OSError, EOFError):
            pass
        finally:
            self._open -= {writer, back_writer}
            writer.close()
            back_writer.close()

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
        writer.close()

    async def _pass_back(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, other: asyncio.StreamWriter
    ) -> None:
        while data := await reader.read(65536):
            self.replies += 1
            if self.swallow_every and self.replies % self.swallow_every == 0:
                self.swallowed += 1
                writer.transport.abort()
                other.transport.abort()
                raise EOFError
            writer.write(data)
            await writer.drain()
        writer.close()


@asynccontextmanager
async def proxy(url: str) -> AsyncIterator[Proxy]:
    target = urlsplit(url).port
    assert target is not None
    made = Proxy(target)
    server = await asyncio.start_server(made.serve, "127.0.0.1", 0)
    made.port = server.sockets[0].getsockname()[1]
    try:
        yield made
    finally:
        made.cut()
        server.close()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(server.wait_closed(), 1)

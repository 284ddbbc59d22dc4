"""A client of the API that costs as little as can be: bare HTTP/1.1 over a connection that is kept while it works."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from typing import Any
from urllib.parse import urlsplit

import orjson

_MOST = 1 << 24


class Broken(Exception):
    """The connection broke, or no answer came in time: whether the request was done is open."""


class Unreached(Exception):
    """Nobody listened: the request was not sent."""


class Connection:
    """To one server, for one key; one request at a time."""

    def __init__(self, url: str, key: str) -> None:
        host = urlsplit(url)
        self._address = host.hostname, host.port
        self._head = (
            f"POST /graphql HTTP/1.1\r\nHost: {host.netloc}\r\nAuthorization: Bearer {key}\r\n"
            "Content-Type: application/json\r\n"
        )
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def execute(self, query: str, variables: Mapping[str, Any], patience: float) -> dict[str, Any]:
        """The answer, with ``data`` or ``errors``. Raises Broken and Unreached; then a new connection is made next."""
        try:
            async with asyncio.timeout(patience):
                return await self._answer(query, variables)
        except (OSError, EOFError, asyncio.LimitOverrunError, TimeoutError) as error:
            self.close()
            raise Broken(type(error).__name__) from error
        except BaseException:
            self.close()
            raise

    async def _answer(self, query: str, variables: Mapping[str, Any]) -> dict[str, Any]:
        reader, writer = await self._open()
        self._send(writer, query, variables)
        head = (await reader.readuntil(b"\r\n\r\n")).lower()
        length = int(head.partition(b"content-length:")[2].partition(b"\r\n")[0])
        body = await reader.readexactly(length)
        if b"\r\nconnection: close" in head:
            self.close()
        try:
            answer: dict[str, Any] = orjson.loads(body)
        except orjson.JSONDecodeError:  # from whatever stands before our own code
            return {"errors": [{"message": body.decode(), "extensions": {"code": "INTERNAL"}}]}
        return answer

    async def _open(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        if self._streams is not None and self._streams[0].at_eof():
            self.close()
        if self._streams is None:
            try:
                self._streams = await asyncio.open_connection(*self._address, limit=_MOST)
            except OSError as error:
                raise Unreached from error
        return self._streams

    def _send(self, writer: asyncio.StreamWriter, query: str, variables: Mapping[str, Any], head: str = "") -> None:
        body = orjson.dumps({"query": query, "variables": variables})
        writer.write(f"{self._head}{head}Content-Length: {len(body)}\r\n\r\n".encode() + body)

    async def stream(self, query: str, variables: Mapping[str, Any]) -> AsyncGenerator[dict[str, Any], None]:
        """The results of a subscription, by server-sent events, until the server ends them.

        Raises Broken and Unreached. Whoever leaves before the end closes the connection.
        """
        try:
            reader, writer = await self._open()
            self._send(writer, query, variables, "Accept: text/event-stream\r\n")
            head = await reader.readuntil(b"\r\n\r\n")
            if b"text/event-stream" not in head.lower():
                raise Broken(head.partition(b"\r\n")[0].decode())
            async for line in _lines(reader):
                if line.startswith(b"data: {"):
                    yield orjson.loads(line[len(b"data: ") :])
        except (OSError, EOFError, asyncio.LimitOverrunError) as error:
            raise Broken(type(error).__name__) from error
        finally:
            self.close()

    def close(self) -> None:
        """Without a word to the other side."""
        if self._streams is not None:
            self._streams[1].transport.abort()
            self._streams = None


async def _lines(reader: asyncio.StreamReader) -> AsyncIterator[bytes]:
    """The lines of a body in chunks."""
    rest = b""
    while size := int(await reader.readuntil(b"\r\n"), 16):
        *lines, rest = (rest + (await reader.readexactly(size + 2))[:size]).split(b"\n")
        for line in lines:
            yield line

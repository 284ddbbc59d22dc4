"""A client of the API that costs as little as can be, so that what is measured is the server: bare HTTP/1.1, kept alive."""

from __future__ import annotations

import asyncio
from typing import Any
from urllib.parse import urlsplit

import orjson


class Http:
    """One connection, on which one request at a time is under way."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, head: bytes) -> None:
        self._reader = reader
        self._writer = writer
        self._head = head

    @classmethod
    async def connect(cls, url: str, key: str) -> Http:
        host = urlsplit(url)
        reader, writer = await asyncio.open_connection(host.hostname, host.port, limit=1 << 20)
        head = f"POST /graphql HTTP/1.1\r\nHost: {host.netloc}\r\nAuthorization: Bearer {key}\r\n"
        return cls(reader, writer, (head + "Content-Type: application/json\r\nContent-Length: ").encode())

    async def call(self, query: str, given: dict[str, Any]) -> dict[str, Any]:
        """The payload of a mutation of one root field, without errors."""
        body = orjson.dumps({"query": query, "variables": {"input": given}})
        self._writer.write(self._head + b"%d\r\n\r\n" % len(body) + body)
        head = (await self._reader.readuntil(b"\r\n\r\n")).lower()
        length = int(head.partition(b"content-length:")[2].partition(b"\r\n")[0])
        answer = orjson.loads(await self._reader.readexactly(length))
        assert not answer.get("errors"), answer
        (payload,) = answer["data"].values()
        assert payload["errors"] == [], payload["errors"]
        result: dict[str, Any] = payload
        return result

    @property
    def ended(self) -> bool:
        """Whether the server closed it, as servers do with connections that nobody uses for a while."""
        return self._reader.at_eof()

    def close(self) -> None:
        self._writer.close()

"""HTTP by hand, for clients that send less than they said, or read less than they asked for."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from support.api import Client


def head(client: Client, length: int) -> bytes:
    """What comes before a body that is said to have this length."""
    lines = (
        "POST /graphql HTTP/1.1", "Host: x", "Content-Type: application/json", f"Content-Length: {length}",
        f"Authorization: Bearer {client.key}", "", "",
    )  # fmt: skip
    return "\r\n".join(lines).encode()


@asynccontextmanager
async def raw(client: Client, request: bytes) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    """A connection that sends these bytes, and reads no more than it is made to."""
    host, port = client.url.removeprefix("http://").split(":")
    reader, writer = await asyncio.open_connection(host, int(port), limit=1_024)
    writer.write(request)
    try:
        yield reader, writer
    finally:
        writer.transport.abort()

"""Clients that stop reading."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from support.api import Client


async def narrow(client: Client) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """A raw connection with as small a buffer as there is."""
    host, port = client.url.removeprefix("http://").split(":")
    sock = socket.socket()
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
    sock.setblocking(False)
    await asyncio.get_running_loop().sock_connect(sock, (host, int(port)))
    return await asyncio.open_connection(sock=sock, limit=1_024)


@asynccontextmanager
async def stalled(client: Client, query: str) -> AsyncIterator[None]:
    """Subscribes by WebSocket, and then reads nothing."""
    reader, writer = await narrow(client)
    writer.write(
        f"GET /graphql HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        f"Authorization: Bearer {client.key}\r\nSec-WebSocket-Version: 13\r\n"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: graphql-transport-ws\r\n\r\n".encode()
    )
    assert b" 101 " in await reader.readuntil(b"\r\n\r\n")
    for frame in ({"type": "connection_init"}, {"type": "subscribe", "id": "1", "payload": {"query": query}}):
        text = json.dumps(frame).encode()
        writer.write(bytes([0x81, 0x80 | 126]) + len(text).to_bytes(2) + b"\0\0\0\0" + text)
    try:
        yield
    finally:
        writer.close()

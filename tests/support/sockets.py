"""graphql-transport-ws by hand: sockets that break its rules, and what they hear."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

import websockets

from support.api import Client

PROTOCOL = "graphql-transport-ws"


@asynccontextmanager
async def opened(client: Client, *subprotocols: str, **options: Any) -> AsyncIterator[websockets.ClientConnection]:
    """A socket on which nothing was said yet."""
    url = client.url.replace("http", "ws", 1) + "/graphql"
    names = [websockets.Subprotocol(name) for name in subprotocols or (PROTOCOL,)]
    async with websockets.connect(url, subprotocols=names, max_size=None, **options) as raw:
        yield raw


def init(client: Client) -> str:
    return json.dumps({"type": "connection_init", "payload": {"authorization": f"Bearer {client.key}"}})


@asynccontextmanager
async def acknowledged(client: Client) -> AsyncIterator[websockets.ClientConnection]:
    async with opened(client) as raw:
        await raw.send(init(client))
        assert json.loads(await raw.recv()) == {"type": "connection_ack"}
        yield raw


async def ended(raw: websockets.ClientConnection) -> tuple[int, str]:
    """The code and reason with which the server closes, 1006 if it just hangs up; what comes before is passed over."""
    with suppress(websockets.ConnectionClosed):
        while True:
            await raw.recv()
    return raw.close_code or 0, raw.close_reason or ""


async def say(raw: websockets.ClientConnection, **message: Any) -> None:
    await raw.send(json.dumps(message))


async def hear(raw: websockets.ClientConnection) -> Any:
    return json.loads(await raw.recv())

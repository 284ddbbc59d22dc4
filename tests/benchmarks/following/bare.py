"""Bare sockets: whenever one of them says so, the same text is sent to all, by ASGI and nothing else.

``python -m benchmarks.following.bare SIZE``; the text is as long as that, and looks like a subscription's.
"""

from __future__ import annotations

import asyncio
import json
import socket
import sys
from collections.abc import Awaitable, Callable
from typing import Any

import uvicorn
import uvloop

_HEAD = '{"id":"1","type":"next","payload":"'
_OPEN: list[Callable[[dict[str, Any]], Awaitable[None]]] = []


async def _app(scope: dict[str, Any], receive: Any, send: Any) -> None:
    assert scope["type"] == "websocket"
    await receive()
    await send({"type": "websocket.accept", "subprotocol": "graphql-transport-ws"})
    while (message := await receive())["type"] == "websocket.receive":
        match json.loads(message["text"])["type"]:
            case "connection_init":
                await send({"type": "websocket.send", "text": '{"type":"connection_ack"}'})
            case "ping":
                await send({"type": "websocket.send", "text": '{"type":"pong"}'})
            case "subscribe":
                _OPEN.append(send)
            case "go":
                for one in _OPEN:
                    await one({"type": "websocket.send", "text": _TEXT})


async def _serve() -> None:
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listening.bind(("127.0.0.1", 0))
    listening.listen(1_000)
    print(listening.getsockname()[1], flush=True)  # noqa: T201 - told to whoever started us
    config = uvicorn.Config(
        _app, log_config=None, access_log=False, lifespan="off", ws="websockets-sansio", ws_per_message_deflate=False
    )
    await uvicorn.Server(config).serve(sockets=[listening])


if __name__ == "__main__":
    _TEXT = _HEAD + "x" * (int(sys.argv[1]) - len(_HEAD) - 2) + '"}'
    assert asyncio
    uvloop.run(_serve())

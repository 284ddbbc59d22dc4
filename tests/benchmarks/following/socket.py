"""A WebSocket client of graphql-transport-ws that costs as little as can be: it counts the messages that come."""

from __future__ import annotations

import asyncio
import json
import time
from datetime import datetime
from typing import cast

_ANSWERED = b"\r\n\r\n"
_NEXT = b'"type":"next"'
_AT = b'"at":"'
_MOMENT = len("2026-01-31T12:00:00.123456Z")
_SHORT, _LONG = 126, 127
_TEXT, _CLOSE, _PING, _PONG = 1, 8, 9, 10


def masked(opcode: int, data: bytes) -> bytes:
    """A client's frame; the mask is zero."""
    size = bytes([0x80 | len(data)]) if len(data) < _SHORT else bytes([0x80 | _SHORT]) + len(data).to_bytes(2, "big")
    return bytes([0x80 | opcode]) + size + b"\0\0\0\0" + data


class Follower(asyncio.Protocol):
    """One socket, with one subscription."""

    def __init__(self, port: int, key: str, payload: dict[str, object]) -> None:
        self._head = (
            f"GET /graphql HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
            f"Sec-WebSocket-Protocol: graphql-transport-ws\r\nAuthorization: Bearer {key}\r\n\r\n"
        ).encode()
        self._subscribe = json.dumps({"id": "1", "type": "subscribe", "payload": payload}).encode()
        self._buffer = b""
        self._upgraded = False
        self.ready = asyncio.get_running_loop().create_future()
        """Done when the server has taken the subscription up."""
        self.received = 0
        self.delays: list[float] | None = None
        """Where given: seconds from each event's own moment to its coming here."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._transport.write(self._head)

    def connection_lost(self, error: Exception | None) -> None:
        if not self.ready.done():
            self.ready.set_exception(error or ConnectionError("closed before it was ready"))

    def data_received(self, data: bytes) -> None:
        buffer = self._buffer + data if self._buffer else data
        at = 0
        if not self._upgraded:
            head, ended, buffer = buffer.partition(_ANSWERED)
            if not ended:
                self._buffer = head
                return
            self._upgraded = True
            self._send({"type": "connection_init"})
        while len(buffer) - at >= 2:
            size, begin = buffer[at + 1], at + 2
            if size >= _SHORT:
                begin += 2 if size == _SHORT else 8
                size = int.from_bytes(buffer[at + 2 : begin], "big")
            if len(buffer) < begin + size:
                break
            self._frame(buffer[at] & 15, buffer, begin, begin + size)
            at = begin + size
        self._buffer = buffer[at:]

    def _frame(self, opcode: int, buffer: bytes, begin: int, end: int) -> None:
        if opcode == _PING:
            self._transport.write(masked(_PONG, buffer[begin:end]))
        elif opcode == _TEXT and buffer.find(_NEXT, begin, begin + 64) > 0:
            self.received += 1
            if self.delays is not None:
                found = buffer.find(_AT, begin, end) + len(_AT)
                moment = datetime.fromisoformat(buffer[found : found + _MOMENT].decode())
                self.delays.append(time.time() - moment.timestamp())
        elif opcode == _TEXT:
            self._protocol(json.loads(buffer[begin:end]))
        elif opcode == _CLOSE:
            self._transport.close()

    def _protocol(self, message: dict[str, object]) -> None:
        if message["type"] == "connection_ack":
            self._transport.write(masked(_TEXT, self._subscribe))
            self._send({"type": "ping"})
        elif message["type"] == "pong" and not self.ready.done():
            self.ready.set_result(None)
        elif message["type"] == "ping":
            self._send({"type": "pong"})
        elif not self.ready.done():
            self.ready.set_exception(ConnectionError(str(message)))

    def _send(self, message: dict[str, object]) -> None:
        self._transport.write(masked(_TEXT, json.dumps(message).encode()))

    def trigger(self) -> None:
        """Tell a bare server to send to all."""
        self._send({"type": "go"})

"""uvicorn's HTTP protocol, with a deadline for what comes before a request is known: its head.

What comes after it has deadlines of its own: bodies (bodies.py), answers (connections.py), silence between two
requests (uvicorn's). A body that nobody waits for any more, since its request is answered, counts as the next head.
"""

from __future__ import annotations

import asyncio
from typing import Any

import structlog
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

log = structlog.get_logger()

_MOST = 65_536
"""Bytes of a head, beside those of the piece in which it begins."""
_TIMEOUT, _TOO_LARGE = 408, 431


class PromptHeads(HttpToolsProtocol):
    """A connection that is there for requests: one that does not send any is ended."""

    head_seconds: float
    _deadline: asyncio.TimerHandle | None = None
    _began = False
    _size = 0

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        self._expect()

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        self._forget()

    def data_received(self, data: bytes) -> None:
        began = self._began
        super().data_received(data)
        if self._deadline is None and self._unasked():
            self._expect()
        if began and self._began:
            self._size += len(data)
            if self._size > _MOST:
                self._end(_TOO_LARGE, "The head of the request has too many bytes.")

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._began = True
        self._size = 0

    def on_headers_complete(self) -> None:
        self._began = False
        self._forget()
        super().on_headers_complete()

    def _unasked(self) -> bool:
        """Whether there is no request to answer."""
        answered = self.cycle is None or self.cycle.response_complete
        return answered and not self.transport.is_closing() and self.transport.get_protocol() is self  # no WebSocket

    def _expect(self) -> None:
        self._deadline = self.loop.call_later(self.head_seconds, self._late)

    def _forget(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _late(self) -> None:
        self._end(_TIMEOUT, f"The head of the request did not come within {self.head_seconds:g} seconds.")

    def _end(self, status: int, why: str) -> None:
        """Close the connection, which is idle or in the middle of a head; only then is there somebody to tell."""
        if self.transport.is_closing():
            return
        if self._began and self._unasked():
            log.info("a request was refused for its head", status=status)
            text = f"{why}\n".encode()
            head = b"content-type: text/plain; charset=utf-8\r\nconnection: close\r\ncontent-length: %d\r\n\r\n"
            self.transport.write(STATUS_LINE[status] + head % len(text) + text)
        self.transport.close()

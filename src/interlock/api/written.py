"""Responses that are written already, sent in pieces, so that a client that does not read fills no memory."""

from __future__ import annotations

import asyncio
from typing import Any

import structlog

log = structlog.get_logger()

_PIECE = 262_144


class Written:
    """A response whose body is there as a whole; ``patience``: seconds that the client may take for one piece."""

    def __init__(self, body: bytes, patience: float, status: int = 200) -> None:
        self.body = body
        self._patience = patience
        self._status = status

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        del scope, receive
        length = str(len(self.body)).encode()
        headers = [(b"content-type", b"application/json"), (b"content-length", length)]
        await send({"type": "http.response.start", "status": self._status, "headers": headers})
        if len(self.body) <= _PIECE:
            await send({"type": "http.response.body", "body": self.body})
            return
        try:
            await self._pieces(send)
        except TimeoutError:
            # the connection is closed for want of the rest
            log.warning("a client does not read its answer", size=len(self.body), seconds=self._patience)

    async def _pieces(self, send: Any) -> None:
        whole = memoryview(self.body)
        for start in range(0, len(whole), _PIECE):
            piece = bytes(whole[start : start + _PIECE])
            async with asyncio.timeout(self._patience):
                await send({"type": "http.response.body", "body": piece, "more_body": start + _PIECE < len(whole)})

"""Responses that are written already, sent in pieces, so that a client that does not read fills no memory."""

from __future__ import annotations

from typing import Any

from interlock.api.http.negotiation import Media

_PIECE = 262_144
_TYPES = {media: f"{media}; charset=utf-8".encode() for media in Media}


class Written:
    """A response whose body is there as a whole; connections.py sees to clients that do not take a piece in time."""

    def __init__(self, body: bytes, status: int = 200, media: Media = Media.JSON) -> None:
        self.body = body
        self._status = status
        self._media = media

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        del scope, receive
        length = str(len(self.body)).encode()
        headers = [(b"content-type", _TYPES[self._media]), (b"content-length", length)]
        await send({"type": "http.response.start", "status": self._status, "headers": headers})
        if len(self.body) <= _PIECE:
            await send({"type": "http.response.body", "body": self.body})
            return
        whole = memoryview(self.body)
        for start in range(0, len(whole), _PIECE):
            piece = bytes(whole[start : start + _PIECE])
            await send({"type": "http.response.body", "body": piece, "more_body": start + _PIECE < len(whole)})

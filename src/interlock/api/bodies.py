"""Bodies of HTTP requests and responses, at the level of ASGI: read once, within a limit, and written as they are."""

from __future__ import annotations

from typing import Any

from starlette.requests import ClientDisconnect

_PATIENCE = 4
"""What is read beyond the limit, and dropped, in multiples of it."""


class TooLarge(Exception):
    """The body has more bytes than the server reads."""

    def __init__(self, limit: int, receive: Any, *, more: bool) -> None:
        super().__init__(f"The request body has more than {limit} bytes. Send less in one call.")
        self._limit = limit
        self._receive = receive
        self._more = more

    async def drain(self) -> None:
        """Read on, within reason, and drop it: a client that is still sending would not hear the answer."""
        left = self._limit * _PATIENCE
        more = self._more
        while more and left > 0:
            message = await self._receive()
            left -= len(message.get("body", b""))
            more = message.get("more_body", False)


async def whole(receive: Any, limit: int) -> bytes:
    """The body, wherever its pieces come from. Raises TooLarge as soon as it is, and ClientDisconnect."""
    pieces: list[bytes] = []
    total = 0
    more = True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientDisconnect
        piece = message.get("body", b"")
        more = message.get("more_body", False)
        total += len(piece)
        if total > limit:
            raise TooLarge(limit, receive, more=more)
        pieces.append(piece)
    return pieces[0] if len(pieces) == 1 else b"".join(pieces)


def again(body: bytes, receive: Any) -> Any:
    """What receives the body that was read already, and then what comes after it."""
    given = False

    async def receive_again() -> Any:
        nonlocal given
        if given:
            return await receive()
        given = True
        return {"type": "http.request", "body": body}

    return receive_again


class Written:
    """A response of JSON that is written already."""

    def __init__(self, body: bytes) -> None:
        self._body = body

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        del scope, receive
        length = str(len(self._body)).encode()
        headers = [(b"content-type", b"application/json"), (b"content-length", length)]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": self._body})

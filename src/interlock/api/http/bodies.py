"""Bodies of HTTP requests, at the level of ASGI: read once, within a limit, and large ones within the room for them."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import Any

from starlette.requests import ClientDisconnect
from starlette.responses import Response

from interlock.api.http.room import Held, Room
from interlock.settings import Settings

SMALL = 65_536
"""Bytes that each connection's buffer may hold anyway: for so little, nobody waits. More must come in time."""
_ARRIVING = 2
"""Bodies of the largest size that may arrive at a time; of others, as many as have the same bytes."""
_PATIENCE = 4
"""What is read beyond the limit, and dropped, in multiples of it."""


class TooLarge(Exception):
    """The body has more bytes than the server reads, or needs more memory than there is for bodies."""


class Stalled(Exception):
    """The client stopped sending in the middle of a body, or sends next to nothing."""


def weight(body: bytes) -> int:
    """The memory that a request takes, at most about: copies of its text, and an object for each of its values.

    A number takes up to 32 bytes, but no more than ten times its text: small ones are shared.
    """
    values = min(32 * body.count(b","), 10 * len(body))
    return 6 * len(body) + values + 64 * body.count(b"[") + 500 * body.count(b"{")


class _Patience:
    """Raises TimeoutError where its block takes too long: asyncio.timeout, for a quarter of what that costs.

    It is around every request, nearly all of which have come as a whole.
    """

    def __init__(self, seconds: float) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._task = task
        self._seconds = seconds
        self._over = False

    def __enter__(self) -> None:
        self._timer = self._task.get_loop().call_later(self._seconds, self._end)

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        self._timer.cancel()
        if self._over and self._task.uncancel() == 0 and kind is asyncio.CancelledError:
            raise TimeoutError

    def _end(self) -> None:
        self._over = True
        self._task.cancel()


class Incoming:
    """The body of one request, as it comes."""

    def __init__(self, scope: Any, receive: Any, patience: float) -> None:
        self._receive = receive
        self._patience = patience
        self.more = scope["method"] == "POST"

    async def some(self) -> bytes:
        """A little more than SMALL bytes, or all that is left. Raises Stalled and ClientDisconnect."""
        pieces: list[bytes] = []
        size = 0
        try:
            with _Patience(self._patience):
                while self.more and size <= SMALL:
                    pieces.append(await self._piece())
                    size += len(pieces[-1])
        except TimeoutError as error:
            raise Stalled(
                f"The request body stopped, or came with less than {SMALL} bytes in {self._patience:g} seconds."
            ) from error
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)

    async def drop(self, most: int) -> None:
        """Read on, within reason: a client that is still sending would not hear an answer."""
        with suppress(TimeoutError, ClientDisconnect):
            async with asyncio.timeout(self._patience):
                while self.more and most > 0:
                    most -= len(await self._piece())

    async def _piece(self) -> bytes:
        message = await self._receive()
        if message["type"] == "http.disconnect":
            raise ClientDisconnect
        self.more = message.get("more_body", False)
        body: bytes = message.get("body", b"")
        return body


class Bodies:
    """Reads the bodies of one server's requests."""

    def __init__(self, settings: Settings) -> None:
        self._limit = settings.max_body
        self._patience = settings.send_timeout
        self._arriving = Room(_ARRIVING * settings.max_body)
        self._at_work = Room(settings.body_memory)

    def incoming(self, scope: Any, receive: Any) -> Incoming:
        return Incoming(scope, receive, self._patience)

    async def whole(self, scope: Any, incoming: Incoming, held: Held) -> bytes:
        """The body, wherever its pieces come from; what it needs of the room is held then.

        Raises TooLarge as soon as it is, Unavailable where there is no room, Stalled, and ClientDisconnect.
        """
        announced = _length(scope)
        if announced > self._limit:
            raise self._too_large()
        pieces = [await incoming.some()]
        total = len(pieces[0])
        if total <= SMALL:
            return pieces[0]
        await held.take(self._arriving, announced or self._limit)
        while incoming.more and total <= self._limit:
            pieces.append(await incoming.some())
            total += len(pieces[-1])
        if total > self._limit:
            raise self._too_large()
        body = b"".join(pieces)
        pieces.clear()
        await self._begin(body, held)
        return body

    def unread(self, response: Response, incoming: Incoming) -> Any:
        """The refusal of a request whose body may still be coming."""
        return Unread(response, incoming, self._limit * _PATIENCE) if incoming.more else response

    async def _begin(self, body: bytes, held: Held) -> None:
        needed = weight(body)
        if needed > self._at_work.size:
            raise TooLarge(
                f"The request has so many values that it would take about {needed} bytes of memory; at most "
                f"{self._at_work.size} are allowed (INTERLOCK_BODY_MEMORY). Send less in one call."
            )
        await held.take(self._at_work, needed)
        held.keep(self._arriving, 0)

    def _too_large(self) -> TooLarge:
        return TooLarge(f"The request body has more than {self._limit} bytes. Send less in one call.")


class Unread:
    """A response that does not wait for the rest of the body: that is dropped, and the connection ends with it."""

    def __init__(self, response: Response, incoming: Incoming, most: int) -> None:
        self._response = response
        self._incoming = incoming
        self._most = most

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        del scope, receive
        response = self._response
        response.headers["Connection"] = "close"
        await send({"type": "http.response.start", "status": response.status_code, "headers": response.raw_headers})
        await send({"type": "http.response.body", "body": response.body, "more_body": True})
        await self._incoming.drop(self._most)
        await send({"type": "http.response.body", "body": b""})


def _length(scope: Any) -> int:
    """What the client says of the body's length; 0 where it does not."""
    for name, value in scope["headers"]:
        if name == b"content-length" and value.isdigit():
            return int(value)
    return 0


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

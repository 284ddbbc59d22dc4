"""Bodies of HTTP requests, at the level of ASGI: read once, within a limit, and large ones within the room for them."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from starlette.requests import ClientDisconnect

from interlock.api.room import Held, Room
from interlock.domain.errors import InterlockError
from interlock.settings import Settings

SMALL = 65_536
"""Bytes that each connection's buffer may hold anyway: for so little, nobody waits."""
_ARRIVING = 2
"""Bodies of the largest size that may arrive at a time; of others, as many as have the same bytes."""
_PATIENCE = 4
"""What is read beyond the limit, and dropped, in multiples of it."""


class TooLarge(Exception):
    """The body has more bytes than the server reads, or needs more memory than there is for bodies."""


class Stalled(Exception):
    """The client stopped sending in the middle of a large body."""


def weight(body: bytes) -> int:
    """The memory that a request takes, at most about: copies of its text, and an object for each of its values.

    A number takes up to 32 bytes, but no more than ten times its text: small ones are shared.
    """
    values = min(32 * body.count(b","), 10 * len(body))
    return 6 * len(body) + values + 64 * body.count(b"[") + 500 * body.count(b"{")


class Bodies:
    """Reads the bodies of one server's requests."""

    def __init__(self, settings: Settings) -> None:
        self._limit = settings.max_body
        self._patience = settings.send_timeout
        self._arriving = Room(_ARRIVING * settings.max_body)
        self._at_work = Room(settings.body_memory)

    async def whole(self, scope: Any, receive: Any, held: Held, admit: Callable[[], Awaitable[object]]) -> bytes:
        """The body, wherever its pieces come from; what it needs of the room is held then.

        Before more than a little is read, the request must be admitted. Raises what that raises, TooLarge as soon as
        it is, Unavailable where there is no room, Stalled, and ClientDisconnect.
        """
        announced = _length(scope)
        if announced > self._limit:
            await self._drop(receive)
            raise self._too_large()
        pieces: list[bytes] = []
        total = 0
        more = True
        while more:
            piece, more = await (_piece(receive) if total <= SMALL else self._prompt_piece(receive))
            if total <= SMALL < total + len(piece):
                try:
                    await admit()
                    await held.take(self._arriving, announced or self._limit)
                except InterlockError:
                    await self._drop(receive, more=more)
                    raise
            total += len(piece)
            if total > self._limit:
                pieces.clear()
                await self._drop(receive, more=more)
                raise self._too_large()
            pieces.append(piece)
        if total <= SMALL:
            return pieces[0] if len(pieces) == 1 else b"".join(pieces)
        body = b"".join(pieces)
        pieces.clear()
        await self._begin(body, held)
        return body

    async def _begin(self, body: bytes, held: Held) -> None:
        needed = weight(body)
        if needed > self._at_work.size:
            raise TooLarge(
                f"The request has so many values that it would take about {needed} bytes of memory; at most "
                f"{self._at_work.size} are allowed (INTERLOCK_BODY_MEMORY). Send less in one call."
            )
        await held.take(self._at_work, needed)
        held.keep(self._arriving, 0)

    async def _prompt_piece(self, receive: Any) -> tuple[bytes, bool]:
        """The next piece of a body that has taken room, which nobody may keep for ever."""
        try:
            async with asyncio.timeout(self._patience):
                return await _piece(receive)
        except TimeoutError as error:
            raise Stalled(f"Nothing more of the request body came for {self._patience:g} seconds.") from error

    async def _drop(self, receive: Any, *, more: bool = True) -> None:
        """Read on, within reason, and drop it: a client that is still sending would not hear the answer."""
        left = self._limit * _PATIENCE
        while more and left > 0:
            piece, more = await self._prompt_piece(receive)
            left -= len(piece)

    def _too_large(self) -> TooLarge:
        return TooLarge(f"The request body has more than {self._limit} bytes. Send less in one call.")


async def _piece(receive: Any) -> tuple[bytes, bool]:
    """A piece, and whether there are more."""
    message = await receive()
    if message["type"] == "http.disconnect":
        raise ClientDisconnect
    return message.get("body", b""), message.get("more_body", False)


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

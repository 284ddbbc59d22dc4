"""uvicorn's WebSocket protocol, open for frames that are made beforehand.

ASGI passes messages, which the server makes into frames one by one. What goes to a thousand sockets is made into frames
once instead, and written as it is: frames from a server are not masked, and nothing is compressed here. The socket
offers this as an extension in the scope.
"""

from __future__ import annotations

import asyncio
from typing import Any

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

EXTENSION = "interlock.frames"


class Gone(Exception):
    """The socket is closed, or is about to be."""


class OpenFrames(WebSocketsSansIOProtocol):
    """A WebSocket whose application may also write whole frames."""

    def handle_connect(self, event: Any) -> None:
        super().handle_connect(event)
        if not self.close_sent:
            scope: Any = self.scope
            scope["extensions"][EXTENSION] = self

    def offer_frames(self, frames: bytes) -> bool:
        """Write if that can be done at once; whether it was."""
        if not self.writable.is_set() or self.disconnected or self.close_sent or self.transport.is_closing():
            return False
        self.transport.write(frames)
        return True

    async def write_frames(self, frames: bytes, patience: float) -> None:
        """Write when what was written before has left, for the most part.

        Raises Gone. A reader that does not take it within ``patience`` seconds is cut off: a close frame would not
        reach it.
        """
        if not self.writable.is_set():
            try:
                async with asyncio.timeout(patience):
                    await self.writable.wait()
            except TimeoutError as error:
                self.transport.abort()
                raise Gone from error
        if not self.offer_frames(frames):
            raise Gone

"""Room in memory: what is large waits for its turn, so that many large things at a time do not fill the memory."""

from __future__ import annotations

import asyncio
import gc
from collections import deque

from interlock.domain.errors import Unavailable

PATIENCE = 30.0
"""Seconds that something large waits for room."""
_HEAVY = 16_000_000
"""Bytes for which the garbage collector is called: execution leaves cycles, which it would find at its leisure."""


class Room:
    """So many bytes, given out in the order in which they were asked for."""

    def __init__(self, size: int, patience: float = PATIENCE) -> None:
        self.size = size
        self.free = size
        self._patience = patience
        self._waiting: deque[tuple[int, asyncio.Future[None]]] = deque()

    async def take(self, size: int) -> None:
        """Wait until so much is free, and take it. Raises Unavailable after a while."""
        if size <= self.free and not self._waiting:
            self.free -= size
            return
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((size, turn))
        try:
            async with asyncio.timeout(self._patience):
                await turn
        except TimeoutError as error:
            self._leave(size, turn)
            raise Unavailable("The server has its hands full of large requests just now; try again.") from error
        except asyncio.CancelledError:
            self._leave(size, turn)
            raise

    def give(self, size: int) -> None:
        """Give back what was taken, or a part of it."""
        self.free += size
        self._let_in()

    def _leave(self, size: int, turn: asyncio.Future[None]) -> None:
        if turn.done() and not turn.cancelled():  # it came at the last moment
            self.give(size)
            return
        self._let_in()

    def _let_in(self) -> None:
        while self._waiting:
            size, turn = self._waiting[0]
            if not turn.done():  # who does not wait any more has cancelled it
                if size > self.free:
                    return
                self.free -= size
                turn.set_result(None)
            self._waiting.popleft()


class Held:
    """What one request holds of each room, until it is answered."""

    def __init__(self) -> None:
        self._sizes: dict[Room, int] = {}

    async def take(self, room: Room, size: int) -> None:
        """Hold so much of the room, instead of what is held of it. Raises Unavailable after a while."""
        self.keep(room, 0)
        await room.take(size)
        self._sizes[room] = size

    def keep(self, room: Room, size: int) -> None:
        """Give back what is held of the room beyond this, once it is really free."""
        held = self._sizes.get(room, 0)
        if held - size >= _HEAVY:
            gc.collect()
        if size < held:
            self._sizes[room] = size
            room.give(held - size)

    def leave(self) -> None:
        for room in self._sizes:
            self.keep(room, 0)

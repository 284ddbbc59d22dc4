"""Leaving: when the server is told to stop, those who follow it are told so, and waited for while they take leave."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from interlock.service.feed import Feed
from interlock.service.fleet_watch import FleetWatch

Farewell = Callable[[], None]
"""Tells a guest that the server leaves. The guest says when it has gone, by :meth:`Drain.gone`."""


class Drain:
    """Who is to be told when the server leaves."""

    def __init__(self, feed: Feed, fleet: FleetWatch) -> None:
        self._feed = feed
        self._fleet = fleet
        self._guests: dict[object, Farewell] = {}
        self._empty = asyncio.Event()
        self.begun = False
        self.hurried = False
        """Whether what is still under way is being given up: its time is over."""

    @property
    def sockets(self) -> int:
        """How many guests there are."""
        return len(self._guests)

    def welcome(self, guest: object, farewell: Farewell) -> None:
        self._guests[guest] = farewell

    def gone(self, guest: object) -> None:
        """It may be said twice."""
        self._guests.pop(guest, None)
        if not self._guests:
            self._empty.set()

    def begin(self) -> None:
        """From now on the server is not ready; every subscription ends, to the feed with the cursor to resume from."""
        if self.begun:
            return
        self.begun = True
        self._feed.close()
        self._fleet.close()
        for farewell in list(self._guests.values()):
            farewell()

    def gives_up(self) -> bool:
        """Whether the server has cancelled this task because it leaves: then it may go on, to tell its client so."""
        task = asyncio.current_task()
        if self.hurried and task is not None:
            task.uncancel()
        return self.hurried

    async def over(self, seconds: float) -> int:
        """Wait until all guests are gone, but not for longer than that; how many are still there."""
        if self._guests:
            self._empty.clear()
            try:
                async with asyncio.timeout(seconds):
                    await self._empty.wait()
            except TimeoutError:
                pass
        return len(self._guests)

"""Managers as they change, for all who follow them: one look a second, and only while somebody follows.

Nobody is notified of a heartbeat: a NOTIFY takes a global lock at commit. The table is small, so that it is looked at
as a whole. A follower has no buffer but the latest state of each manager that it was not told yet.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta

from interlock.domain.errors import Restarting
from interlock.service.background import pause
from interlock.service.core import Core
from interlock.store.managers import ManagerRow, managers_shown

_INTERVAL = 1.0
"""Seconds from one look to the next."""
_REST = 0.1
"""Seconds between looks at least, however many come to follow."""
_OF_LATE = timedelta(hours=1)
"""Who follows is told at first also of managers that left, if they were heard since."""


@dataclass(slots=True, eq=False)
class _Follower:
    """What it is to be told. It has ``begun`` when it knows of all there were."""

    untold: dict[int, ManagerRow] = field(default_factory=dict)
    begun: bool = False
    news: asyncio.Event = field(default_factory=asyncio.Event)

    def tell(self, rows: dict[int, ManagerRow]) -> None:
        if rows:
            self.untold |= rows
            self.news.set()


class FleetWatch:
    """Looks, and tells who follows."""

    def __init__(self, core: Core) -> None:
        self._core = core
        self._followers: set[_Follower] = set()
        self._known: dict[int, ManagerRow] = {}
        """As of the last look."""
        self._woken = asyncio.Event()
        self._closing = False

    @property
    def followers(self) -> int:
        return len(self._followers)

    async def follow(self) -> AsyncGenerator[ManagerRow, None]:
        """The managers that are there or were heard of late, then each that changes.

        Raises Restarting when the server leaves.
        """
        follower = _Follower()
        self._followers.add(follower)
        self._woken.set()
        try:
            while not self._closing:
                if not follower.untold:
                    follower.news.clear()
                    await follower.news.wait()
                else:
                    yield follower.untold.pop(next(iter(follower.untold)))
            raise Restarting("The server is leaving. Subscribe again.")
        finally:
            self._followers.discard(follower)

    def close(self) -> None:
        """Every follower is at its end: the server is leaving."""
        self._closing = True
        for follower in self._followers:
            follower.news.set()

    async def run(self, stop: asyncio.Event) -> None:
        """Look until ``stop``, or until a look fails: then the caller starts it anew."""
        stopping = asyncio.ensure_future(stop.wait())
        stopping.add_done_callback(lambda _: self._woken.set())
        try:
            while not stop.is_set():
                self._woken.clear()
                if self._followers:
                    await self._look()
                    await self._rest(stop)
                else:
                    self._known = {}
                    await self._woken.wait()
        finally:
            stopping.cancel()

    async def _rest(self, stop: asyncio.Event) -> None:
        """Until the next look, which comes early for who begins to follow."""
        if await pause(stop, _REST):
            with suppress(TimeoutError):
                async with asyncio.timeout(_INTERVAL - _REST):
                    await self._woken.wait()

    async def _look(self) -> None:
        here = list(self._followers)  # whoever comes now is told all by the next look
        active = [row.id for row in self._known.values() if row.active]
        found = await self._core.database.one(lambda connection: managers_shown(connection, _OF_LATE, active))
        changed = {id_: row for id_, row in found.items() if row != self._known.get(id_)}
        self._known = found
        for follower in here:
            follower.tell(changed if follower.begun else found)
            follower.begun = True

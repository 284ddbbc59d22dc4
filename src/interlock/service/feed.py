"""The feed in this process: one reader, and the recent events that it remembers for all who follow.

Who follows is a position (see channels.py). Recent events are shared by all; a follower that fell behind them reads
the database again, as one does that resumes from an old cursor. So nothing grows with slow followers.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any

from interlock.domain.cursor import FeedCursor
from interlock.service.core import Core
from interlock.store.connection import Connection
from interlock.store.feed import (
    EventRow,
    bounds,
    check_cursor,
    cursor_here,
    events_after,
    expired,
    follows,
    listen_channel,
)
from interlock.store.silence import QUIET, answers, close

_PAGE = 1_000


@dataclass(frozen=True, slots=True)
class PlacedEvent:
    """An event, and the cursor after it."""

    event: EventRow
    cursor: FeedCursor


def _nobody(_: Sequence[EventRow]) -> None:
    """Before anyone follows."""


class Feed:
    """Reads the feed once for this process, and tells who listens."""

    def __init__(self, core: Core) -> None:
        self._core = core
        self._recent: deque[EventRow] = deque(maxlen=core.settings.feed_memory)
        self._notified = asyncio.Event()
        self._end = 0
        """The last position that the ticker told of."""
        self.listener: Callable[[Sequence[EventRow]], None] = _nobody
        """Is called with what was read; with nothing when everyone must look: there is a gap, or the server leaves."""
        self.closing = False
        self.last = 0
        """The last position read."""
        self.epoch = ""
        self.followers = 0
        self.ready = asyncio.Event()

    async def run(self, stop: asyncio.Event) -> None:
        """Read until ``stop``, or until the connection fails: then the caller starts it anew."""
        connection = await self._core.database.connect()
        try:
            await connection.add_listener(listen_channel(), self._told_of)
            known = await bounds(connection)
            if known.epoch != self.epoch:
                self._recent.clear()
                self.epoch, self.last = known.epoch, known.last
            self._end = known.last
            self.ready.set()
            stopping = asyncio.ensure_future(stop.wait())
            connection.add_termination_listener(lambda *_: self._notified.set())
            try:
                while not stop.is_set():
                    self._notified.clear()
                    await self._read(connection)
                    notified = asyncio.ensure_future(self._notified.wait())
                    heard, _ = await asyncio.wait(
                        {notified, stopping}, timeout=QUIET, return_when=asyncio.FIRST_COMPLETED
                    )
                    notified.cancel()
                    if not heard:
                        await answers(connection)
                    if connection.is_closed():
                        raise ConnectionError("the connection that listens to the feed was closed")
            finally:
                stopping.cancel()
        finally:
            await close(connection)

    def close(self) -> None:
        """Wake every follower to its end: the server is leaving."""
        self.closing = True
        self.listener(())

    def _told_of(self, *notification: Any) -> None:
        *_, position = notification
        self._end = int(position)
        self._notified.set()

    async def _read(self, connection: Connection) -> None:
        if not self.followers:  # nobody wants to know: who comes later reads what it asks for
            self._recent.clear()
            self.last = self._end
            return
        while self.last < self._end:
            events = await events_after(connection, self.last, None, _PAGE)
            dense = follows(events, self.last)
            if not dense:  # some expired before they were read, and those who wait for them are told
                self._recent.clear()
            self._recent.extend(events)
            self.last = (events[-1].position if events else None) or self._end
            self.listener(events if dense else ())

    def _remembered(self, position: int) -> Sequence[EventRow] | None:
        """The next recent events after the position, which are dense; None when they are not (or not all) in memory."""
        if position >= self.last:
            return ()
        first = self._recent[0].position if self._recent else None
        if first is None or position + 1 < first:
            return None
        start = position + 1 - first
        return tuple(islice(self._recent, start, start + _PAGE))

    async def after(self, cursor: FeedCursor) -> Sequence[EventRow]:
        """The next events after the cursor, from memory if they are there. Raises CursorExpired."""
        if cursor.seen is None:
            remembered = self._remembered(cursor.position)
            if remembered is not None:
                return remembered
        return await self._core.database.one(lambda connection: _kept_after(connection, cursor))

    async def start(self, after: str | None) -> FeedCursor:
        """Where to follow from: after a cursor, or from now on. Raises InvalidCursor, CursorExpired, CursorStale."""
        if after is None:
            return FeedCursor(self.epoch, self.last)
        cursor = FeedCursor.parse(after)
        check_cursor(cursor, await self._core.database.one(bounds), "after")
        return cursor


async def _kept_after(connection: Connection, cursor: FeedCursor) -> Sequence[EventRow]:
    """The next events after the cursor, which is not at the feed's end. Raises CursorExpired where some are gone."""
    events = await events_after(connection, cursor.position, cursor.seen, _PAGE)
    if cursor.seen is None:
        if not follows(events, cursor.position):
            raise expired("after")
    else:  # the snapshot's own are left out: what is still kept now was kept when they were read
        check_cursor(cursor, await bounds(connection), "after")
    return events


@dataclass(frozen=True, slots=True)
class Scan:
    """One page of the feed: what passed the test, how far was looked, and whether there is more beyond."""

    found: list[PlacedEvent]
    end: FeedCursor
    more: bool


_MOST_SCANNED = 100_000
"""Events that one query looks at; a filter that lets few pass gets a page that is not full, and goes on from it."""


async def scan_feed(connection: Connection, after: str | None, limit: int, wanted: Callable[[EventRow], bool]) -> Scan:
    """Up to ``limit`` wanted events after a cursor (or from the oldest kept), in the caller's snapshot."""
    known = await bounds(connection)
    if after is None:
        cursor = FeedCursor(known.epoch, known.first - 1)
    else:
        cursor = FeedCursor.parse(after)
        check_cursor(cursor, known, "after")
    found: list[PlacedEvent] = []
    scanned = 0
    while len(found) < limit and scanned < _MOST_SCANNED:
        events = await events_after(connection, cursor.position, cursor.seen, max(limit, _PAGE))
        for event in events:
            assert event.position is not None
            if len(found) == limit:
                break
            cursor = replace(cursor, position=event.position, seen=None if event.settled else cursor.seen)
            if wanted(event):
                found.append(PlacedEvent(event, cursor))
        scanned += len(events)
        if not events:
            break
    return Scan(found, cursor, more=cursor.position < known.last and scanned > 0)


async def feed_cursor(connection: Connection) -> str:
    """The position of exactly this snapshot: following from it continues where the snapshot ends."""
    return str(await cursor_here(connection))

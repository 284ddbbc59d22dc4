"""The feed for subscribers: one reader a process, any number of followers, none of them with a buffer of its own.

A follower is a position. Recent events are shared by all; a follower that fell behind them reads the database
again, as one does that resumes from an old cursor. So nothing grows with slow followers.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, replace
from itertools import islice

from interlock.domain.cursor import FeedCursor
from interlock.domain.errors import SubscriberTooSlow
from interlock.service.core import Core
from interlock.store.connection import Connection
from interlock.store.feed import EventRow, bounds, check_cursor, cursor_here, events_after, listen_channel

_PAGE = 1_000


@dataclass(frozen=True, slots=True)
class PlacedEvent:
    """An event, and the cursor after it."""

    event: EventRow
    cursor: FeedCursor


class Feed:
    """Reads the feed once for this process, and lets others follow it."""

    def __init__(self, core: Core) -> None:
        self._core = core
        self._recent: deque[EventRow] = deque(maxlen=core.settings.feed_memory)
        self._notified = asyncio.Event()
        self._advanced: asyncio.Future[None] | None = None
        self._closing = False
        self._last = 0
        self.epoch = ""
        self.followers = 0
        self.ready = asyncio.Event()

    @property
    def last(self) -> int:
        """The last position read."""
        return self._last

    async def run(self, stop: asyncio.Event) -> None:
        """Read until ``stop``, or until the connection fails: then the caller starts it anew."""
        connection = await self._core.database.connect()
        try:
            await connection.add_listener(listen_channel(), lambda *_: self._notified.set())
            known = await bounds(connection)
            if known.epoch != self.epoch:
                self._recent.clear()
                self.epoch, self._last = known.epoch, known.last
            self.ready.set()
            stopping = asyncio.ensure_future(stop.wait())
            connection.add_termination_listener(lambda *_: self._notified.set())
            try:
                while not stop.is_set():
                    self._notified.clear()
                    await self._read(connection)
                    notified = asyncio.ensure_future(self._notified.wait())
                    await asyncio.wait({notified, stopping}, return_when=asyncio.FIRST_COMPLETED)
                    notified.cancel()
                    if connection.is_closed():
                        raise ConnectionError("the connection that listens to the feed was closed")
            finally:
                stopping.cancel()
        finally:
            await connection.close(timeout=5)

    def close(self) -> None:
        """Wake every follower to its end: the server is leaving."""
        self._closing = True
        self._wake()

    async def _read(self, connection: Connection) -> None:
        while events := await events_after(connection, self._last, None, _PAGE):
            self._recent.extend(events)
            last = events[-1].position
            assert last is not None
            self._last = last
            self._wake()

    def _wake(self) -> None:
        if self._advanced is not None:
            self._advanced.set_result(None)
            self._advanced = None

    async def _beyond(self, position: int) -> None:
        """Return when the feed has gone beyond the position (or the server is leaving)."""
        while self._last <= position and not self._closing:
            if self._advanced is None:
                self._advanced = asyncio.get_running_loop().create_future()
            await asyncio.shield(self._advanced)

    def _shared(self, position: int) -> Sequence[EventRow] | None:
        """The next recent events after the position; None when they are no longer (or not all) in memory."""
        if position >= self._last:
            return ()
        first = self._recent[0].position if self._recent else None
        if first is None or position + 1 < first:
            return None
        start = position + 1 - first
        return tuple(islice(self._recent, start, start + _PAGE))

    async def _next(self, cursor: FeedCursor) -> Sequence[EventRow]:
        if cursor.seen is None:
            shared = self._shared(cursor.position)
            if shared is not None:
                return shared
        return await self._core.database.one(
            lambda connection: events_after(connection, cursor.position, cursor.seen, _PAGE)
        )

    async def start(self, after: str | None) -> FeedCursor:
        """Where to follow from: after a cursor, or from now on. Raises InvalidCursor, CursorExpired, CursorStale."""
        if after is None:
            return FeedCursor(self.epoch, self._last)
        cursor = FeedCursor.parse(after)
        check_cursor(cursor, await self._core.database.one(bounds), "after")
        return cursor

    async def follow(
        self, after: str | None, wanted: Callable[[EventRow], bool] | None = None
    ) -> AsyncIterator[PlacedEvent]:
        """Every event after the cursor (or from now on) that is wanted, once and in order, as long as the server runs.

        Raises what :meth:`start` does, and SubscriberTooSlow (with the cursor to resume from) for a follower that
        was up to date and then fell too far behind.
        """
        cursor = await self.start(after)
        caught_up = after is None
        self.followers += 1
        try:
            while not self._closing:
                mark = self._last
                events = await self._next(cursor)
                if caught_up and mark - cursor.position > self._core.settings.subscriber_lag:
                    raise SubscriberTooSlow(
                        "This subscriber did not keep up with the feed. Subscribe again after the cursor given.",
                        cursor=str(cursor),
                    )
                for event in events:
                    assert event.position is not None
                    seen = None if event.settled else cursor.seen
                    cursor = replace(cursor, position=event.position, seen=seen)
                    if wanted is None or wanted(event):
                        yield PlacedEvent(event, cursor)
                if not events:
                    # Whatever lies up to the mark was hidden by the cursor's snapshot: it is behind the follower.
                    cursor = replace(cursor, position=max(cursor.position, mark))
                    caught_up = True
                    await self._beyond(mark)
        finally:
            self.followers -= 1


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

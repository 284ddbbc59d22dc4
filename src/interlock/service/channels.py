"""Following the feed: those who want the same events share a channel, which tests each event once for all of them.

A follower is a place in the feed, and takes the batch that begins there. Those who are up to date wait at the feed's
end, where each batch is offered to all of them at once. Whoever cannot take it falls out of step, and goes on at its
own pace with batches that are still known, or made for it. No follower has a buffer of its own.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Collection, Hashable, Iterable, Iterator, Sequence
from contextlib import aclosing, contextmanager
from dataclasses import dataclass, field, replace
from typing import Any, Protocol
from weakref import WeakValueDictionary

from interlock.domain.cursor import FeedCursor
from interlock.domain.errors import Restarting, SubscriberTooSlow
from interlock.service.feed import Feed, PlacedEvent
from interlock.service.recent import Recent
from interlock.store.feed import EventRow, stale

LARGEST = 64
"""Events in a batch: what is written at once to those who lag."""
_KNOWN = 500
"""Batches that are kept, of all channels together."""

_LABELS = ("record_id", "campaign", "tag", "owner")
"""What an event has that a test may look for."""
Label = tuple[str, object]


class Test(Hashable, Protocol):
    """Which events are wanted."""

    def __call__(self, event: EventRow) -> bool: ...

    @property
    def labels(self) -> Collection[Label] | None:
        """Nothing passes that has none of these labels; None where that cannot be said."""


@dataclass(slots=True, eq=False)
class Batch:
    """Some events of a channel, and the cursor behind all that was looked at for it."""

    events: Sequence[PlacedEvent]
    end: FeedCursor
    told: dict[Hashable, Any] = field(default_factory=dict)
    """What its followers made of it, each thing once for all of them."""


Waiter = asyncio.Future[Batch | None]
Offer = Callable[[Batch], bool]
"""Says whether it took the batch. It must not raise."""


def _never(_: Batch) -> bool:
    return False


class Channels:
    """The channels that are followed, by their tests: those that are equal are one."""

    def __init__(self, feed: Feed, lag: int) -> None:
        self.feed = feed
        self.lag = lag
        self.known: Recent[tuple[Channel, FeedCursor], Batch] = Recent(_KNOWN)
        self.looking: set[Waiter] = set()
        """Who stands elsewhere than at the feed's end, and looks for itself whenever that moves."""
        self.end: FeedCursor | None = None
        """Where all stand who stand at the feed's end: each event up to there was offered to them, and taken."""
        self._channels: WeakValueDictionary[Test, Channel] = WeakValueDictionary()
        self._followed: dict[Label | None, set[Channel]] = {}
        feed.listener = self._advance

    def of(self, wanted: Test) -> Channel:
        channel = self._channels.get(wanted)
        if channel is None:
            channel = self._channels[wanted] = Channel(self, wanted)
        return channel

    def listen(self, channel: Channel, labels: Collection[Label] | None) -> None:
        """Tell the channel of events that have one of the labels, or of all."""
        for label in (None,) if labels is None else labels:
            self._followed.setdefault(label, set()).add(channel)

    def leave(self, channel: Channel, labels: Collection[Label] | None) -> None:
        for label in (None,) if labels is None else labels:
            self._followed[label].discard(channel)
            if not self._followed[label]:
                del self._followed[label]

    def _advance(self, events: Sequence[EventRow]) -> None:
        """The feed grew by these events; or, where there are none, everyone is to look for itself."""
        looking, self.looking = self.looking, set()
        _wake(looking, None)
        if not events:
            concerned = set(self._channels.values())
        else:
            self.end = FeedCursor(self.feed.epoch, self.feed.last)
            concerned = set(self._followed.get(None, ()))
            for label in {(name, getattr(event, name)) for event in events for name in _LABELS}:
                concerned |= self._followed.get(label, set())
        for channel in concerned:
            channel.advance(events)


class Channel:
    """The events that pass one test, for any number of followers."""

    def __init__(self, channels: Channels, wanted: Test) -> None:
        self._channels = channels
        self._feed = channels.feed
        self._wanted = wanted
        self._followers = 0
        self._waiting: dict[Waiter, Offer] = {}
        """Who stands at the feed's end."""

    async def follow(self, cursor: FeedCursor, *, live: bool, offer: Offer = _never) -> AsyncGenerator[Batch, None]:
        """Every wanted event after the cursor, once and in order, as long as the server runs.

        What comes while the follower waits is offered to it at once: what it takes then is not given here any more.
        Raises Restarting when the server leaves, SubscriberTooSlow for a follower that was ``live``, that is up to
        date, and then fell too far behind (both with the cursor to resume from), CursorStale and CursorExpired.
        """
        with self._followed():
            while not self._feed.closing:
                if cursor.epoch != self._feed.epoch:
                    raise stale("after")
                if cursor.position < self._feed.last or cursor.seen is not None:
                    async with aclosing(self._up_to_now(cursor, live=live)) as batches:
                        async for batch in batches:
                            cursor = batch.end
                            if batch.events:
                                yield batch
                live = True
                following = await self._beyond(cursor, offer)
                if following is not None:
                    cursor = following.end
                    if following.events:
                        yield following
            raise Restarting("The server is leaving. Subscribe again after the cursor given.", cursor=str(cursor))

    @contextmanager
    def _followed(self) -> Iterator[None]:
        if not self._followers:
            self._channels.listen(self, self._wanted.labels)
        self._followers += 1
        self._feed.followers += 1
        try:
            yield
        finally:
            self._feed.followers -= 1
            self._followers -= 1
            if not self._followers:
                self._channels.leave(self, self._wanted.labels)

    async def _up_to_now(self, cursor: FeedCursor, *, live: bool) -> AsyncGenerator[Batch, None]:
        """What there is after the cursor. Raises SubscriberTooSlow when one that was live comes back for too much."""
        while cursor.position < self._feed.last or cursor.seen is not None:
            known = self._channels.known.get((self, cursor))
            if known is not None:
                yield known
                cursor = known.end
            else:
                mark = self._feed.last
                events = await self._feed.after(cursor)
                if not events:
                    # Whatever lies up to the mark was shown by the cursor's snapshot: it is behind the follower.
                    yield Batch((), replace(cursor, position=max(cursor.position, mark)))
                    return
                for batch in self._cut(cursor, events):
                    yield batch
                    cursor = batch.end
            if live and self._feed.last - cursor.position > self._channels.lag:
                raise SubscriberTooSlow(
                    "This subscriber did not keep up with the feed. Subscribe again after the cursor given.",
                    cursor=str(cursor),
                )

    def _cut(self, cursor: FeedCursor, events: Sequence[EventRow]) -> Iterator[Batch]:
        """The events after the cursor in batches, the last of which may be empty. Each leads on, or nobody would."""
        start, found = cursor, list[PlacedEvent]()
        for event in events:
            assert event.position is not None
            if self._wanted(event):
                end = FeedCursor(cursor.epoch, event.position, None if event.settled else cursor.seen)
                found.append(PlacedEvent(event, end))
                if len(found) == LARGEST:
                    yield self._batch(start, found, end)
                    start, found = end, []
        last = events[-1]
        assert last.position is not None
        end = FeedCursor(cursor.epoch, last.position, None if last.settled else cursor.seen)
        if end != start:
            yield self._batch(start, found, end)

    def _batch(self, start: FeedCursor, events: Sequence[PlacedEvent], end: FeedCursor) -> Batch:
        batch = Batch(tuple(events), end)
        self._channels.known.keep((self, start), batch)
        return batch

    async def _beyond(self, cursor: FeedCursor, offer: Offer) -> Batch | None:
        """What comes next and was not taken when it was offered; None for one who must look for itself."""
        if self._feed.closing or cursor.epoch != self._feed.epoch:
            return None
        waiter: Waiter = asyncio.get_running_loop().create_future()
        if cursor.seen is None and cursor.position == self._feed.last:
            self._waiting[waiter] = offer
            self._channels.end = cursor
        else:
            self._channels.looking.add(waiter)
        try:
            return await waiter
        finally:
            self._waiting.pop(waiter, None)
            self._channels.looking.discard(waiter)

    def advance(self, events: Sequence[EventRow]) -> None:
        """The feed grew by these events, some of which may be wanted; where there are none, everyone is to look."""
        if not events:
            end = self._channels.end
            _wake(self._waiting, None if end is None else Batch((), end))
        elif self._waiting:
            first = events[0].position
            assert first is not None
            batch = next(self._cut(FeedCursor(self._feed.epoch, first - 1), events))
            if batch.events:
                # where there is more than one batch, each goes on at its own pace
                more = batch.end.position != self._feed.last
                left = [one for one, offer in self._waiting.items() if more or one.done() or not offer(batch)]
                for one in left:
                    del self._waiting[one]
                _wake(left, batch)


def _wake(waiting: Iterable[Waiter], batch: Batch | None) -> None:
    for waiter in waiting:
        if not waiter.done():  # whoever left has cancelled it
            waiter.set_result(batch)

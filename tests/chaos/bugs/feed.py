"""Bugs of the feed and of the counts that are folded with it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from chaos.bugs.bug import Bug, changed, instead_of
from chaos.checkers.names import AGREEMENT, FEED, SNAPSHOTS
from interlock.domain.cursor import FeedCursor
from interlock.service import feed
from interlock.store import feed_functions

_PLAIN_IDS = {
    "FROM last, present, events_between(last.snap, present.snap) e),\n  relabels": (
        "FROM event e WHERE e.seq > (SELECT max(seq_to) FROM tick)),\n  relabels"
    )
}
_ENTERED = "UNION ALL SELECT part, cohort_id, to_status, 1 FROM events WHERE to_status IS NOT NULL"
_TWICE = {_ENTERED: f"{_ENTERED} UNION ALL SELECT part, cohort_id, to_status, 1 FROM events WHERE to_status = 'HOLD'"}


def _resume(step: int) -> None:
    """Follow from another place than the cursor says, though not beyond the end."""
    really = feed.Feed.start

    async def start(self: feed.Feed, after: str | None) -> FeedCursor:
        cursor = await really(self, after)
        if after is None or cursor.seen is not None:
            return cursor
        return replace(cursor, position=max(0, min(cursor.position + step, self.last)))

    feed.Feed.start = start  # type: ignore[method-assign]


def _forget_the_snapshot() -> None:
    @instead_of(feed, "cursor_here")
    async def cursor_here(really: Any, connection: Any) -> FeedCursor:
        found: FeedCursor = await really(connection)
        return replace(found, seen=None)


BUGS = {
    "plain_ids": Bug(
        "the feed goes by increasing ids, and misses what commits late", FEED,
        sql=changed(feed_functions._TICK, _PLAIN_IDS),
    ),
    "delivered_twice": Bug(
        "who resumes gets its last change again", FEED, lambda: _resume(-1),
    ),
    "skipped": Bug(
        "who resumes misses a change", FEED, lambda: _resume(1),
    ),
    "snapshot_forgotten": Bug(
        "a snapshot's cursor does not know what the snapshot showed beyond the last tick", SNAPSHOTS,
        _forget_the_snapshot, settings={"TICK_INTERVAL": "0.3"},
    ),
    "counted_twice": Bug(
        "what is held is counted twice", AGREEMENT, sql=changed(feed_functions._TICK, _TWICE),
    ),
}  # fmt: skip

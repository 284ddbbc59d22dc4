"""Reading the feed, writing its ticks, and its epoch."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import asyncpg

from interlock.domain.cursor import FeedCursor
from interlock.domain.errors import CursorExpired, CursorStale, InvalidCursor
from interlock.domain.lifecycle import Action, ActorKind, RecordStatus
from interlock.store.bounded import Outgrown
from interlock.store.connection import Connection
from interlock.store.feed_functions import CHANNEL

NEW_EPOCH = "epoch"
"""What the channel tells when the feed has another epoch; else it tells the last position."""


@dataclass(frozen=True, slots=True)
class EventRow:
    """One transition. ``position`` is None where events are read by record, not from the feed."""

    position: int | None
    record_id: int
    source: RecordStatus | None
    target: RecordStatus | None
    action: Action
    actor: ActorKind
    who: str
    reason: str | None
    at: datetime
    attempt: int
    owner: str
    campaign: str | None
    tag: str
    settled: bool = True


_LABELS = """JOIN cohort c ON c.id = e.cohort_id JOIN lane l ON l.id = c.lane_id
JOIN principal p ON p.id = c.owner_id"""

_FEED = f"""
SELECT e.pos, e.settled, e.record_id, e.from_status, e.to_status, e.action, e.actor, e.who, e.reason, e.at, e.attempt,
  p.name AS owner, c.campaign, l.tag
FROM feed_after($1, $2::text::pg_snapshot, $3) e {_LABELS} ORDER BY e.pos"""

_OF_RECORD = f"""
SELECT e.seq AS pos, true AS settled, e.record_id, e.from_status, e.to_status, e.action, e.actor, e.who, e.reason, e.at,
  e.attempt, p.name AS owner, c.campaign, l.tag
FROM unnest($1::bigint[]) AS wanted (id) CROSS JOIN LATERAL (
  SELECT * FROM event WHERE part = 0 AND record_id = wanted.id ORDER BY seq LIMIT {{limit}}
) e {_LABELS} ORDER BY e.record_id, e.seq LIMIT $2"""


# Looked up, which takes a sixth of the time of asking the enum: every server reads every event.
_STATUS: dict[str | None, RecordStatus | None] = {None: None} | {str(status): status for status in RecordStatus}
_ACTION = {str(action): action for action in Action}
_ACTOR = {str(kind): kind for kind in ActorKind}


def _event(row: asyncpg.Record, *, positioned: bool) -> EventRow:
    return EventRow(
        position=row["pos"] if positioned else None,
        record_id=row["record_id"],
        source=_STATUS[row["from_status"]],
        target=_STATUS[row["to_status"]],
        action=_ACTION[row["action"]],
        actor=_ACTOR[row["actor"]],
        who=row["who"],
        reason=row["reason"],
        at=row["at"],
        attempt=row["attempt"],
        owner=row["owner"],
        campaign=row["campaign"],
        tag=row["tag"],
        settled=row["settled"],
    )


async def events_after(connection: Connection, position: int, seen: str | None, limit: int) -> list[EventRow]:
    """The events after a position, in order; with ``seen``, without those that this snapshot showed."""
    rows = await connection.fetch(_FEED, position, seen, limit)
    return [_event(row, positioned=True) for row in rows]


async def events_of(connection: Connection, ids: Sequence[int], limit: int, most: int) -> dict[int, list[EventRow]]:
    """The first ``limit`` events of each record, in order. Raises Outgrown for more than ``most`` of all together."""
    found: dict[int, list[EventRow]] = {}
    rows = await connection.fetch(_OF_RECORD.format(limit=int(limit)), list(ids), most + 1)
    if len(rows) > most:
        raise Outgrown
    for row in rows:
        found.setdefault(row["record_id"], []).append(_event(row, positioned=False))
    return found


# The same snapshot that the rest of the query reads: nothing between the two is lost or counted twice. A plain
# position says the same where the snapshot shows no event beyond the last tick.
_CURSOR = """
WITH last AS (SELECT snap, first_pos + n - 1 AS pos FROM tick ORDER BY id DESC LIMIT 1)
SELECT last.pos, (SELECT epoch FROM feed_epoch) AS epoch,
  CASE WHEN EXISTS (SELECT FROM events_between(last.snap, pg_current_snapshot())) THEN pg_current_snapshot()::text END
    AS seen
FROM last"""


async def cursor_here(connection: Connection) -> FeedCursor:
    """The position in the feed of exactly the connection's snapshot."""
    row = await connection.fetchrow(_CURSOR)
    assert row is not None
    return FeedCursor(row["epoch"], row["pos"], row["seen"])


@dataclass(frozen=True, slots=True)
class FeedBounds:
    """The epoch, the last position given, and the first one that is still kept."""

    epoch: str
    first: int
    last: int


async def bounds(connection: Connection) -> FeedBounds:
    row = await connection.fetchrow("""
        SELECT (SELECT epoch FROM feed_epoch) AS epoch, (SELECT min(first_pos) FROM (
            SELECT first_pos FROM tick WHERE n > 0 ORDER BY first_pos + n LIMIT 1) t) AS first,
          (SELECT first_pos + n - 1 FROM tick ORDER BY id DESC LIMIT 1) AS last""")
    assert row is not None
    return FeedBounds(row["epoch"], row["first"] if row["first"] is not None else row["last"] + 1, row["last"])


def check_cursor(cursor: FeedCursor, known: FeedBounds, path: str) -> None:
    """Raises CursorStale, CursorExpired or InvalidCursor unless the feed can be followed from here."""
    if cursor.epoch != known.epoch:
        raise stale(path)
    if cursor.position > known.last:
        raise InvalidCursor("is a cursor that stands for no place in the feed; this server never gave it.", path)
    if cursor.position + 1 < known.first:
        raise expired(path)


def stale(path: str) -> CursorStale:
    """It is of another epoch."""
    return CursorStale(
        "is a cursor from before the database was restored. Read a new snapshot with its feedCursor, and follow "
        "from there.",
        path,
    )


def expired(path: str) -> CursorExpired:
    """What comes next has been dropped."""
    return CursorExpired(
        "is a cursor behind which events are no longer kept. Read a new snapshot with its feedCursor, and follow "
        "from there.",
        path,
    )


def follows(events: Sequence[EventRow], position: int) -> bool:
    """Whether these events are just those after the position, none of which has expired: positions are dense."""
    return bool(events) and events[-1].position == position + len(events)


# One statement, and so one commit, whose listeners hear of it when it is made.
_TICK = f"""
SELECT last, CASE WHEN last IS NOT NULL THEN pg_notify('{CHANNEL}', last::text) END FROM write_tick() AS last"""


async def write_tick(connection: Connection) -> int | None:
    """Give positions to what is new, fold the counts, and tell every server the last one, which is returned too."""
    last: int | None = await connection.fetchval(_TICK)
    return last


async def expire_events(connection: Connection, retention: timedelta) -> int:
    """Drop a batch of ticks older than ``retention``, with their events; returns how many ticks."""
    return int(await connection.fetchval("SELECT expire_history($1)", retention))


# What was restored from a dump bears transaction ids of another counter, which may be ahead of the one here.
_EPOCH = """
SELECT s.system_identifier, c.timeline_id, e.epoch, e.system_identifier AS known, e.timeline,
  coalesce((SELECT pg_snapshot_xmax(snap) > here.xmax FROM tick ORDER BY id DESC LIMIT 1), false)
    OR EXISTS (SELECT FROM event WHERE xid >= here.xmax)
    OR EXISTS (SELECT FROM relabel WHERE xid >= here.xmax) AS to_come,
  (SELECT format('.%s.%s', d.oid, 'feed_epoch'::regclass::oid) || coalesce('.' || restored_from(), '')
    FROM pg_database d WHERE d.datname = current_database()) AS home
FROM pg_control_system() s, pg_control_checkpoint() c, pg_snapshot_xmax(pg_current_snapshot()) AS here (xmax)
LEFT JOIN feed_epoch e ON true"""


def _fits(row: asyncpg.Record) -> bool:
    """Whether the epoch is that of this cluster, timeline, database and table, and of the backup it was made from.

    And whether what was written was written before now, by the count of this cluster's transactions.
    """
    same = (row["known"], row["timeline"]) == (row["system_identifier"], row["timeline_id"])
    return bool(row["epoch"]) and same and row["epoch"].endswith(row["home"]) and not row["to_come"]


async def epoch_fits(connection: Connection) -> bool:
    """Whether the feed goes on under its epoch; else the next ticker gives it a new one."""
    row = await connection.fetchrow(_EPOCH)
    return row is not None and _fits(row)


async def ensure_epoch(connection: Connection) -> str:
    """The feed's epoch; a new one when this is not the cluster, timeline, database or table that the last one was for.

    Servers that read the feed are told of a new one (see :data:`NEW_EPOCH`).

    Database and table are named by the epoch's end: a dump restored in the same cluster has them anew. So is the base
    backup that the cluster was restored from, where the migrator may read of it. A dump restored elsewhere, or
    in a copy of its cluster that has run for less long, has transaction ids from another counter, which would hide
    events from the ticks: they are re-based onto this transaction, and the counts are set so that the next tick, which
    sees all events as new, arrives at the truth. The caller holds the ticker's lock and a transaction.
    """
    row = await connection.fetchrow(_EPOCH)
    assert row is not None
    if _fits(row):
        return str(row["epoch"])
    if row["to_come"] or (row["epoch"] and row["known"] != row["system_identifier"]):
        await connection.execute("SELECT rebase_history()")
    epoch = f"{secrets.token_hex(4)}{row['home']}"
    await connection.execute(
        """INSERT INTO feed_epoch (epoch, system_identifier, timeline) VALUES ($1, $2, $3)
        ON CONFLICT (only_row) DO UPDATE SET epoch = excluded.epoch, system_identifier = excluded.system_identifier,
          timeline = excluded.timeline""",
        epoch,
        row["system_identifier"],
        row["timeline_id"],
    )
    await connection.execute("SELECT pg_notify($1, $2)", CHANNEL, NEW_EPOCH)
    return epoch


def listen_channel() -> str:
    return CHANNEL

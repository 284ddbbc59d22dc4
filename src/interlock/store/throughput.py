"""Transitions by minute and action, counted by the ticks and kept for some days: reading them costs what they are.

As with counts.py, the few events that this snapshot shows beyond the last tick are added on the way: what follows the
snapshot's feed cursor is just what is not counted.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from interlock.domain.lifecycle import Action
from interlock.store.connection import Connection
from interlock.store.feed_functions import THROUGHPUT_KEPT, in_steps

READABLE = timedelta(days=7)
"""How far back it can be asked for: less than what is kept."""


@dataclass(frozen=True, slots=True)
class Point:
    """How many transitions there were in the step of time that begins at this moment, by action."""

    at: datetime
    counts: Mapping[Action, int]


_POINTS = f"""
WITH span AS MATERIALIZED (
  SELECT {in_steps("$2", "greatest($1, clock_timestamp() - $3::interval)")} AS first, clock_timestamp() AS now
),
last AS (SELECT snap FROM tick ORDER BY id DESC LIMIT 1),
counted AS (
  SELECT t.minute, t.action, t.n FROM span, throughput t WHERE t.part = 0 AND t.minute >= span.first
  UNION ALL
  SELECT e.at, e.action, 1 FROM span, last, events_between(last.snap, pg_current_snapshot()) e
  WHERE e.part = 0 AND e.at >= span.first
),
steps AS (SELECT {in_steps("$2", "minute")} AS at, action, sum(n)::bigint AS n FROM counted GROUP BY 1, 2)
SELECT s.at, c.action::text, c.n
FROM (SELECT at FROM span, generate_series(span.first, span.now, $2) at LIMIT {{limit}}) s
LEFT JOIN steps c ON c.at = s.at ORDER BY s.at"""


async def throughput(connection: Connection, since: datetime, step: timedelta, limit: int) -> list[Point]:
    """The first so many steps from the one in which ``since`` lies, or as far back as can be asked for, up to now."""
    points: dict[datetime, dict[Action, int]] = {}
    for at, action, n in await connection.fetch(_POINTS.format(limit=int(limit)), since, step, READABLE):
        counts = points.setdefault(at, {})
        if action is not None:
            counts[Action(action)] = n
    return [Point(at, counts) for at, counts in points.items()]


async def forget_throughput(connection: Connection) -> int:
    """Drop what is no longer to be asked for; returns how many minutes and actions."""
    sql = f"DELETE FROM throughput WHERE part = 0 AND minute < clock_timestamp() - interval '{THROUGHPUT_KEPT}'"
    return int((await connection.execute(sql)).split()[-1])

"""How everything stands, for metrics: one statement in one snapshot, whose cost does not grow with the records.

Counts are those of the last tick, a moment ago; so they cost the same where nobody ticks, and a long feed without
positions is told by its age only.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from interlock.domain.lifecycle import STATUSES_WITH_TASK, RecordStatus
from interlock.store.connection import Connection

OTHER = "other"
"""What tags are called that are not told apart."""
_HEADS = 20
"""Waiting records of each lane and priority that are looked at."""
_WORK = ", ".join(f"'{status}'" for status in sorted(STATUSES_WITH_TASK))

_LAST = "last AS MATERIALIZED (SELECT snap, first_pos + n - 1 AS pos FROM tick ORDER BY id DESC LIMIT 1)"
_UNPOSITIONED = """
SELECT coalesce(extract(epoch FROM clock_timestamp() - min(at)), 0)::float8 AS seconds FROM (
  (SELECT at FROM event WHERE xid >= (SELECT pg_snapshot_xmax(snap) FROM last) ORDER BY xid, seq LIMIT 1)
  UNION ALL
  (SELECT at FROM event WHERE xid = ANY (ARRAY(SELECT pg_snapshot_xip(snap) FROM last)) ORDER BY xid, seq LIMIT 1)
) waiting"""
# The oldest by its time has no index, as one would cost every transition an entry. Those that were never moved wait in
# the order of their ids; the first of each lane and priority are looked at, more than one so that some that came back
# (retried, released) do not hide them. They are the next to be claimed.
STANDING = f"""
WITH {_LAST},
counted AS MATERIALIZED (
  SELECT s.cohort_id, l.tag, s.status, s.n
  FROM status_count s JOIN cohort c ON c.id = s.cohort_id JOIN lane l ON l.id = c.lane_id WHERE s.part = 0
),
named AS MATERIALIZED (
  SELECT tag FROM counted GROUP BY tag
  ORDER BY coalesce(sum(n) FILTER (WHERE status IN ({_WORK})), 0) DESC, tag LIMIT $1
),
labelled AS MATERIALIZED (
  SELECT c.*, CASE WHEN n.tag IS NULL THEN '{OTHER}' ELSE c.tag END AS label
  FROM counted c LEFT JOIN named n ON n.tag = c.tag
),
unpositioned AS ({_UNPOSITIONED})
SELECT 'records' AS what, label, status::text, sum(n)::float8 AS value FROM labelled GROUP BY label, status
UNION ALL
SELECT 'oldest', coalesce(n.tag, '{OTHER}'), NULL, extract(epoch FROM clock_timestamp() - min(h.since))::float8
FROM lane l LEFT JOIN named n ON n.tag = l.tag CROSS JOIN generate_series(0, 9) AS priority CROSS JOIN LATERAL (
  SELECT r.since FROM record r
  WHERE r.part = 0 AND r.lane_id = l.id AND r.status = '{RecordStatus.WAITING}' AND r.priority = priority.priority
  ORDER BY r.id LIMIT {_HEADS}
) h GROUP BY coalesce(n.tag, '{OTHER}')
UNION ALL
SELECT 'position', NULL, NULL, pos FROM last
UNION ALL
SELECT 'unpositioned', NULL, NULL, (SELECT seconds FROM unpositioned)"""


@dataclass(frozen=True, slots=True)
class Standing:
    """``records`` by tag and status; ``oldest``: seconds that the oldest waiting record of a tag has waited.

    ``position``: the last of the feed; ``unpositioned``: seconds for which an event has waited for its position.
    """

    records: Mapping[tuple[str, str], int]
    oldest: Mapping[str, float]
    position: int
    unpositioned: float


async def standing(connection: Connection, most_tags: int) -> Standing:
    """How everything stands; at most so many tags are told apart."""
    records: dict[tuple[str, str], int] = {}
    oldest: dict[str, float] = {}
    single: dict[str, float] = {}
    for what, label, status, value in await connection.fetch(STANDING, most_tags):
        match what:
            case "records":
                records[label, status] = int(value)
            case "oldest":
                oldest[label] = max(0.0, value)
            case _:
                single[what] = value
    return Standing(records, oldest, int(single["position"]), max(0.0, single["unpositioned"]))


async def unpositioned(connection: Connection) -> float:
    """Seconds for which an event has waited for its position; 0 where all have one."""
    seconds: float = await connection.fetchval(f"WITH {_LAST} {_UNPOSITIONED}")
    return max(0.0, seconds)

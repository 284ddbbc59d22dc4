"""Counts by status and label, maintained by the ticks: reading them costs the same at any number of records.

The table is as of the last tick; the few events that this snapshot shows beyond it are added on the way, so that
counts, records and feed position of one query agree to the event.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from interlock.domain.model import RecordFilter
from interlock.store.connection import Connection
from interlock.store.filters import Parameters, cohorts_where

CURRENT = """
WITH last AS (SELECT snap FROM tick ORDER BY id DESC LIMIT 1),
later_events AS (SELECT e.* FROM last, events_between(last.snap, pg_current_snapshot()) e),
later_relabels AS (SELECT e.* FROM last, relabels_between(last.snap, pg_current_snapshot()) e),
counted AS (
  SELECT cohort_id, status, n FROM status_count WHERE part = 0
  UNION ALL SELECT cohort_id, from_status, -1 FROM later_events WHERE from_status IS NOT NULL
  UNION ALL SELECT cohort_id, to_status, 1 FROM later_events WHERE to_status IS NOT NULL
  UNION ALL SELECT from_cohort, status, -1 FROM later_relabels
  UNION ALL SELECT to_cohort, status, 1 FROM later_relabels
)"""
"""The counts of this snapshot, as rows to be summed up."""

GROUPS = {
    "status": "n.status::text",
    "tag": "l.tag",
    "campaign": "c.campaign",
    "owner": "p.name",
    "kind": "c.kind",
}
"""What counts can be grouped by, as expressions on the counts n, cohorts c, lanes l and principals p."""


@dataclass(frozen=True, slots=True)
class Count:
    """How many records share these labels; labels that were not asked for are None."""

    values: dict[str, str | None]
    count: int


async def status_counts(connection: Connection, groups: Sequence[str], where: RecordFilter) -> list[Count]:
    """Counts by the named groups (keys of :data:`GROUPS`), largest first; groups without records are left out."""
    p = Parameters()
    conditions = [cohorts_where(where, p)]
    if where.status is not None:
        conditions.append(f"n.status = ANY({p.add(list(where.status), 'record_status[]')})")
    columns = ", ".join(f"{GROUPS[group]} AS {group}" for group in groups)
    by = f"GROUP BY {', '.join(str(i + 1) for i in range(len(groups)))}" if groups else ""
    rows = await connection.fetch(
        f"""{CURRENT}
        SELECT {columns}{"," if columns else ""} coalesce(sum(n.n), 0)::bigint AS count
        FROM counted n JOIN cohort c ON c.id = n.cohort_id JOIN lane l ON l.id = c.lane_id
          JOIN principal p ON p.id = c.owner_id
        WHERE {" AND ".join(conditions)} {by} HAVING sum(n.n) <> 0 ORDER BY count DESC, 1""",
        *p.values,
    )
    return [Count({group: row[group] for group in groups}, row["count"]) for row in rows]

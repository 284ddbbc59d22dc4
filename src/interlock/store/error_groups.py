"""Records in ERROR or FAILED, grouped by the type of their error, or also by what their messages have in common.

By pattern, one index has all that is counted, whatever the filter. On which managers the errors of a group happened is
told by the newest of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from interlock.domain.lifecycle import RecordStatus
from interlock.domain.model import RecordFilter
from interlock.store.connection import Connection
from interlock.store.filters import Parameters, cohorts_where

LOOKED_AT = 200
"""Errors of each group, the newest, whose managers are counted."""
_OF_EACH_COHORT = 5
"""At least so many are looked at of each, where a filter lets many cohorts pass."""


@dataclass(frozen=True, slots=True)
class ErrorGroup:
    """Records in one of the two statuses that share an error type; and a pattern, where they are grouped by it."""

    error_type: str
    status: RecordStatus
    count: int
    first_since: datetime
    last_since: datetime
    example_id: int
    example_message: str | None
    pattern_id: int | None
    pattern: str | None


_COUNTED = "count(*) AS n, min(r.since) AS first, max(r.since) AS last, max(r.id) AS example_id"
_ERRORS = "r.part = 0 AND r.status IN ('ERROR', 'FAILED')"

_BY_TYPE = f"""
  SELECT r.error_type, r.status, NULL::int AS pattern_id, {_COUNTED}
  FROM record r WHERE {_ERRORS} AND r.error_type IS NOT NULL{{narrowed}}{{types}} GROUP BY r.error_type, r.status"""

# Errors that have no pattern yet, for some minutes after an upgrade and seldom else, are groups of their own. OFFSET 0
# keeps them by themselves: PostgreSQL cannot know that there are hardly any, and would go through all of the labels.
_BY_PATTERN = f"""
  SELECT NULL::text AS error_type, r.status, r.error_pattern AS pattern_id, {_COUNTED}
  FROM record r WHERE {_ERRORS} AND r.error_pattern IS NOT NULL{{narrowed}}{{patterns}}
  GROUP BY r.error_pattern, r.status
  UNION ALL
  SELECT r.error_type, r.status, NULL, {_COUNTED}
  FROM (
    SELECT * FROM record r WHERE {_ERRORS} AND r.error_type IS NOT NULL AND r.error_pattern IS NULL OFFSET 0
  ) r WHERE TRUE{{narrowed}}{{types}} GROUP BY r.error_type, r.status"""

_GROUPS = """
SELECT coalesce(g.error_type, p.error_type) AS type, g.status::text, g.n, g.first, g.last, g.example_id, (
  SELECT a.error_message FROM attempt a WHERE a.part = 0 AND a.record_id = g.example_id ORDER BY a.number DESC LIMIT 1
), g.pattern_id, p.message
FROM ({groups}
) g LEFT JOIN error_pattern p ON p.id = g.pattern_id ORDER BY g.n DESC, type, g.status, p.message LIMIT {limit}"""


async def error_groups(
    connection: Connection, where: RecordFilter, limit: int, *, by_pattern: bool
) -> list[ErrorGroup]:
    """The errors of the records that pass the filter, by status and type (or pattern), largest group first."""
    p = Parameters()
    narrowed = types = patterns = ""
    if where.status is not None:
        narrowed += f" AND r.status = ANY({p.add(list(where.status), 'record_status[]')})"
    if where.error_pattern is not None:
        narrowed += f" AND r.error_pattern = ANY({p.add(list(where.error_pattern), 'int[]')})"
    if where.error_type is not None:
        named = f"error_type = ANY({p.add(list(where.error_type), 'text[]')})"
        types = f" AND r.{named}"
        patterns = f" AND r.error_pattern = ANY(ARRAY(SELECT id FROM error_pattern WHERE {named}))"
    if (labels := cohorts_where(where, p)) != "TRUE":
        narrowed += f" AND r.cohort_id = ANY(ARRAY({_cohorts(labels)}))"
    groups = (_BY_PATTERN if by_pattern else _BY_TYPE).format(narrowed=narrowed, types=types, patterns=patterns)
    rows = await connection.fetch(_GROUPS.format(groups=groups, limit=int(limit)), *p.values)
    return [ErrorGroup(row[0], RecordStatus(row[1]), *list(row)[2:]) for row in rows]


def _cohorts(labels: str) -> str:
    return f"SELECT c.id FROM cohort c JOIN lane l ON l.id = c.lane_id WHERE {labels}"


@dataclass(frozen=True, slots=True)
class FailingManager:
    """A manager, and how many of a group's newest errors happened on it."""

    id: int
    name: str
    count: int


_NEWEST = """SELECT r.id, r.attempt FROM record r
    WHERE r.part = 0 AND r.error_pattern = g.pattern AND r.status = g.status{more} ORDER BY r.id DESC LIMIT {limit}"""

_OF_COHORTS = f"""SELECT x.* FROM unnest($3::int[]) AS c (id) CROSS JOIN LATERAL (
    {_NEWEST.replace("{more}", " AND r.cohort_id = c.id")}
  ) x ORDER BY x.id DESC LIMIT {LOOKED_AT}"""

_MANAGERS = """
SELECT g.pattern, g.status::text, m.id, m.name, count(*) AS n
FROM unnest($1::int[], $2::record_status[]) AS g (pattern, status) CROSS JOIN LATERAL (
  {newest}
) e
JOIN attempt a ON a.part = 0 AND a.record_id = e.id AND a.number = e.attempt JOIN manager m ON m.id = a.manager_id
GROUP BY g.pattern, g.status, m.id ORDER BY n DESC, m.id"""

GroupKey = tuple[int, RecordStatus]
"""A pattern and a status."""


async def failing_managers(
    connection: Connection, groups: Sequence[GroupKey], where: RecordFilter
) -> dict[GroupKey, list[FailingManager]]:
    """The managers of the newest errors of groups that have passed this filter, with most of them first."""
    p = Parameters()
    labels = cohorts_where(where, p)
    arguments: list[object] = [[pattern for pattern, _ in groups], [status for _, status in groups]]
    newest = _NEWEST.format(more="", limit=LOOKED_AT)
    if labels != "TRUE":
        cohorts = [row["id"] for row in await connection.fetch(_cohorts(labels), *p.values)]
        newest = _OF_COHORTS.format(limit=max(LOOKED_AT // max(len(cohorts), 1), _OF_EACH_COHORT))
        arguments.append(cohorts)
    found: dict[GroupKey, list[FailingManager]] = {}
    for row in await connection.fetch(_MANAGERS.format(newest=newest), *arguments):
        key = row["pattern"], RecordStatus(row["status"])
        found.setdefault(key, []).append(FailingManager(row["id"], row["name"], row["n"]))
    return found

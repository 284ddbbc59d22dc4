"""Since when the records that are longest in their status are in it, for the groups that counts.py counts.

The first of each cohort is found by index, one search each. Of running ones all are looked at: there are no more of
them than managers run.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TypeAlias

from interlock.domain.lifecycle import RecordStatus
from interlock.domain.model import RecordFilter
from interlock.store.connection import Connection
from interlock.store.counts import CURRENT, GROUPS
from interlock.store.filters import Parameters, cohorts_where

Group: TypeAlias = tuple[str | None, ...]
"""The values by which is grouped, in the order of the groups."""

_WAITING = (RecordStatus.WAITING, RecordStatus.ERROR, RecordStatus.HOLD)
_IN_INDEX = ", ".join(f"'{status}'" for status in _WAITING)

_OLDEST = f"""{CURRENT},
there AS MATERIALIZED (
  SELECT cohort_id, status FROM counted WHERE status IN ({_IN_INDEX}, '{RecordStatus.RUNNING}')
  GROUP BY cohort_id, status HAVING sum(n) > 0
)
SELECT min(x.since) AS since, {{columns}}
FROM there n JOIN cohort c ON c.id = n.cohort_id JOIN lane l ON l.id = c.lane_id JOIN principal p ON p.id = c.owner_id
CROSS JOIN LATERAL (
  (SELECT r.since FROM record r
  WHERE r.part = 0 AND r.cohort_id = n.cohort_id AND r.status = n.status AND r.status IN ({_IN_INDEX})
  ORDER BY r.since LIMIT 1)
  UNION ALL
  SELECT min(r.since) FROM record r
  WHERE n.status = '{RecordStatus.RUNNING}' AND r.part = 0 AND r.cohort_id = n.cohort_id
    AND r.status = '{RecordStatus.RUNNING}'
) x
WHERE {{conditions}} AND x.since IS NOT NULL GROUP BY {{columns}}"""


async def oldest(connection: Connection, groups: Sequence[str], where: RecordFilter) -> dict[Group, datetime]:
    """By group (keys of GROUPS, the status among them); none for statuses in which records rest."""
    p = Parameters()
    conditions = [cohorts_where(where, p)]
    if where.status is not None:
        conditions.append(f"n.status = ANY({p.add(list(where.status), 'record_status[]')})")
    columns = ", ".join(GROUPS[group] for group in groups)
    rows = await connection.fetch(_OLDEST.format(columns=columns, conditions=" AND ".join(conditions)), *p.values)
    return {tuple(row)[1:]: row["since"] for row in rows}

"""Lanes and cohorts: made on first use, never deleted, so that an id once seen stays good."""

from __future__ import annotations

from interlock.domain.model import Labels
from interlock.store.connection import Connection

# DO NOTHING returns no row for what exists; the second arm reads it. A concurrent insert that neither arm sees
# makes the result empty, and the caller asks again.
_COHORT = """
WITH made_lane AS (
  INSERT INTO lane (tag, programs) VALUES ($1, $2::text[]) ON CONFLICT (tag, programs) DO NOTHING RETURNING id
), this_lane AS (
  SELECT id FROM made_lane UNION ALL SELECT id FROM lane WHERE tag = $1 AND programs = $2::text[] LIMIT 1
), made AS (
  INSERT INTO cohort (lane_id, owner_id, campaign, kind, kind_version)
  SELECT id, $3, $4, $5, $6 FROM this_lane
  ON CONFLICT ON CONSTRAINT cohort_labels DO NOTHING RETURNING id, lane_id
)
SELECT id, lane_id FROM made UNION ALL
SELECT c.id, c.lane_id FROM cohort c JOIN this_lane l ON l.id = c.lane_id
WHERE c.owner_id = $3 AND c.campaign IS NOT DISTINCT FROM $4 AND c.kind = $5 AND c.kind_version = $6
LIMIT 1"""


async def cohort_of(connection: Connection, labels: Labels) -> tuple[int, int]:
    """The ids of the cohort with these labels, and of its lane; both are made where they are new."""
    arguments = (
        labels.tag,
        sorted(set(labels.programs)),
        labels.owner_id,
        labels.campaign,
        labels.kind,
        labels.kind_version,
    )
    while True:
        row = await connection.fetchrow(_COHORT, *arguments)
        if row is not None:
            return row["id"], row["lane_id"]

"""New labels for records: tag, campaign, priority. The records of an old cohort follow to its new one together."""

from __future__ import annotations

from dataclasses import dataclass

from interlock.domain.lifecycle import RecordStatus
from interlock.domain.model import LISTED_REFUSALS, BulkOutcome, Labels
from interlock.domain.outcomes import Code, Operation, Situation
from interlock.store.connection import Connection
from interlock.store.filters import Parameters
from interlock.store.labels import cohort_of
from interlock.store.targets import Target, found, judge, not_mine
from interlock.store.transition import bulk_outcome


@dataclass(frozen=True, slots=True)
class Relabelling:
    """What changes: None leaves a label as it is; an empty ``campaign`` takes it away."""

    tag: str | None = None
    campaign: str | None = None
    priority: int | None = None

    def of(self, labels: Labels) -> Labels:
        """The labels after the change."""
        campaign = labels.campaign if self.campaign is None else self.campaign or None
        return Labels(
            self.tag or labels.tag,
            labels.programs,
            labels.owner_id,
            campaign,
            labels.kind,
            labels.kind_version,
        )


_COHORTS = """
WITH {found} spoken AS (SELECT DISTINCT cohort_id FROM found)
SELECT c.id, c.lane_id, l.tag, l.programs, c.owner_id, c.campaign, c.kind, c.kind_version
FROM spoken s JOIN cohort c ON c.id = s.cohort_id JOIN lane l ON l.id = c.lane_id"""

_RELABEL = """
WITH renamed AS MATERIALIZED (SELECT * FROM unnest({old}, {new}, {lanes}) AS m (cohort_id, new_cohort_id, new_lane_id)),
{found}
judged AS MATERIALIZED (
  SELECT f.id, f.status, f.attempt, {codes} AS code
  FROM found f JOIN cohort c ON c.id = f.cohort_id JOIN renamed m ON m.cohort_id = f.cohort_id
  JOIN record r ON r.part = 0 AND r.id = f.id
  UNION ALL SELECT id, NULL, NULL, code FROM missing
){moved}
SELECT code, status, count(*) AS n, max(attempt) AS attempt, (array_agg(id ORDER BY id))[:{listed}] AS ids
FROM judged GROUP BY code, status"""

_MOVED = """,
moved AS (
  UPDATE record r SET cohort_id = m.new_cohort_id, lane_id = m.new_lane_id, priority = coalesce({priority}, r.priority)
  FROM renamed m
  WHERE m.cohort_id = r.cohort_id AND r.part = 0 AND r.id = ANY(ARRAY(SELECT id FROM judged WHERE code = '{code}'))
)"""


_ANOTHER = 0
"""No cohort's id."""


async def relabel(connection: Connection, target: Target, change: Relabelling, *, dry_run: bool) -> BulkOutcome:
    """Give the records their new labels; MOVED counts those that changed. The caller owns the transaction."""
    everything = frozenset(RecordStatus)
    lock = "" if dry_run else "FOR NO KEY UPDATE OF r"
    p = Parameters()
    rows = await connection.fetch(_COHORTS.format(found=found(target, p, lock=lock, movable=everything)), *p.values)
    old, new, lanes = [], [], []
    for cohort_id, lane_id, tag, programs, *others in rows:
        labels = Labels(tag, tuple(programs), *others)
        changed = change.of(labels)
        made, lane = cohort_id, lane_id
        if changed != labels and target.viewer.may_act_on(labels.owner_id):
            # a dry run makes no cohort; that it would be another one is all that it needs to know
            made, lane = (_ANOTHER, _ANOTHER) if dry_run else await cohort_of(connection, changed)
        old.append(cohort_id)
        new.append(made)
        lanes.append(lane)
    p = Parameters()
    renamed = {
        "old": p.add(old, "int[]"),
        "new": p.add(new, "int[]"),
        "lanes": p.add(lanes, "int[]"),
    }
    priority = p.add(change.priority, "smallint")
    codes = judge(
        Operation.TRANSITION,
        {
            Situation.NOT_MINE: not_mine(target.viewer, p),
            Situation.ALREADY_THERE: f"m.new_cohort_id = f.cohort_id AND coalesce({priority}, r.priority) = r.priority",
            Situation.MOVABLE: "TRUE",
        },
    )
    moved = "" if dry_run else _MOVED.format(priority=priority, code=Code.MOVED)
    sql = _RELABEL.format(
        **renamed,
        found=found(target, p, lock=lock, movable=everything),
        codes=codes,
        moved=moved,
        listed=LISTED_REFUSALS,
    )
    outcome = bulk_outcome(await connection.fetch(sql, *p.values), dry_run=dry_run)
    target.check(outcome)
    return outcome

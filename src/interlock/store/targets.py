"""The records that a bulk operation is for, as CTEs: by id or by filter, locked in id order, judged in one CASE."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from interlock.domain.lifecycle import RecordStatus
from interlock.domain.model import BulkOutcome, RecordFilter
from interlock.domain.outcomes import Code, Operation, Situation, outcomes
from interlock.domain.roles import Capability, Principal
from interlock.store.connection import Again
from interlock.store.filters import Parameters, cohorts_where


@dataclass(frozen=True, slots=True)
class Target:
    """Exactly one of ``ids`` and ``where`` is given. A filter matches only what the viewer may act on."""

    viewer: Principal
    ids: Sequence[int] | None = None
    where: RecordFilter | None = None

    def check(self, outcome: BulkOutcome) -> None:
        """Raise Again unless every id has its answer.

        A record that was relabelled at the same moment may belong to a cohort that the snapshot does not know.
        """
        if self.ids is not None and outcome.matched != len(set(self.ids)):
            raise Again


def found(target: Target, p: Parameters, *, lock: str, movable: Collection[RecordStatus]) -> str:
    """The CTEs ``found`` (id, status, cohort_id, attempt) and ``missing`` (id, code).

    ``lock`` is a locking clause, or empty. By filter, what is in none of the ``movable`` statuses is found, but not
    locked.
    """
    if target.ids is not None:
        ids = p.add(list(target.ids), "bigint[]")
        return f"""
found AS MATERIALIZED (
  SELECT r.id, r.status, r.cohort_id, r.attempt FROM record r
  WHERE r.part = 0 AND r.id = ANY({ids}) ORDER BY r.id {lock}
),
missing AS (
  SELECT id, CASE WHEN EXISTS (SELECT FROM event e WHERE e.part = 0 AND e.record_id = m.id)
    THEN '{Code.GONE}' ELSE '{Code.NOT_FOUND}' END AS code
  FROM (SELECT unnest({ids}) AS id EXCEPT SELECT id FROM found) m
),"""
    assert target.where is not None
    wanted = target.where
    owned = "" if target.viewer.may(Capability.ACT_ON_ALL) else f" AND c.owner_id = {p.add(target.viewer.id, 'int')}"
    cohorts = f"""SELECT c.id FROM cohort c JOIN lane l ON l.id = c.lane_id
    WHERE {cohorts_where(wanted, p)}{owned}"""
    asked = set(RecordStatus) if wanted.status is None else set(wanted.status)
    lockable = asked & set(movable)
    errors = "" if wanted.error_type is None else f"AND r.error_type = ANY({p.add(list(wanted.error_type), 'text[]')})"
    if wanted.error_pattern is not None:
        errors += f" AND r.error_pattern = ANY({p.add(list(wanted.error_pattern), 'int[]')})"
    rows = f"""SELECT r.id, r.status, r.cohort_id, r.attempt FROM record r
  WHERE r.part = 0 AND r.cohort_id = ANY(ARRAY({cohorts})) {errors}"""
    return f"""
lockable AS MATERIALIZED (
  {rows} AND r.status = ANY({p.add(sorted(lockable), "record_status[]")}) ORDER BY r.id {lock}
),
found AS MATERIALIZED (
  SELECT * FROM lockable UNION ALL
  {rows} AND r.status = ANY({p.add(sorted(asked - lockable), "record_status[]")})
),
missing AS (SELECT NULL::bigint AS id, NULL::text AS code WHERE FALSE),"""


def judge(operation: Operation, conditions: Mapping[Situation, str]) -> str:
    """The CASE that gives each situation's code, in the outcome table's order; without condition it cannot occur."""
    whens = [
        f"WHEN {condition} THEN '{row.code}'"
        for row in outcomes(operation)
        if (condition := conditions.get(row.situation))
    ]
    return "CASE " + "\n      ".join(whens) + " END"


def not_mine(viewer: Principal, p: Parameters) -> str:
    """The condition on a cohort c under which a viewer may not act on its records; empty where there is none."""
    if not viewer.may(Capability.ACT_ON_OWN):
        return "TRUE"
    return "" if viewer.may(Capability.ACT_ON_ALL) else f"c.owner_id <> {p.add(viewer.id, 'int')}"

"""How a lease is found when it is returned or renewed: the outcome table's situations, as conditions."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from interlock.domain.lifecycle import RecordStatus
from interlock.domain.outcomes import Code, Operation, Situation, outcomes
from interlock.domain.retry import LEASE_EXPIRED, MANAGER_LEFT
from interlock.store.connection import Connection

_HAD_EVENTS = "EXISTS (SELECT FROM event e WHERE e.part = 0 AND e.record_id = g.record_id)"

LEASE_SITUATIONS = {
    Situation.NEVER_EXISTED: f"CASE WHEN r.id IS NULL THEN NOT {_HAD_EVENTS} "
    "ELSE a.record_id IS NULL OR a.claim_id <> g.claim_id END",
    Situation.NOT_MINE: "a.manager_id <> $2",
    Situation.WAS_KILLED: "r.id IS NULL",
    Situation.LEASE_HELD: f"a.ended_at IS NULL AND r.attempt = g.attempt AND r.status = '{RecordStatus.RUNNING}'",
    Situation.RETURNED_SAME: "a.digest = g.digest",
    Situation.RETURNED_OTHER: "a.digest IS NOT NULL",
    # a manager may return an error of these types, too
    Situation.LEASE_RAN_OUT: f"a.digest IS NULL AND a.error_type IN ('{LEASE_EXPIRED}', '{MANAGER_LEFT}')",
    Situation.LEASE_TAKEN_AWAY: "TRUE",
}
"""How a lease is found, as conditions on what was given (g), its record (r) and its attempt (a)."""


def judge(operation: Operation) -> str:
    """The CASE that gives each lease its code, in the outcome table's order."""
    whens = [f"WHEN {LEASE_SITUATIONS[row.situation]} THEN '{row.code}'" for row in outcomes(operation)]
    return "CASE " + "\n      ".join(whens) + " END"


def judgement(operation: Operation) -> str:
    """The statement that judges leases without taking anything: for :func:`judged`."""
    return f"""
SELECT {judge(operation)} AS code
FROM unnest($1::bigint[], $3::int[], $4::uuid[], $5::bytea[]) WITH ORDINALITY
  AS g (record_id, attempt, claim_id, digest, place)
LEFT JOIN record r ON r.part = 0 AND r.id = g.record_id
LEFT JOIN attempt a ON a.part = 0 AND a.record_id = g.record_id AND a.number = g.attempt
ORDER BY g.place"""


async def judged(
    connection: Connection, judgement: str, manager_id: int, leases: Sequence[tuple[int, int, UUID, bytes | None]]
) -> list[Code]:
    """The codes of leases (record id, attempt, claim id, digest) that could not be served, in the order given.

    In a snapshot of its own, so that it sees what the statement before it waited for.
    """
    if not leases:
        return []
    records, attempts, claims, digests = ([lease[i] for lease in leases] for i in range(4))
    rows = await connection.fetch(judgement, records, manager_id, attempts, claims, digests)
    return [Code(row["code"]) for row in rows]

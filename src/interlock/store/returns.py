"""Returned tasks: each is fenced by its lease, judged by the outcome table, and moved; one statement a batch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from interlock.domain.lifecycle import Action, RecordStatus
from interlock.domain.model import Act
from interlock.domain.outcomes import Code, Operation, Situation, outcomes
from interlock.domain.retry import ANY, LEASE_EXPIRED, MANAGER_LEFT, RetryRule
from interlock.store.acts import SET_ACT, act_setting
from interlock.store.connection import Again, Connection
from interlock.store.moving import source_list


@dataclass(frozen=True, slots=True)
class ReturnedTask:
    """What a manager says of one lease: a result as JSON text, or an error type with its message.

    ``digest`` identifies the content, so that a return sent twice is told from another one.
    """

    record_id: int
    attempt: int
    claim_id: UUID
    digest: bytes
    result: str | None = None
    error_type: str | None = None
    error_message: str | None = None
    traceback: str | None = None
    stdout: str | None = None
    stderr: str | None = None


_HAD_EVENTS = "EXISTS (SELECT FROM event e WHERE e.part = 0 AND e.record_id = g.record_id)"

LEASE_SITUATIONS = {
    Situation.NEVER_EXISTED: f"CASE WHEN r.id IS NULL THEN NOT {_HAD_EVENTS} "
    "ELSE a.record_id IS NULL OR a.claim_id <> g.claim_id END",
    Situation.NOT_MINE: "a.manager_id <> $2",
    Situation.WAS_KILLED: "r.id IS NULL",
    Situation.LEASE_HELD: f"a.ended_at IS NULL AND r.attempt = g.attempt AND r.status = '{RecordStatus.RUNNING}'",
    Situation.RETURNED_SAME: "a.digest = g.digest",
    Situation.RETURNED_OTHER: "a.digest IS NOT NULL",
    Situation.LEASE_RAN_OUT: f"a.error_type IN ('{LEASE_EXPIRED}', '{MANAGER_LEFT}')",
    Situation.LEASE_TAKEN_AWAY: "TRUE",
}
"""How a lease is found, as conditions on what was given (g), its record (r) and its attempt (a)."""


def judge(operation: Operation) -> str:
    """The CASE that gives each lease its code, in the outcome table's order."""
    whens = [f"WHEN {LEASE_SITUATIONS[row.situation]} THEN '{row.code}'" for row in outcomes(operation)]
    return "CASE " + "\n      ".join(whens) + " END"


POLICY = """policy AS MATERIALIZED (
  SELECT * FROM unnest({types}::text[], {retries}::int[], {backoff}::float8[], {factor}::float8[], {longest}::float8[])
    AS p (error_type, retries, backoff, factor, longest)
)"""

RETRY_AT = """(SELECT CASE WHEN p.retries > r.retries
    THEN {now} + least(p.backoff * p.factor ^ r.retries, p.longest) * interval '1 second' END
  FROM policy p WHERE p.error_type IN ({error_type}, '{any}') ORDER BY p.error_type = '{any}' LIMIT 1)"""


def policy_columns(policy: Sequence[RetryRule]) -> list[list[object]]:
    """The retry policy as the columns of :data:`POLICY`."""
    names = ("error_type", "retries", "backoff", "factor", "longest")
    return [[getattr(rule, name) for rule in policy] for name in names]


# What still holds its lease is moved at once: the record is locked by its own update, the attempt follows it, as in
# every other statement. A return that waited here for another move finds the record changed, and is judged below.
_ACCEPT = """
WITH act AS MATERIALIZED (SELECT {set_act} AS set, {now} AS now),
{policy},
given AS MATERIALIZED (
  SELECT DISTINCT ON (g.record_id, g.attempt) a.part, g.*
  FROM unnest($9::bigint[], $10::int[], $11::uuid[], $12::bytea[], $13::text[], $14::text[], $15::text[], $16::text[],
    $17::text[], $18::text[]) WITH ORDINALITY
    AS g (record_id, attempt, claim_id, digest, result, error_type, error_message, traceback, stdout, stderr, place)
  CROSS JOIN LATERAL (
    SELECT * FROM attempt a WHERE a.part = 0 AND a.record_id = g.record_id AND a.number = g.attempt OFFSET 0
  ) a
  WHERE a.claim_id = g.claim_id AND a.manager_id = $2 AND a.ended_at IS NULL
  ORDER BY g.record_id, g.attempt, g.place
),
moved AS (
  UPDATE record r SET since = act.now, error_type = g.error_type,
    status = (CASE WHEN g.error_type IS NULL THEN '{complete}' ELSE '{error}' END)::record_status,
    retry_at = CASE WHEN g.error_type IS NOT NULL THEN {retry_at} END
  FROM given g, act
  WHERE r.part = g.part AND r.id = g.record_id AND r.attempt = g.attempt AND r.status::text IN ({sources})
  RETURNING g.*
),
ended AS (
  UPDATE attempt a SET ended_at = act.now, digest = m.digest, error_type = m.error_type,
    outcome = CASE WHEN m.error_type IS NULL THEN '{complete}' ELSE '{error}' END,
    error_message = m.error_message, traceback = m.traceback, stdout = m.stdout, stderr = m.stderr
  FROM moved m, act WHERE a.part = m.part AND a.record_id = m.record_id AND a.number = m.attempt
),
results AS (
  INSERT INTO result (record_id, body) SELECT record_id, result::json FROM moved WHERE error_type IS NULL
),
counted AS (
  UPDATE manager m SET heartbeat_at = clock_timestamp(),
    completed = m.completed + (SELECT count(*) FROM moved WHERE error_type IS NULL),
    errors = m.errors + (SELECT count(*) FROM moved WHERE error_type IS NOT NULL)
  WHERE m.id = $2
)
SELECT place FROM moved"""

# In a snapshot of its own, so that it sees what the first statement waited for.
_JUDGE = f"""
SELECT {judge(Operation.RETURN)} AS code
FROM unnest($1::bigint[], $3::int[], $4::uuid[], $5::bytea[]) WITH ORDINALITY
  AS g (record_id, attempt, claim_id, digest, place)
LEFT JOIN record r ON r.part = 0 AND r.id = g.record_id
LEFT JOIN attempt a ON a.part = 0 AND a.record_id = g.record_id AND a.number = g.attempt
ORDER BY g.place"""

_SQL = _ACCEPT.format(
    set_act=SET_ACT,
    policy=POLICY.format(types="$4", retries="$5", backoff="$6", factor="$7", longest="$8"),
    complete=RecordStatus.COMPLETE,
    error=RecordStatus.ERROR,
    now="coalesce($3, clock_timestamp())",
    retry_at=RETRY_AT.format(now="act.now", error_type="g.error_type", any=ANY),
    sources=source_list(Action.COMPLETE),
)
_COLUMNS = (
    "record_id", "attempt", "claim_id", "digest", "result", "error_type", "error_message", "traceback", "stdout",
    "stderr",
)  # fmt: skip


async def return_tasks(
    connection: Connection,
    act: Act,
    manager_id: int,
    returned: Sequence[ReturnedTask],
    policy: Sequence[RetryRule],
    now: datetime | None,
) -> list[Code]:
    """Judge and accept the returns; the codes come in the order given."""
    columns = [[getattr(task, name) for task in returned] for name in _COLUMNS]
    rows = await connection.fetch(_SQL, act_setting(act), manager_id, now, *policy_columns(policy), *columns)
    codes = [Code.ACCEPTED] * len(returned)
    if len(rows) < len(returned):
        accepted = {row["place"] for row in rows}
        others = [i for i in range(len(returned)) if i + 1 not in accepted]
        asked = [[getattr(returned[i], name) for i in others] for name in _COLUMNS[:4]]
        judged = await connection.fetch(_JUDGE, asked[0], manager_id, *asked[1:])
        for i, row in zip(others, judged, strict=True):
            if row["code"] == Code.ACCEPTED:  # it came to be held only now
                raise Again
            codes[i] = Code(row["code"])
    return codes

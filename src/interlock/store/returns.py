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
from interlock.store.connection import Connection
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


_RETURN = """
WITH act AS MATERIALIZED (SELECT {set_act} AS set),
{policy},
given AS MATERIALIZED (
  SELECT g.* FROM unnest($9::bigint[], $10::int[], $11::uuid[], $12::bytea[], $13::text[], $14::text[], $15::text[],
    $16::text[], $17::text[], $18::text[]) WITH ORDINALITY
    AS g (record_id, attempt, claim_id, digest, result, error_type, error_message, traceback, stdout, stderr, place),
    act
),
locked AS MATERIALIZED (
  SELECT r.id, r.status, r.attempt, r.retries FROM record r
  WHERE r.part = 0 AND r.id = ANY(ARRAY(SELECT record_id FROM given)) ORDER BY r.id FOR UPDATE
),
-- after its record: a return that waited here for another one sees what that one made of the attempt
leases AS MATERIALIZED (
  SELECT a.* FROM attempt a
  WHERE a.part = 0 AND (a.record_id, a.number) IN (SELECT record_id, attempt FROM given)
    AND (SELECT count(*) FROM locked) >= 0 ORDER BY a.record_id FOR UPDATE OF a
),
judged AS MATERIALIZED (
  SELECT g.*, {judge} AS code,
    row_number() OVER same_lease AS turn, first_value(g.digest) OVER same_lease AS first_digest
  FROM given g LEFT JOIN locked r ON r.id = g.record_id
  LEFT JOIN leases a ON a.record_id = g.record_id AND a.number = g.attempt
  WINDOW same_lease AS (PARTITION BY g.record_id, g.attempt, g.claim_id ORDER BY g.place)
),
accepted AS MATERIALIZED (SELECT * FROM judged WHERE code = '{accepted}' AND turn = 1),
tasks AS (
  DELETE FROM task t WHERE t.part = 0
    AND t.record_id = ANY(ARRAY(SELECT record_id FROM accepted WHERE error_type IS NULL))
),
moved AS (
  UPDATE record r SET since = {now},
    status = (CASE WHEN j.error_type IS NULL THEN '{complete}' ELSE '{error}' END)::record_status,
    error_type = j.error_type,
    retry_at = CASE WHEN j.error_type IS NOT NULL THEN {retry_at} END
  FROM accepted j WHERE r.part = 0 AND r.id = j.record_id AND r.status IN ({sources})
),
ended AS (
  UPDATE attempt a SET ended_at = {now}, digest = j.digest, error_type = j.error_type,
    outcome = CASE WHEN j.error_type IS NULL THEN '{complete}' ELSE '{error}' END,
    error_message = j.error_message, traceback = j.traceback, stdout = j.stdout, stderr = j.stderr
  FROM accepted j WHERE a.part = 0 AND a.record_id = j.record_id AND a.number = j.attempt
),
results AS (
  INSERT INTO result (record_id, body) SELECT record_id, result::json FROM accepted WHERE error_type IS NULL
),
counted AS (
  UPDATE manager m SET heartbeat_at = clock_timestamp(),
    completed = m.completed + (SELECT count(*) FROM accepted WHERE error_type IS NULL),
    errors = m.errors + (SELECT count(*) FROM accepted WHERE error_type IS NOT NULL)
  WHERE m.id = $2
)
SELECT CASE WHEN turn = 1 OR code <> '{accepted}' THEN code WHEN digest = first_digest THEN '{again}' ELSE '{other}'
  END AS code
FROM judged ORDER BY place"""

_SQL = _RETURN.format(
    set_act=SET_ACT,
    policy=POLICY.format(types="$4", retries="$5", backoff="$6", factor="$7", longest="$8"),
    judge=judge(Operation.RETURN),
    accepted=Code.ACCEPTED,
    again=Code.ALREADY_ACCEPTED,
    other=Code.CONTENT_DIFFERS,
    complete=RecordStatus.COMPLETE,
    error=RecordStatus.ERROR,
    now="coalesce($3, clock_timestamp())",
    retry_at=RETRY_AT.format(now="coalesce($3, clock_timestamp())", error_type="j.error_type", any=ANY),
    sources=source_list(Action.COMPLETE),
)


async def return_tasks(
    connection: Connection,
    act: Act,
    manager_id: int,
    returned: Sequence[ReturnedTask],
    policy: Sequence[RetryRule],
    now: datetime | None,
) -> list[Code]:
    """Judge and accept the returns; the codes come in the order given."""
    columns = [
        [getattr(task, name) for task in returned]
        for name in (
            "record_id", "attempt", "claim_id", "digest", "result", "error_type", "error_message", "traceback",
            "stdout", "stderr",
        )
    ]  # fmt: skip
    rows = await connection.fetch(_SQL, act_setting(act), manager_id, now, *policy_columns(policy), *columns)
    return [Code(row["code"]) for row in rows]

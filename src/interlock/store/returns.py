"""Returned tasks: each is fenced by its lease, judged by the outcome table, and moved; one statement a batch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from interlock.domain.lifecycle import Action, RecordStatus
from interlock.domain.model import Act
from interlock.domain.outcomes import Code, Operation
from interlock.domain.retry import ANY, RETURNED_UNSTARTED, RetryRule
from interlock.store.acts import SET_ACT, act_setting
from interlock.store.connection import Again, Connection
from interlock.store.error_patterns import pattern_id
from interlock.store.leases import judged, judgement
from interlock.store.moving import source_list


@dataclass(frozen=True, slots=True)
class ReturnedTask:
    """What a manager says of one lease: a result as JSON text, or an error type with its message.

    ``pattern`` is what such messages have in common, interned. ``digest`` identifies the content, so that a return
    sent twice is told from another one.
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
    pattern: str | None = None

    @property
    def token(self) -> tuple[int, int, UUID]:
        """What stands for its lease."""
        return self.record_id, self.attempt, self.claim_id


POLICY = """policy AS MATERIALIZED (
  SELECT * FROM unnest({types}::text[], {retries}::int[], {backoff}::float8[], {factor}::float8[], {longest}::float8[])
    AS p (error_type, retries, backoff, factor, longest)
)"""

RETRY_AT = """(SELECT CASE WHEN p.retries > r.retries
    THEN {now} + least(p.backoff * p.factor ^ least(r.retries, {steepest}), p.longest) * interval '1 second' END
  FROM policy p WHERE p.error_type IN ({error_type}, '{any}') ORDER BY p.error_type = '{any}' LIMIT 1)"""


STEEPEST = 60
"""Retries after which a pause grows no more: by then it has its longest, or the factor is near 1."""


def policy_columns(policy: Sequence[RetryRule]) -> list[list[object]]:
    """The retry policy as the columns of :data:`POLICY`."""
    names = ("error_type", "retries", "backoff", "factor", "longest")
    return [[getattr(rule, name) for rule in policy] for name in names]


# What still holds its lease is moved at once: the record is locked by its own update, the attempt follows it, as in
# every other statement. A return that waited here for another move finds the record changed, and is judged below.
# What is given comes in the order of the records' ids, which is that of locks, and each lease once (see _in_order).
_ACCEPT = """
WITH act AS MATERIALIZED (SELECT {set_act} AS set, {now} AS now),
{policy},
given AS MATERIALIZED (
  SELECT a.part, g.*
  FROM unnest($9::bigint[], $10::int[], $11::uuid[], $12::bytea[], $13::text[], $14::text[], $15::text[], $16::text[],
    $17::text[], $18::text[], $19::text[]) WITH ORDINALITY
    AS g (record_id, attempt, claim_id, digest, result, error_type, error_message, traceback, stdout, stderr, pattern,
      place)
  CROSS JOIN LATERAL (
    SELECT * FROM attempt a WHERE a.part = 0 AND a.record_id = g.record_id AND a.number = g.attempt OFFSET 0
  ) a
  WHERE a.claim_id = g.claim_id AND a.manager_id = $2
),
moved AS (
  UPDATE record r SET since = act.now, error_type = g.error_type,
    error_pattern = CASE WHEN g.pattern IS NOT NULL THEN {pattern_id} END,
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
    errors = m.errors + (SELECT count(*) FROM moved WHERE error_type <> '{unstarted}')
  WHERE m.id = $2
)
SELECT place FROM moved"""

_SQL = _ACCEPT.format(
    set_act=SET_ACT,
    policy=POLICY.format(types="$4", retries="$5", backoff="$6", factor="$7", longest="$8"),
    complete=RecordStatus.COMPLETE,
    error=RecordStatus.ERROR,
    unstarted=RETURNED_UNSTARTED,
    now="coalesce($3, clock_timestamp())",
    retry_at=RETRY_AT.format(now="act.now", error_type="g.error_type", any=ANY, steepest=STEEPEST),
    sources=source_list(Action.COMPLETE),
    pattern_id=pattern_id("g.error_type", "g.pattern"),
)
_JUDGE = judgement(Operation.RETURN)
_COLUMNS = (
    "record_id", "attempt", "claim_id", "digest", "result", "error_type", "error_message", "traceback", "stdout",
    "stderr", "pattern",
)  # fmt: skip


def _in_order(returned: Sequence[ReturnedTask]) -> list[int]:
    """The places of what is returned, in the order of the records; of what bears the same token, the first."""
    first: dict[tuple[int, int, UUID], int] = {}
    for i, task in enumerate(returned):
        first.setdefault(task.token, i)
    return [first[token] for token in sorted(first)]


async def return_tasks(
    connection: Connection,
    act: Act,
    manager_id: int,
    returned: Sequence[ReturnedTask],
    policy: Sequence[RetryRule],
    now: datetime | None,
) -> list[Code]:
    """Judge and accept the returns; the codes come in the order given."""
    order = _in_order(returned)
    columns = [[getattr(returned[i], name) for i in order] for name in _COLUMNS]
    rows = await connection.fetch(_SQL, act_setting(act), manager_id, now, *policy_columns(policy), *columns)
    accepted = {order[row["place"] - 1] for row in rows}
    others = [i for i in range(len(returned)) if i not in accepted]
    codes = [Code.ACCEPTED] * len(returned)
    found = await _judged(connection, manager_id, [returned[i] for i in others])
    for i, code in zip(others, found, strict=True):
        if code == Code.ACCEPTED:  # it came to be held only now
            raise Again
        codes[i] = code
    return codes


async def are_held(connection: Connection, manager_id: int, returned: Sequence[ReturnedTask]) -> list[bool]:
    """Whether each bears a lease that this manager holds, in the order given; nothing is taken."""
    return [code == Code.ACCEPTED for code in await _judged(connection, manager_id, returned)]


async def _judged(connection: Connection, manager_id: int, returned: Sequence[ReturnedTask]) -> list[Code]:
    asked = [(task.record_id, task.attempt, task.claim_id, task.digest) for task in returned]
    return await judged(connection, _JUDGE, manager_id, asked)

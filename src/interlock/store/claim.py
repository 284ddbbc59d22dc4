"""The claim: tags in the manager's order, then priority, then age; what another claims at this moment is skipped."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from datetime import datetime
from uuid import UUID

from interlock.domain.lifecycle import Action, RecordStatus
from interlock.domain.model import ANY_TAG, Act
from interlock.store.acts import SET_ACT, act_setting
from interlock.store.bounded import bounded, within
from interlock.store.connection import Connection
from interlock.store.moving import set_list, source_list


@dataclass(frozen=True, slots=True)
class LeaseRow:
    """One claimed task with its lease; args and kwargs as JSON text."""

    record_id: int
    attempt: int
    claim_id: UUID
    expires_at: datetime
    function: str
    args: str
    kwargs: str
    programs: list[str]
    tag: str
    priority: int
    waited: float | None = field(default=None, compare=False)
    """Seconds that it was WAITING; None where it had been claimed before by the same key."""


_FIELDS = len(fields(LeaseRow))

# Where no two lanes have the same rank, one lane after the other is read in its index's order, and what is read is
# locked on the way, no more than is asked for; what another claim locked a moment ago is passed by. Between lanes of
# the same rank priority decides: candidates are read from each of them without locks, more of them than needed; then,
# in their order, one after the other is locked by its key until there are enough. Where others hold too many of them,
# such as a bulk call, the lanes are read on as without a tie: whoever waits gets something. The limit ends the reading.
# The literal limits keep the plan on the index. By key, the status is looked at again as text, which no index has:
# before the first ANALYZE, PostgreSQL would take the index of all that wait for each candidate.
# No attempt has the new number already, for numbers are never counted down: ON CONFLICT would look for one each time.
_CLAIM = """
WITH act AS MATERIALIZED (SELECT {set_act} AS set),
fresh AS MATERIALIZED ({fresh}),
me AS MATERIALIZED (
  SELECT m.id, m.tags, t.now, t.now + m.lease_seconds * interval '1 second' AS until,
    ARRAY(SELECT jsonb_object_keys(m.programs)) AS programs
  FROM manager m, fresh, act, (SELECT coalesce($4, clock_timestamp()) AS now) t WHERE m.id = $2 AND m.active
  FOR SHARE OF m -- a manager that leaves at this moment comes before, or finds these leases
),
lanes AS MATERIALIZED (
  SELECT l.id, l.tag, l.programs, coalesce(array_position(me.tags, l.tag), array_position(me.tags, '{any}')) AS rank
  FROM me, lane l WHERE l.programs <@ me.programs AND (l.tag = ANY(me.tags) OR '{any}' = ANY(me.tags))
),
tied AS MATERIALIZED (SELECT count(*) <> count(DISTINCT rank) AS any FROM lanes),
candidates AS MATERIALIZED (
  SELECT c.id, c.priority, lanes.id AS lane_id, lanes.rank FROM tied JOIN lanes ON tied.any CROSS JOIN LATERAL (
    SELECT r.id, r.priority FROM record r
    WHERE r.part = 0 AND r.lane_id = lanes.id AND r.status = '{waiting}'
    ORDER BY r.priority DESC, r.id LIMIT {window}
  ) c
  ORDER BY lanes.rank, c.priority DESC, c.id LIMIT {window}
),
picked AS MATERIALIZED (
  SELECT x.id FROM (SELECT l.id FROM tied JOIN lanes l ON NOT tied.any ORDER BY l.rank) l CROSS JOIN LATERAL (
    SELECT r.id FROM record r WHERE r.part = 0 AND r.lane_id = l.id AND r.status = '{waiting}'
    ORDER BY r.priority DESC, r.id LIMIT {limit} FOR NO KEY UPDATE OF r SKIP LOCKED
  ) x
  UNION ALL
  SELECT x.id FROM candidates c CROSS JOIN LATERAL (
    SELECT r.id FROM record r
    WHERE r.part = 0 AND r.id = c.id AND r.status::text IN ({sources}) AND r.lane_id = c.lane_id
    FOR NO KEY UPDATE OF r SKIP LOCKED
  ) x
  UNION ALL
  SELECT x.id FROM (SELECT l.id FROM tied JOIN lanes l ON tied.any ORDER BY l.rank, l.id) l CROSS JOIN LATERAL (
    SELECT r.id FROM record r WHERE r.part = 0 AND r.lane_id = l.id AND r.status = '{waiting}'
    ORDER BY r.priority DESC, r.id LIMIT {limit} FOR NO KEY UPDATE OF r SKIP LOCKED
  ) x LIMIT {limit}
),
claimed AS (
  UPDATE record r SET {moves} FROM me WHERE r.part = 0 AND r.id = ANY(ARRAY(SELECT id FROM picked))
  RETURNING r.id, r.attempt, r.lane_id, r.priority, old.since
),
leased AS (
  INSERT INTO attempt (record_id, number, manager_id, claim_id, claimed_at, lease_expires_at)
  SELECT c.id, c.attempt, $2, $3, me.now, me.until FROM claimed c, me
)
SELECT c.id, c.attempt, $3::uuid, me.until, t.function, t.args, t.kwargs, l.programs, l.tag, c.priority,
  extract(epoch FROM me.now - c.since)::float8{fits}
FROM me, claimed c JOIN task t ON t.part = 0 AND t.record_id = c.id JOIN lanes l ON l.id = c.lane_id
ORDER BY l.rank, c.priority DESC, c.id"""

# A key that was used before lets nothing be claimed; the leases it gave are read instead.
_FRESH_KEY = (
    "INSERT INTO claim (manager_id, key, claim_id) VALUES ($2, $5, $3) ON CONFLICT DO NOTHING RETURNING claim_id"
)
_NO_KEY = "SELECT $3::uuid AS claim_id"

_AGAIN = """
SELECT r.id, a.number, a.claim_id, a.lease_expires_at, t.function, t.args, t.kwargs, l.programs, l.tag, r.priority,
  NULL::float8
FROM claim k JOIN attempt a ON a.part = 0 AND a.manager_id = k.manager_id AND a.ended_at IS NULL
  AND a.claim_id = k.claim_id
JOIN record r ON r.part = 0 AND r.id = a.record_id AND r.attempt = a.number AND r.status = '{running}'
JOIN task t ON t.part = 0 AND t.record_id = r.id JOIN lane l ON l.id = r.lane_id
JOIN manager m ON m.id = k.manager_id
WHERE k.manager_id = $1 AND k.key = $2
ORDER BY coalesce(array_position(m.tags, l.tag), array_position(m.tags, '{any}')), r.priority DESC, r.id"""

# The size of most values is known without looking at them; only one that is compressed must be made whole for it.
_BYTES = " + ".join(
    f"CASE WHEN pg_column_compression(t.{name}) IS NULL THEN pg_column_size(t.{name}) "
    f"ELSE octet_length(t.{name}::text) END"
    for name in ("args", "kwargs")
)

WINDOW = 4
"""Candidates of the same rank per task asked for: room for claims that run at the same moment."""


def claim_sql(limit: int, *, keyed: bool, most: int) -> str:
    """The statement that claims up to ``limit`` tasks, and fails where these have more than ``most`` bytes.

    One alone may have any number: else it could never be claimed.
    """
    return _CLAIM.format(
        set_act=SET_ACT,
        fresh=_FRESH_KEY if keyed else _NO_KEY,
        any=ANY_TAG,
        waiting=RecordStatus.WAITING,
        window=limit * WINDOW,
        limit=int(limit),
        sources=source_list(Action.CLAIM),
        moves=set_list(Action.CLAIM, "me.now"),
        fits=f", {within(_BYTES, str(int(most)))}" if limit > 1 else "",
    )


async def claim(
    connection: Connection,
    act: Act,
    manager_id: int,
    claim_id: UUID,
    limit: int,
    key: str | None,
    now: datetime | None,
    most: int,
) -> list[LeaseRow]:
    """Claim up to ``limit`` tasks; a key used before gives the leases of its first call that still hold.

    Raises Outgrown where that many tasks have more than ``most`` bytes of arguments; then nothing was claimed.
    """
    arguments: list[object] = [act_setting(act), manager_id, claim_id, now]
    if key is not None:
        arguments.append(key)
    with bounded():
        rows = await connection.fetch(claim_sql(limit, keyed=key is not None, most=most), *arguments)
    if not rows and key is not None:
        rows = await connection.fetch(_AGAIN.format(running=RecordStatus.RUNNING, any=ANY_TAG), manager_id, key)
    return [LeaseRow(*row[:_FIELDS]) for row in rows]

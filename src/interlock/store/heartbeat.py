"""Heartbeats: one statement renews the leases that a manager holds and tells which of them it has lost, and why."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from interlock.domain.outcomes import Code, Operation
from interlock.store.connection import Connection
from interlock.store.leases import judge, judged, judgement

Token = tuple[int, int, UUID]
"""(record id, attempt number, claim id): what a lease token says."""

# A lease that ran out but was not reaped yet is renewed: only a transition revokes it. The attempt is locked
# before it is judged, so that a reaper at the same moment either comes before (and the lease is lost) or after
# (and finds it renewed).
_HEARTBEAT = f"""
WITH given AS MATERIALIZED (
  SELECT * FROM unnest($3::bigint[], $4::int[], $5::uuid[]) WITH ORDINALITY
    AS g (record_id, attempt, claim_id, place)
),
leases AS MATERIALIZED (
  SELECT a.* FROM attempt a
  WHERE a.part = 0 AND (a.record_id, a.number) IN (SELECT record_id, attempt FROM given)
  ORDER BY a.record_id FOR NO KEY UPDATE OF a
),
judged AS MATERIALIZED (
  SELECT g.*, {judge(Operation.HEARTBEAT)} AS code
  FROM given g LEFT JOIN record r ON r.part = 0 AND r.id = g.record_id
  LEFT JOIN leases a ON a.record_id = g.record_id AND a.number = g.attempt
),
beat AS (
  UPDATE manager SET heartbeat_at = coalesce($1, clock_timestamp()) WHERE id = $2
  RETURNING coalesce($1, clock_timestamp()) + lease_seconds * interval '1 second' AS expires_at
),
renewed AS (
  UPDATE attempt a SET lease_expires_at = beat.expires_at FROM judged j, beat
  WHERE a.part = 0 AND a.record_id = j.record_id AND a.number = j.attempt AND j.code = '{Code.RENEWED}'
)
SELECT (SELECT expires_at FROM beat) AS expires_at, ARRAY(SELECT code FROM judged ORDER BY place) AS codes"""

_JUDGE = judgement(Operation.HEARTBEAT)


async def heartbeat(
    connection: Connection, manager_id: int, tokens: Sequence[Token], now: datetime | None
) -> tuple[datetime, list[Code]]:
    """Renew; returns when the renewed leases run out, and the code of each token in the order given."""
    columns = [[token[i] for token in tokens] for i in range(3)]
    row = await connection.fetchrow(_HEARTBEAT, now, manager_id, *columns)
    assert row is not None
    codes = [Code(code) for code in row["codes"]]
    lost = [i for i, code in enumerate(codes) if code != Code.RENEWED]
    asked = [(*tokens[i], None) for i in lost]
    for i, code in zip(lost, await judged(connection, _JUDGE, manager_id, asked), strict=True):
        if code != Code.RENEWED:
            codes[i] = code
    return row["expires_at"], codes

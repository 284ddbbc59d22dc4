"""What the server does by its clock: leases that ran out, retries that are due, errors past their retention.

Each statement takes a bounded batch, skips what others have locked, and compares and swaps: any number of
servers may run them at once.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from interlock.domain.lifecycle import Action, RecordStatus
from interlock.domain.model import Act
from interlock.domain.retry import ANY, LEASE_EXPIRED, LEASE_REVOKED, MANAGER_LEFT, RetryRule
from interlock.store.acts import SET_ACT, act_setting
from interlock.store.connection import Connection
from interlock.store.error_patterns import own_pattern
from interlock.store.moving import set_list, source_list
from interlock.store.returns import POLICY, RETRY_AT, STEEPEST, policy_columns

BATCH = 1_000
_LISTED = 5


class Batch(int):
    """How many a statement moved on; ``ids`` are the first few of the records."""

    ids: Sequence[int] = ()


async def _batch(connection: Connection, sql: str, *arguments: object) -> Batch:
    row = await connection.fetchrow(sql, *arguments)
    assert row is not None
    batch = Batch(row["n"])
    batch.ids = row["ids"] or ()
    return batch


_NOW = "(SELECT coalesce($2, clock_timestamp()))"
"""As a subquery, without which no index would be led by it: what is volatile is asked anew for each row."""

_GIVE_UP = """
WITH act AS MATERIALIZED (SELECT {set_act} AS set),
{policy},
lost AS MATERIALIZED (
  SELECT a.record_id, a.number FROM act, attempt a JOIN record r ON r.part = 0 AND r.id = a.record_id
  WHERE a.part = 0 AND a.ended_at IS NULL AND {which}
    AND r.attempt = a.number AND r.status IN ({sources})
  LIMIT {batch} FOR UPDATE OF r, a {patience}
),
{pattern},
moved AS (
  UPDATE record r SET {moves}, error_type = '{error_type}', error_pattern = (SELECT id FROM pattern),
    retry_at = {retry_at}
  WHERE r.part = 0 AND r.id = ANY(ARRAY(SELECT record_id FROM lost)) AND r.status IN ({sources})
),
ended AS (
  UPDATE attempt a SET ended_at = {now}, outcome = '{error}', error_type = '{error_type}', error_message = $8
  FROM lost l WHERE a.part = 0 AND a.record_id = l.record_id AND a.number = l.number
)
SELECT count(*) AS n, (array_agg(record_id))[:{listed}] AS ids FROM lost"""


def _give_up(error_type: str, which: str, patience: str) -> str:
    return _GIVE_UP.format(
        set_act=SET_ACT,
        policy=POLICY.format(types="$3", retries="$4", backoff="$5", factor="$6", longest="$7"),
        which=which,
        patience=patience,
        batch=BATCH,
        listed=_LISTED,
        moves=set_list(Action.REPORT_ERROR, _NOW),
        error_type=error_type,
        error=RecordStatus.ERROR,
        sources=source_list(Action.REPORT_ERROR),
        retry_at=RETRY_AT.format(now=_NOW, error_type=f"'{error_type}'", any=ANY, steepest=STEEPEST),
        pattern=own_pattern(f"'{error_type}'", "$8::text", "lost"),  # what is said is the pattern
        now=_NOW,
    )


_EXPIRE = _give_up(LEASE_EXPIRED, f"a.lease_expires_at < {_NOW}", "SKIP LOCKED")
_LEAVE = _give_up(MANAGER_LEFT, "a.manager_id = $9", "-- waits: a manager leaves only once")


async def expire_leases(connection: Connection, act: Act, policy: Sequence[RetryRule], now: datetime | None) -> Batch:
    """Give up a batch of tasks whose lease ran out; returns how many."""
    message = "The manager did not renew its lease in time."
    return await _batch(connection, _EXPIRE, act_setting(act), now, *policy_columns(policy), message)


async def give_up_leases(
    connection: Connection, act: Act, manager_id: int, policy: Sequence[RetryRule], now: datetime | None
) -> Batch:
    """Give up a batch of the tasks that a leaving manager still holds; returns how many."""
    message = "The manager left before it returned this task."
    return await _batch(connection, _LEAVE, act_setting(act), now, *policy_columns(policy), message, manager_id)


# RUNNING without a lease comes from a change made without our statements; nobody would ever return it.
_EXPIRE_ORPHANS = f"""
WITH act AS MATERIALIZED (SELECT {SET_ACT} AS set),
{POLICY.format(types="$3", retries="$4", backoff="$5", factor="$6", longest="$7")},
orphans AS MATERIALIZED (
  SELECT r.id FROM act, record r
  WHERE r.part = 0 AND r.status IN ({source_list(Action.REPORT_ERROR)}) AND r.since < {_NOW} - $8::interval
    AND NOT EXISTS (
      SELECT FROM attempt a
      WHERE a.part = 0 AND a.record_id = r.id AND a.number = r.attempt AND a.ended_at IS NULL)
  LIMIT {BATCH} FOR UPDATE OF r SKIP LOCKED
),
moved AS (
  UPDATE record r SET {set_list(Action.REPORT_ERROR, _NOW)}, error_type = '{LEASE_EXPIRED}',
    error_pattern = NULL,
    retry_at = {RETRY_AT.format(now=_NOW, error_type=f"'{LEASE_EXPIRED}'", any=ANY, steepest=STEEPEST)}
  WHERE r.part = 0 AND r.id = ANY(ARRAY(SELECT id FROM orphans)) AND r.status IN ({source_list(Action.REPORT_ERROR)})
)
SELECT count(*) AS n, (array_agg(id))[:{_LISTED}] AS ids FROM orphans"""


async def expire_orphans(
    connection: Connection, act: Act, policy: Sequence[RetryRule], grace: timedelta, now: datetime | None
) -> Batch:
    """Give up a batch of running records that no lease stands behind, ``grace`` after they came to be so."""
    return await _batch(connection, _EXPIRE_ORPHANS, act_setting(act), now, *policy_columns(policy), grace)


# An attempt whose record was moved on without our statements: nobody ends it, and it would look like work.
_END_STRAYS = f"""
WITH strays AS MATERIALIZED (
  SELECT a.record_id, a.number FROM attempt a JOIN record r ON r.part = 0 AND r.id = a.record_id
  WHERE a.part = 0 AND a.ended_at IS NULL AND a.lease_expires_at < coalesce($1, clock_timestamp())
    AND (r.attempt <> a.number OR r.status <> '{RecordStatus.RUNNING}')
  LIMIT {BATCH} FOR UPDATE OF a SKIP LOCKED
),
ended AS (
  UPDATE attempt a SET ended_at = coalesce($1, clock_timestamp()), outcome = '{RecordStatus.ERROR}',
    error_type = '{LEASE_REVOKED}', error_message = 'The record was moved on while it was running.'
  FROM strays s WHERE a.part = 0 AND a.record_id = s.record_id AND a.number = s.number
)
SELECT count(*) AS n, (array_agg(record_id))[:{_LISTED}] AS ids FROM strays"""


async def end_strays(connection: Connection, now: datetime | None) -> Batch:
    """End a batch of attempts whose lease ran out after their record was moved on; returns how many."""
    return await _batch(connection, _END_STRAYS, now)


_RETRY_DUE = f"""
WITH act AS MATERIALIZED (SELECT {SET_ACT} AS set),
due AS MATERIALIZED (
  SELECT r.id FROM act, record r
  WHERE r.part = 0 AND r.status = '{RecordStatus.ERROR}' AND r.retry_at <= {_NOW}
  ORDER BY r.retry_at LIMIT {BATCH} FOR NO KEY UPDATE OF r SKIP LOCKED
),
moved AS (
  UPDATE record r SET {set_list(Action.RETRY, _NOW, retries="r.retries + 1")}
  WHERE r.part = 0 AND r.id = ANY(ARRAY(SELECT id FROM due)) AND r.status IN ({source_list(Action.RETRY)})
)
SELECT count(*) AS n, (array_agg(id))[:{_LISTED}] AS ids FROM due"""


async def retry_due(connection: Connection, act: Act, now: datetime | None) -> Batch:
    """Put a batch of errors whose retry is due back into the queue; returns how many."""
    return await _batch(connection, _RETRY_DUE, act_setting(act), now)


_HAND_BACK = f"""
WITH act AS MATERIALIZED (SELECT {SET_ACT} AS set)
UPDATE record r SET {set_list(Action.RETRY, _NOW, retries="r.retries")} FROM act
WHERE r.part = 0 AND r.id = ANY($3::bigint[]) AND r.status IN ({source_list(Action.RETRY)})"""


async def hand_back(connection: Connection, act: Act, ids: Sequence[int], now: datetime | None) -> None:
    """Queue tasks again that were returned unstarted: outside the retry budget."""
    await connection.execute(_HAND_BACK, act_setting(act), now, list(ids))


_FAIL_OLD = f"""
WITH act AS MATERIALIZED (SELECT {SET_ACT} AS set),
due AS MATERIALIZED (
  SELECT r.id FROM act, record r
  WHERE r.part = 0 AND r.status = '{RecordStatus.ERROR}' AND r.since < {_NOW} - $3::interval
  ORDER BY r.since LIMIT {BATCH} FOR UPDATE OF r SKIP LOCKED
),
moved AS (
  UPDATE record r SET {set_list(Action.FAIL, _NOW)}
  WHERE r.part = 0 AND r.id = ANY(ARRAY(SELECT id FROM due)) AND r.status IN ({source_list(Action.FAIL)})
)
SELECT count(*) AS n, (array_agg(id))[:{_LISTED}] AS ids FROM due"""


async def fail_old(connection: Connection, act: Act, retention: timedelta, now: datetime | None) -> Batch:
    """Fail a batch of records that stayed in ERROR longer than ``retention``; returns how many."""
    return await _batch(connection, _FAIL_OLD, act_setting(act), now, retention)


_FORGET = """
WITH keys AS (DELETE FROM idempotency WHERE at < clock_timestamp() - $1::interval),
claims AS (DELETE FROM claim WHERE at < clock_timestamp() - $1::interval)
SELECT 1"""


async def forget_keys(connection: Connection, after: timedelta) -> None:
    """Drop idempotency and claim keys that had their time."""
    await connection.execute(_FORGET, after)

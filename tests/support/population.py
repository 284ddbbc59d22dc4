"""A database with many records of every status, labels, tasks, attempts, and the history that led to each.

It is written past the guards, which are off for the load and laid anew after it; all that it writes is what the
guards would have let through, so that counts, feed and lists are as if the records had lived. There are as many
labels at every size, and what is rare is as rare: sizes differ in nothing but the number of records.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping

import asyncpg

from interlock.domain.lifecycle import RecordStatus
from interlock.domain.model import RecordFilter
from interlock.store.connection import Connection
from interlock.store.feed import write_tick
from interlock.store.guards import guards_sql
from interlock.store.leading import try_lead
from interlock.store.migrate import SCHEMA

Shares = Mapping[str, int]
"""How many of 1,000 records are in each status."""

BUSY: Shares = {"WAITING": 450, "COMPLETE": 350, "HOLD": 70, "RUNNING": 50, "ERROR": 50, "FAILED": 30}
AT_REST: Shares = {"COMPLETE": 850, "WAITING": 120, "RUNNING": 10, "HOLD": 10, "ERROR": 5, "FAILED": 5}

CAMPAIGNS = 200
"""From campaign-1, which has every eighth record, to campaign-199; and one that has five records at any size."""
TINY = "tiny"
RARE = "rare"
"""The error type of five records in ERROR, at any size."""

FILTERS = {
    "all": RecordFilter(),
    "COMPLETE": RecordFilter(status=(RecordStatus.COMPLETE,)),
    "ERROR": RecordFilter(status=(RecordStatus.ERROR,)),
    "two statuses": RecordFilter(status=(RecordStatus.HOLD, RecordStatus.FAILED)),
    "tag": RecordFilter(tag=("gpu",)),
    "large campaign": RecordFilter(campaign=("campaign-1",)),
    "small campaign": RecordFilter(campaign=("campaign-150",)),
    "tiny campaign": RecordFilter(campaign=(TINY,)),
    "two campaigns": RecordFilter(campaign=("campaign-2", "campaign-9")),
    "owner": RecordFilter(owner=("owner-1",)),
    "frequent kind": RecordFilter(kind=("python",)),
    "other kind": RecordFilter(kind=("qcschema",)),
    "error type": RecordFilter(error_type=("timeout",)),
    "rare error type": RecordFilter(error_type=(RARE,)),
    "error type of a campaign": RecordFilter(campaign=("campaign-1",), error_type=("timeout", "input_error")),
    "status of a campaign": RecordFilter(campaign=("campaign-1",), status=(RecordStatus.WAITING,)),
    "rare status of an owner": RecordFilter(owner=("owner-1",), status=(RecordStatus.ERROR, RecordStatus.HOLD)),
    "rare status of a kind": RecordFilter(kind=("python",), status=(RecordStatus.HOLD,)),
    "tag of an owner": RecordFilter(owner=("owner-2",), tag=("small",)),
    "error pattern": RecordFilter(error_pattern=(5,)),
    "rare error pattern": RecordFilter(error_pattern=(6,)),
    "error patterns of a campaign": RecordFilter(campaign=("campaign-1",), error_pattern=(5, 3)),
    "error pattern of a type": RecordFilter(error_type=("timeout",), error_pattern=(5, 6)),
    "no such campaign": RecordFilter(campaign=("none",)),
    "no such status": RecordFilter(campaign=(TINY,), status=(RecordStatus.FAILED,)),
    "no such error type": RecordFilter(error_type=("none",)),
    "no such error pattern": RecordFilter(error_pattern=(7,)),
    "error pattern of another type": RecordFilter(error_type=("none",), error_pattern=(5,)),
}
"""What one may ask for: of every label, frequent and rare, together, and without an answer."""

_CHUNK = 100_000

_LABELS = f"""
INSERT INTO principal (name, role) SELECT 'owner-' || i, 'SUBMITTER' FROM generate_series(0, 19) i;
INSERT INTO principal (name, role) VALUES ('cluster', 'MANAGER');
INSERT INTO manager (principal_id, name, tags, programs, lease_seconds)
  SELECT id, 'node-' || i, '{{*}}', '{{}}', 86400 FROM principal, generate_series(1, 4) i WHERE name = 'cluster';
INSERT INTO error_pattern (error_type, message) SELECT type, 'It says what went wrong: ' || type
  FROM unnest('{{scf_convergence,memory_limit,input_error,lease_expired,timeout,{RARE}}}'::text[])
    WITH ORDINALITY AS t (type, place) ORDER BY place;
INSERT INTO lane (tag, programs) SELECT tag, programs
  FROM unnest('{{default,small,large,gpu,openff,spice}}'::text[]) tag, (VALUES ('{{}}'::text[]), ('{{psi4}}')) p (programs);
INSERT INTO cohort (lane_id, owner_id, campaign, kind, kind_version)
  SELECT lanes[1 + (c + 5 * turn) % 12], (SELECT id FROM principal WHERE name = 'owner-' || c % 20),
    CASE c WHEN 0 THEN '{TINY}' ELSE 'campaign-' || c END, CASE WHEN c BETWEEN 20 AND 60 THEN 'qcschema' ELSE 'python' END, 1
  FROM generate_series(0, {CAMPAIGNS - 1}) c, generate_series(0, 2) turn,
    (SELECT array_agg(id ORDER BY id) AS lanes FROM lane) l
  ORDER BY c, turn;
INSERT INTO status_count (cohort_id, status, n) -- once there was a record in each
  SELECT id, status, 0 FROM cohort, unnest(enum_range(NULL::record_status)) status;
"""

# What each record is to be, in the order of submission over the last ten days, one campaign after the other.
_PLAN = """
SELECT setseed(0.5);
CREATE TEMP TABLE plan ON COMMIT DROP AS
SELECT i AS id, status,
  CASE WHEN status IN ('WAITING', 'HOLD') THEN 0 WHEN luck < 0.8 THEN 1 ELSE 2 END AS attempt,
  cohorts[1 + 3 * campaign + floor(random() * 3)::int] AS cohort_id,
  (ARRAY[3, 5, 5, 5, 7])[1 + floor(random() * 5)::int] AS priority,
  managers[1 + floor(random() * cardinality(managers))::int] AS manager_id,
  CASE WHEN i % ({number} / 5) = 2 THEN '{rare}' WHEN status IN ('ERROR', 'FAILED') THEN
    (ARRAY['scf_convergence', 'memory_limit', 'input_error', 'lease_expired', 'timeout'])[1 + floor(random() * 5)::int]
  END AS error_type,
  submitted, submitted + random() * (now() - submitted) AS since
FROM (
  SELECT i, random() AS luck, now() - interval '10 days' * (1 - i::float / {number}) AS submitted,
    CASE WHEN i % ({number} / 5) = 1 THEN 0 ELSE floor({campaigns} ^ ((i - 1)::float / {number}))::int END AS campaign,
    CASE WHEN i % ({number} / 5) = 2 THEN 'ERROR' {statuses} END::record_status AS status
  FROM (SELECT i, random() * 1000 AS bucket FROM generate_series({first}, {last}) i) n
) drawn, (SELECT array_agg(id ORDER BY id) AS cohorts FROM cohort) c,
  (SELECT array_agg(id ORDER BY id) AS managers FROM manager) m;
"""

_ROWS = """
INSERT INTO record (id, status, priority, retries, cohort_id, lane_id, attempt, since, submitted_at, error_type,
    error_pattern)
  SELECT p.id, status, priority, greatest(attempt - 1, 0), cohort_id, c.lane_id, attempt, since, submitted, p.error_type,
    e.id
  FROM plan p JOIN cohort c ON c.id = p.cohort_id LEFT JOIN error_pattern e ON e.error_type = p.error_type
  ORDER BY p.id;
INSERT INTO specification (record_id, body)
  SELECT id, json_build_object('function', 'math:sqrt', 'args', json_build_array(id), 'kwargs', '{}'::json,
    'programs', '[]'::json) FROM plan ORDER BY id;
INSERT INTO result (record_id, body) SELECT id, to_json(sqrt(id)) FROM plan WHERE status = 'COMPLETE' ORDER BY id;
INSERT INTO task (record_id, function, args, kwargs)
  SELECT id, 'math:sqrt', json_build_array(id), '{}' FROM plan
  WHERE status IN ('WAITING', 'RUNNING', 'ERROR', 'HOLD') ORDER BY id;
INSERT INTO attempt (record_id, number, manager_id, claim_id, claimed_at, lease_expires_at, ended_at, outcome,
    error_type, error_message)
  SELECT id, number, manager_id, gen_random_uuid(), since, now() + interval '1 day',
    CASE WHEN outcome IS NOT NULL THEN since END, outcome, failed, 'It says what went wrong: ' || failed
  FROM plan, generate_series(1, attempt) number,
    LATERAL (SELECT CASE WHEN number < attempt OR status IN ('ERROR', 'FAILED') THEN 'ERROR'
      WHEN status = 'COMPLETE' THEN 'COMPLETE' END AS outcome) o,
    LATERAL (SELECT CASE WHEN outcome = 'ERROR' THEN coalesce(error_type, 'timeout') END AS failed) f
  ORDER BY id, number;
"""

# Every record was submitted; each attempt was claimed; all but the last failed and were tried again; then the end.
_HISTORY = """
INSERT INTO event (record_id, from_status, to_status, action, actor, attempt, cohort_id, at, who)
SELECT id, source, target, action, actor, number, cohort_id, submitted + (since - submitted) * (step / 10.0), 'load'
FROM plan, LATERAL (
  SELECT 0 AS step, NULL::record_status AS source, 'WAITING'::record_status AS target, 'SUBMIT'::action AS action,
    'USER'::actor_kind AS actor, 0 AS number
  UNION ALL SELECT 3 * number, 'WAITING', 'RUNNING', 'CLAIM', 'MANAGER', number FROM generate_series(1, attempt) number
  UNION ALL SELECT 4, 'RUNNING', 'ERROR', 'REPORT_ERROR', 'MANAGER', 1 WHERE attempt > 1
  UNION ALL SELECT 5, 'ERROR', 'WAITING', 'RETRY', 'SERVER', 1 WHERE attempt > 1
  UNION ALL SELECT 9, 'RUNNING', 'COMPLETE', 'COMPLETE', 'MANAGER', attempt WHERE status = 'COMPLETE'
  UNION ALL SELECT 9, 'RUNNING', 'ERROR', 'REPORT_ERROR', 'MANAGER', attempt WHERE status IN ('ERROR', 'FAILED')
  UNION ALL SELECT 10, 'ERROR', 'FAILED', 'FAIL', 'USER', attempt WHERE status = 'FAILED'
  UNION ALL SELECT 10, 'WAITING', 'HOLD', 'HOLD', 'USER', 0 WHERE status = 'HOLD'
) steps ORDER BY step, id;
"""

_GUARDED = ("record", "task", "event")
_INDEXES = """
SELECT indexrelid::regclass::text AS name, pg_get_indexdef(indexrelid) AS made FROM pg_index
WHERE indrelid IN ('record'::regclass, 'attempt'::regclass, 'event'::regclass) AND NOT indisunique"""


def _plan(number: int, shares: Shares, first: int) -> str:
    below, statuses = 0, []
    for status, share in shares.items():
        below += share
        statuses.append(f"WHEN bucket < {below} THEN '{status}'")
    last = min(first + _CHUNK - 1, number)
    return _PLAN.format(
        number=number, campaigns=CAMPAIGNS, rare=RARE, statuses=" ".join(statuses), first=first, last=last
    )


async def _tick(connection: Connection, records: int) -> None:
    """Have all events counted: by the server's ticker, or as one where no server is up."""
    if await try_lead(connection):
        await write_tick(connection)
    while await connection.fetchval("SELECT coalesce(sum(n), 0) FROM status_count") < records:  # noqa: ASYNC110
        await asyncio.sleep(0.1)  # the ticker is another process's


def _silent(_: int) -> None: ...


async def populate(
    database: str, number: int, shares: Shares = BUSY, progress: Callable[[int], None] = _silent
) -> None:
    """Fill an empty, migrated database with records 1 to ``number``; back when all of them are counted.

    Indexes that are not unique are built after the load, which is quicker and leaves them as a REINDEX would.
    """
    connection = await asyncpg.connect(database, server_settings={"search_path": SCHEMA, "timezone": "UTC"})
    try:
        indexes = await connection.fetch(_INDEXES)
        for table in _GUARDED:
            await connection.execute(f"ALTER TABLE {table} DISABLE TRIGGER ALL")
        for index in indexes:
            await connection.execute(f"DROP INDEX {index['name']}")
        await connection.execute(_LABELS)
        for first in range(1, number + 1, _CHUNK):
            async with connection.transaction():
                for part in (_plan(number, shares, first), _ROWS, _HISTORY):
                    await connection.execute(part)
            await _tick(connection, min(first + _CHUNK - 1, number))
            progress(min(first + _CHUNK - 1, number))
        await connection.execute(f"SELECT setval(pg_get_serial_sequence('record', 'id'), {number})")
        await connection.execute("SET maintenance_work_mem = '1GB'")
        for index in indexes:
            await connection.execute(index["made"])
        await connection.execute(guards_sql(SCHEMA))
        await connection.execute("VACUUM ANALYZE")
    finally:
        await connection.close()

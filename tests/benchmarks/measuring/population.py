"""A database with many records of every status, labels, tasks, attempts, and the history that led to each.

It is written past the guards, which are off for the load and laid anew after it; all that it writes is what the
guards would have let through, so that counts, feed and lists are as if the records had lived.
"""

from __future__ import annotations

import asyncio

import asyncpg

from interlock.store.guards import guards_sql
from interlock.store.migrate import SCHEMA

_LABELS = """
INSERT INTO principal (name, role) SELECT 'owner-' || i, 'SUBMITTER' FROM generate_series(1, 5) i;
INSERT INTO principal (name, role) VALUES ('cluster', 'MANAGER');
INSERT INTO manager (principal_id, name, tags, programs, lease_seconds)
  SELECT id, 'node-' || i, '{*}', '{}', 86400 FROM principal, generate_series(1, 4) i WHERE name = 'cluster';
INSERT INTO lane (tag, programs) SELECT tag, programs
  FROM unnest('{default,small,large,gpu}'::text[]) tag, (VALUES ('{}'::text[]), ('{psi4}')) p (programs);
INSERT INTO cohort (lane_id, owner_id, campaign, kind, kind_version)
  SELECT l.id, p.id, campaign, 'python', 1
  FROM lane l, principal p, unnest('{solvents,peptides,dyes,NULL}'::text[]) campaign WHERE p.role = 'SUBMITTER';
"""

# What each record is to be, in the order of submission over the last ten days.
_PLAN = """
SELECT setseed(0.5);
CREATE TEMP TABLE plan ON COMMIT DROP AS
SELECT i AS id, status,
  CASE WHEN status IN ('WAITING', 'HOLD') THEN 0 WHEN luck < 0.8 THEN 1 ELSE 2 END AS attempt,
  cohorts[1 + floor(random() * cardinality(cohorts))::int] AS cohort_id,
  (ARRAY[3, 5, 5, 5, 7])[1 + floor(random() * 5)::int] AS priority,
  managers[1 + floor(random() * cardinality(managers))::int] AS manager_id,
  CASE WHEN status IN ('ERROR', 'FAILED') THEN
    (ARRAY['scf_convergence', 'memory_limit', 'input_error', 'lease_expired', 'timeout'])[1 + floor(random() * 5)::int]
  END AS error_type,
  submitted, submitted + random() * (now() - submitted) AS since
FROM (
  SELECT i, random() AS luck, now() - interval '10 days' * (1 - i::float / {number}) AS submitted,
    CASE WHEN bucket < 0.45 THEN 'WAITING' WHEN bucket < 0.80 THEN 'COMPLETE' WHEN bucket < 0.87 THEN 'HOLD'
      WHEN bucket < 0.92 THEN 'RUNNING' WHEN bucket < 0.97 THEN 'ERROR' ELSE 'FAILED' END::record_status AS status
  FROM (SELECT i, random() AS bucket FROM generate_series(1, {number}) i) n
) drawn, (SELECT array_agg(id ORDER BY id) AS cohorts FROM cohort) c,
  (SELECT array_agg(id ORDER BY id) AS managers FROM manager) m;
"""

_ROWS = """
INSERT INTO record (id, status, priority, retries, cohort_id, lane_id, attempt, since, submitted_at, error_type)
  SELECT p.id, status, priority, greatest(attempt - 1, 0), cohort_id, c.lane_id, attempt, since, submitted, error_type
  FROM plan p JOIN cohort c ON c.id = p.cohort_id ORDER BY p.id;
SELECT setval(pg_get_serial_sequence('record', 'id'), {number});
INSERT INTO specification (record_id, body)
  SELECT id, json_build_object('function', 'math:sqrt', 'args', json_build_array(id), 'kwargs', '{{}}'::json,
    'programs', '[]'::json) FROM plan ORDER BY id;
INSERT INTO result (record_id, body) SELECT id, to_json(sqrt(id)) FROM plan WHERE status = 'COMPLETE' ORDER BY id;
INSERT INTO task (record_id, function, args, kwargs)
  SELECT id, 'math:sqrt', json_build_array(id), '{{}}' FROM plan
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


async def populate(database: str, number: int) -> None:
    """Fill an empty, migrated database, whose server is up, with records 1 to ``number``; back when they are counted."""
    connection = await asyncpg.connect(database, server_settings={"search_path": SCHEMA, "timezone": "UTC"})
    try:
        async with connection.transaction():
            for table in _GUARDED:
                await connection.execute(f"ALTER TABLE {table} DISABLE TRIGGER ALL")
            for part in (_LABELS, _PLAN.format(number=number), _ROWS.format(number=number), _HISTORY):
                await connection.execute(part)
            await connection.execute(guards_sql(SCHEMA))
        await connection.execute("VACUUM ANALYZE")
        while await connection.fetchval("SELECT coalesce(sum(n), 0) FROM status_count") < number:  # noqa: ASYNC110
            await asyncio.sleep(0.1)  # the ticker is another process's
    finally:
        await connection.close()

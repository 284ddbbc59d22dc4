"""The only two ways in which events change: they expire, and they are re-based after a restore; and what tells of one.

Both are functions of the migrator's; the application's role may call them, but cannot change an event itself.

Laid by every ``interlock migrate``, as the guards are.
"""

from __future__ import annotations

_EXPIRE = """
CREATE OR REPLACE FUNCTION expire_history(retention interval) RETURNS bigint
LANGUAGE sql SECURITY DEFINER SET search_path = {schema}, pg_temp AS $$
WITH settings AS (SELECT set_config('interlock.history', 'expire', true)),
-- ticks grow old in their order: where the first are young, none is looked for further on
old AS MATERIALIZED (
  SELECT t.id, t.prev, t.snap, t.seq_from, t.seq_to FROM (SELECT * FROM tick ORDER BY id LIMIT 20) t, settings
  WHERE t.at < clock_timestamp() - retention AND t.id < (SELECT max(id) FROM tick)
),
-- OFFSET 0 keeps the bounds of a chunk inside, where the index can use them
gone AS (
  DELETE FROM event e USING old, LATERAL (
    SELECT b.xid, b.seq, b.part FROM events_between(old.prev, old.snap) b
    WHERE b.seq BETWEEN old.seq_from AND old.seq_to OFFSET 0
  ) x WHERE e.xid = x.xid AND e.seq = x.seq AND e.part = x.part
),
relabels AS (
  DELETE FROM relabel e USING (SELECT DISTINCT ON (snap::text) prev, snap FROM old) o, LATERAL (
    SELECT b.xid, b.seq, b.part FROM relabels_between(o.prev, o.snap) b OFFSET 0
  ) x WHERE e.xid = x.xid AND e.seq = x.seq AND e.part = x.part
),
ticks AS (DELETE FROM tick t USING old WHERE t.id = old.id)
SELECT count(*) FROM old
$$;
"""

# Nobody writes events meanwhile. In its own snapshot a transaction counts as ended as soon as a later one has ended,
# so that its id is put among those that still run: all events are new to the next tick.
_REBASE = """
CREATE OR REPLACE FUNCTION rebase_history() RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = {schema}, pg_temp AS $$
BEGIN
LOCK TABLE record, event, relabel IN SHARE ROW EXCLUSIVE MODE;
PERFORM set_config('interlock.history', 'rebase', true);
UPDATE event SET xid = pg_current_xact_id();
DELETE FROM relabel;
DELETE FROM tick;
INSERT INTO tick (id, prev, snap, first_pos, n, seq_from, seq_to)
SELECT 0, before, before, 1, 0, 0, 0 FROM pg_current_snapshot() AS now, LATERAL (
  SELECT format('%s:%s:%s', pg_snapshot_xmin(now), pg_snapshot_xmax(now), string_agg(x::text, ',' ORDER BY x))
    ::pg_snapshot AS before
  FROM (SELECT pg_snapshot_xip(now) UNION SELECT pg_current_xact_id()) running (x) WHERE x < pg_snapshot_xmax(now)
) s;
DELETE FROM throughput;
DELETE FROM status_count;
INSERT INTO status_count (part, cohort_id, status, n)
SELECT part, cohort_id, status, sum(d) FROM (
  SELECT part, cohort_id, status, 1 AS d FROM record
  UNION ALL SELECT part, cohort_id, from_status, 1 FROM event WHERE from_status IS NOT NULL
  UNION ALL SELECT part, cohort_id, to_status, -1 FROM event WHERE to_status IS NOT NULL
) x GROUP BY part, cohort_id, status;
END $$;
"""

# A restored base backup has its cluster's identifier and, unless it was recovered to a point in time, its timeline.
# What it began from is in a file that PostgreSQL leaves; to read that takes a superuser, or pg_read_server_files.
_RESTORED = """
CREATE OR REPLACE FUNCTION restored_from() RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = {schema}, pg_temp AS $$
BEGIN
  RETURN left(md5(pg_read_file('backup_label.old', true)), 8);
EXCEPTION WHEN insufficient_privilege THEN
  RETURN NULL;
END $$;
"""

_GRANTS = """
REVOKE EXECUTE ON FUNCTION expire_history(interval), rebase_history(), restored_from() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION expire_history(interval), rebase_history(), restored_from() TO {role};
REVOKE INSERT, UPDATE, DELETE ON event, relabel FROM {role};
REVOKE UPDATE, DELETE ON tick FROM {role};
"""


def history_sql(schema: str, role: str) -> str:
    """The functions, and the rights to them, as one idempotent script; after the general grants."""
    return (_EXPIRE + _REBASE + _RESTORED + _GRANTS).format(schema=schema, role=role)

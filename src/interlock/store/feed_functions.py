"""The feed inside the database: ticks give every event one dense position, and count on the way.

The way of PgQ (Skype's queue for PostgreSQL): one elected ticker notes snapshots; the events between two
snapshots, ordered by seq, are the next positions. A plain increasing id would lose events, because a lower id
can commit later; here a late commit falls into a later tick, and an open transaction stalls nobody.

Laid by every ``interlock migrate``, as the guards are.
"""

from __future__ import annotations

TICK_CHUNK = 5_000
"""Positions in one tick row at most: what reading any page of the feed has to sort."""

CHANNEL = "interlock_feed"
"""The ticker sends one NOTIFY a tick; a trigger never does, it would take a global lock in every commit."""

THROUGHPUT_KEPT = "8 days"
"""What is older is not counted by the minute, when all events come anew after a restore."""


def in_steps(step: str, moment: str) -> str:
    """The beginning of the step of time in which a moment lies, as an expression; steps are counted from 1970."""
    return f"date_bin({step}, {moment}, timestamptz 'epoch')"


_BETWEEN = """
CREATE OR REPLACE FUNCTION {table}s_between(earlier pg_snapshot, later pg_snapshot) RETURNS SETOF {table}
LANGUAGE sql STABLE ROWS 50 AS $$
  SELECT * FROM {table} e
  WHERE e.xid >= pg_snapshot_xmax(earlier) AND e.xid < pg_snapshot_xmax(later)
    AND pg_visible_in_snapshot(e.xid, later)
  UNION ALL
  SELECT * FROM {table} e
  WHERE e.xid = ANY (ARRAY(SELECT pg_snapshot_xip(earlier))) AND pg_visible_in_snapshot(e.xid, later)
$$;
"""

_TICK = f"""
CREATE OR REPLACE FUNCTION write_tick() RETURNS bigint LANGUAGE sql AS $$
  WITH last AS (SELECT id, snap, first_pos + n AS next_pos FROM tick ORDER BY id DESC LIMIT 1),
  present AS (SELECT pg_current_snapshot() AS snap),
  events AS MATERIALIZED (SELECT e.* FROM last, present, events_between(last.snap, present.snap) e),
  relabels AS MATERIALIZED (SELECT e.* FROM last, present, relabels_between(last.snap, present.snap) e),
  -- a chunk of NULL bounds stands for a tick that has relabels only
  chunks AS (
    SELECT count(*)::int AS n, min(seq) AS seq_from, max(seq) AS seq_to, (rn - 1) / {TICK_CHUNK} AS chunk
    FROM (SELECT seq, row_number() OVER (ORDER BY seq) AS rn FROM events) numbered GROUP BY chunk
    UNION ALL
    SELECT 0, 0, 0, 0 WHERE EXISTS (SELECT FROM relabels) AND NOT EXISTS (SELECT FROM events)
  ),
  written AS (
    INSERT INTO tick (id, prev, snap, first_pos, n, seq_from, seq_to)
    SELECT last.id + 1 + chunk, last.snap, present.snap,
      last.next_pos + coalesce(sum(n) OVER (ORDER BY chunk ROWS UNBOUNDED PRECEDING) - n, 0), n, seq_from, seq_to
    FROM last, present, chunks
    RETURNING first_pos + n AS next_pos
  ),
  deltas AS (
    SELECT part, cohort_id, from_status AS status, -1 AS d FROM events WHERE from_status IS NOT NULL
    UNION ALL SELECT part, cohort_id, to_status, 1 FROM events WHERE to_status IS NOT NULL
    UNION ALL SELECT part, from_cohort, status, -1 FROM relabels
    UNION ALL SELECT part, to_cohort, status, 1 FROM relabels
  ),
  folded AS (
    INSERT INTO status_count AS c (part, cohort_id, status, n)
    SELECT part, cohort_id, status, sum(d) FROM deltas GROUP BY part, cohort_id, status HAVING sum(d) <> 0
    ORDER BY part, cohort_id, status
    ON CONFLICT (part, cohort_id, status) DO UPDATE SET n = c.n + excluded.n
  ),
  counted AS (
    INSERT INTO throughput AS t (part, minute, action, n)
    SELECT part, {in_steps("interval '1 minute'", "at")}, action, count(*) FROM events
    WHERE at > clock_timestamp() - interval '{THROUGHPUT_KEPT}' GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
    ON CONFLICT (part, minute, action) DO UPDATE SET n = t.n + excluded.n
  )
  SELECT max(next_pos) - 1 FROM written
$$;
"""

# Positions are dense, so that a page ends in the tick where its last one lies; what a snapshot showed may come between.
# That tick ends a chunk later at most, which keeps the scan of the index from going on to the end of the feed.
# Positions after `after` (exclusive) and, when a snapshot is given, only what that snapshot did not show.
# `settled` says that nothing later can be in doubt for that snapshot any more. Only ticks that have something for the
# reader count towards the limit: where nothing is found, there is nothing.
_FEED = f"""
CREATE OR REPLACE FUNCTION feed_after(after bigint, seen pg_snapshot, lim int)
RETURNS TABLE (pos bigint, settled boolean, part smallint, record_id bigint, from_status record_status,
  to_status record_status, action action, actor actor_kind, who text, reason text, at timestamptz, attempt int,
  cohort_id int)
LANGUAGE sql STABLE AS $$
  WITH last AS MATERIALIZED (
    SELECT CASE WHEN seen IS NULL THEN greatest(after, first_pos) + lim ELSE {2**62} END AS pos
    FROM tick WHERE first_pos + n > after + 1 AND n > 0 ORDER BY first_pos + n LIMIT 1
  )
  SELECT t.first_pos + e.rn - 1, seen IS NULL OR pg_snapshot_xmin(t.prev) >= pg_snapshot_xmax(seen),
    e.part, e.record_id, e.from_status, e.to_status, e.action, e.actor, e.who, e.reason, e.at, e.attempt, e.cohort_id
  FROM (
    SELECT * FROM tick WHERE first_pos + n > after + 1 AND n > 0
      AND first_pos <= (SELECT pos FROM last) AND first_pos + n <= (SELECT pos FROM last) + {TICK_CHUNK}
      AND (seen IS NULL OR EXISTS (
        SELECT FROM events_between(prev, snap) b
        WHERE b.seq BETWEEN seq_from AND seq_to AND NOT pg_visible_in_snapshot(b.xid, seen)
      ))
    ORDER BY first_pos + n LIMIT greatest(lim, 20)
  ) t
  CROSS JOIN LATERAL (
    SELECT b.*, row_number() OVER (ORDER BY seq) AS rn FROM events_between(t.prev, t.snap) b
    WHERE b.seq BETWEEN t.seq_from AND t.seq_to
  ) e
  WHERE t.first_pos + e.rn - 1 > after AND (seen IS NULL OR NOT pg_visible_in_snapshot(e.xid, seen))
  ORDER BY 1 LIMIT lim
$$;
"""


def feed_sql() -> str:
    """The functions of the feed, as one idempotent script."""
    return "".join((_BETWEEN.format(table="event"), _BETWEEN.format(table="relabel"), _TICK, _FEED))

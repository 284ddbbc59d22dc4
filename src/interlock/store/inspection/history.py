"""Whether what has been is kept whole: positions without gaps, their events, throughput, and numbers not given twice.

All of it reads whole tables, a row at a time.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from interlock.store.connection import Connection
from interlock.store.feed_functions import in_steps
from interlock.store.migrate import SCHEMA
from interlock.store.throughput import READABLE

_LISTED = 100


@dataclass(frozen=True, slots=True)
class Gap:
    """Positions of the feed (both ends included) of which fewer events, or more, are there than a tick tells."""

    first: int
    last: int
    found: int

    @property
    def told(self) -> int:
        return self.last - self.first + 1


# Chunks of one tick are counted together: each is a part of the same events.
_GAPS = f"""
WITH sets AS (
  SELECT prev::text AS prev, snap::text AS snap, array_agg(first_pos ORDER BY first_pos) AS firsts,
    array_agg(n ORDER BY first_pos) AS ns, array_agg(seq_from ORDER BY first_pos) AS froms,
    array_agg(seq_to ORDER BY first_pos) AS tos
  FROM tick WHERE n > 0 GROUP BY 1, 2
)
SELECT due AS first, first_pos - 1 AS last, 0 AS found
FROM (SELECT first_pos, lag(first_pos + n) OVER (ORDER BY id) AS due FROM tick) t WHERE first_pos <> due
UNION ALL
SELECT s.firsts[i], s.firsts[i] + s.ns[i] - 1, coalesce(c.found, 0)
FROM sets s CROSS JOIN generate_subscripts(s.ns, 1) i LEFT JOIN LATERAL (
  SELECT width_bucket(e.seq, s.froms) AS chunk, count(*) AS found
  FROM events_between(s.prev::pg_snapshot, s.snap::pg_snapshot) e
  WHERE e.seq <= s.tos[width_bucket(e.seq, s.froms)] GROUP BY 1
) c ON c.chunk = i WHERE coalesce(c.found, 0) <> s.ns[i]
ORDER BY 1 LIMIT {_LISTED}"""


async def gaps(connection: Connection) -> list[Gap]:
    """Where the feed is not what its ticks tell, in its order."""
    return [Gap(*row) for row in await connection.fetch(_GAPS)]


# Ticks are dropped with their events, the oldest first.
_OUTSIDE = """
SELECT count(*) FROM event e LEFT JOIN (SELECT prev FROM tick ORDER BY id LIMIT 1) first ON true
WHERE first.prev IS NULL OR e.xid < pg_snapshot_xmax(first.prev) AND pg_visible_in_snapshot(e.xid, first.prev)"""


async def events_before_all_ticks(connection: Connection) -> int:
    """Events that have no position, and never get one."""
    return int(await connection.fetchval(_OUTSIDE))


@dataclass(frozen=True, slots=True)
class Untold:
    """A record that was moved without an event: where its events had brought it, and where it went on from."""

    record_id: int
    told: str | None
    there: str | None


_UNTOLD = f"""
(SELECT r.id, e.to_status::text, r.status::text FROM record r CROSS JOIN LATERAL (
  SELECT to_status FROM event e WHERE e.record_id = r.id AND e.part = r.part ORDER BY seq DESC LIMIT 1
) e WHERE e.to_status IS DISTINCT FROM r.status LIMIT {_LISTED})
UNION ALL
(SELECT record_id, before::text, from_status::text FROM (
  SELECT record_id, from_status, lag(to_status) OVER (PARTITION BY record_id ORDER BY seq) AS before FROM event
) e WHERE before <> from_status LIMIT {_LISTED})"""


async def untold(connection: Connection) -> list[Untold]:
    """The first that are met; what happened before the events that are kept is not known."""
    return [Untold(*row) for row in await connection.fetch(_UNTOLD)]


@dataclass(frozen=True, slots=True)
class SetBack:
    """A sequence that would give numbers again which are in use; ``used``: the highest one."""

    sequence: str
    column: str
    next: int
    used: int


_SEQUENCES = f"""
SELECT c.relname, a.attname, format('%I.%I', '{SCHEMA}', s.relname) AS sequence,
  coalesce(pg_sequence_last_value(s.oid) + 1, 1) AS next
FROM pg_depend d JOIN pg_class s ON s.oid = d.objid AND s.relkind = 'S' JOIN pg_class c ON c.oid = d.refobjid
  JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = d.refobjsubid
WHERE c.relnamespace = '{SCHEMA}'::regnamespace AND d.deptype IN ('a', 'i') ORDER BY 1, 2"""


async def set_back(connection: Connection) -> list[SetBack]:
    """Sequences behind what is in use; of ids, events say what was in use and is gone."""
    found = []
    for table, column, sequence, following in await connection.fetch(_SEQUENCES):
        used: int | None = await connection.fetchval(f"SELECT max({column}) FROM {table}")
        if (table, column) == ("record", "id"):  # ids are given once, also that of a record which was killed
            seen: int | None = await connection.fetchval("SELECT max(record_id) FROM event")
            used = max(used or 0, seen or 0)
        if used is not None and used >= following:
            found.append(SetBack(sequence, f"{table}.{column}", following, used))
    return found


_MISTOLD = f"""
WITH last AS (SELECT snap FROM tick ORDER BY id DESC LIMIT 1),
span AS MATERIALIZED (
  SELECT greatest(min(minute) + interval '1 minute', clock_timestamp() - $1::interval) AS first FROM throughput
),
counted AS (
  SELECT {in_steps("interval '1 minute'", "e.at")} AS minute, e.action, count(*) AS n FROM event e, last, span
  WHERE e.at >= span.first AND pg_visible_in_snapshot(e.xid, last.snap) GROUP BY 1, 2
),
told AS (SELECT t.minute, t.action, sum(t.n) AS n FROM throughput t, span WHERE t.minute >= span.first GROUP BY 1, 2)
SELECT count(*) FROM counted c FULL JOIN told t USING (minute, action), span
WHERE coalesce(c.n, 0) <> coalesce(t.n, 0) AND minute > span.first"""


async def mistold_minutes(connection: Connection, events_kept: timedelta) -> int:
    """Minutes and actions of which throughput tells another number than there are events."""
    return int(await connection.fetchval(_MISTOLD, min(READABLE, events_kept / 2)))

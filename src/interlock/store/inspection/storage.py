"""What time does to tables: dead rows, old transaction ids, bloat, and what keeps vacuum from its work."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from interlock.store.connection import Connection
from interlock.store.migrate import SCHEMA


@dataclass(frozen=True, slots=True)
class TableState:
    """One table: rows that live and that are dead, and when it was last vacuumed, by whomever."""

    name: str
    live: int
    dead: int
    vacuumed: datetime | None
    autovacuum: bool


async def tables(connection: Connection) -> list[TableState]:
    rows = await connection.fetch(f"""
        SELECT s.relname, s.n_live_tup, s.n_dead_tup, greatest(s.last_vacuum, s.last_autovacuum),
          NOT EXISTS (SELECT FROM pg_options_to_table(c.reloptions || t.reloptions)
            WHERE option_name = 'autovacuum_enabled' AND NOT option_value::boolean)
        FROM pg_stat_user_tables s JOIN pg_class c ON c.oid = s.relid LEFT JOIN pg_class t ON t.oid = c.reltoastrelid
        WHERE s.schemaname = '{SCHEMA}'
        ORDER BY s.relname""")
    return [TableState(*row) for row in rows]


@dataclass(frozen=True, slots=True)
class Ages:
    """Transactions, and multixacts, since the oldest row that is not frozen."""

    transactions: int
    multixacts: int


async def ages(connection: Connection) -> Ages:
    row = await connection.fetchrow(
        "SELECT age(datfrozenxid), mxid_age(datminmxid) FROM pg_database WHERE datname = current_database()"
    )
    assert row is not None
    return Ages(*row)


@dataclass(frozen=True, slots=True)
class Bloated:
    """A table or an index that has more bytes than its rows need, by an estimate from its statistics."""

    name: str
    bytes: int
    needed: int
    is_index: bool


# A row has a header of 24 bytes and a pointer of 4, an index's entry 8 and 4; an index is filled to nine tenths. Where
# there are no statistics (before the first ANALYZE), nothing is known.
_BLOAT = f"""
WITH columns AS (
  SELECT c.oid, a.attnum, s.avg_width FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0
    JOIN pg_stats s ON s.schemaname = '{SCHEMA}' AND s.tablename = c.relname AND s.attname = a.attname
  WHERE c.relnamespace = '{SCHEMA}'::regnamespace AND c.relkind = 'r'
),
sizes AS (
  SELECT c.relname::text AS name, pg_relation_size(c.oid) AS bytes,
    c.reltuples * (28 + sum(w.avg_width)) * 1.1 AS needed, false AS is_index
  FROM pg_class c JOIN columns w ON w.oid = c.oid GROUP BY c.oid, c.relname, c.reltuples
  UNION ALL
  SELECT c.relname::text, pg_relation_size(c.oid), c.reltuples * (12 + sum(greatest(w.avg_width, 4))) / 0.9, true
  FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
    JOIN columns w ON w.oid = i.indrelid AND w.attnum = ANY(i.indkey)
  GROUP BY c.oid, c.relname, c.reltuples
)
SELECT name, bytes, greatest(needed, 8192)::bigint, is_index FROM sizes
WHERE bytes >= $1::bigint AND needed >= 0 AND bytes > $2::float8 * greatest(needed, 8192)
ORDER BY bytes DESC"""


async def bloated(connection: Connection, least: int, times: float) -> list[Bloated]:
    """What has at least so many bytes, and so many times more than it needs."""
    return [Bloated(*row) for row in await connection.fetch(_BLOAT, least, times)]


@dataclass(frozen=True, slots=True)
class InTheWay:
    """What keeps vacuum from removing rows: a transaction, a prepared one, or a replication slot that nobody reads."""

    what: str
    seconds: float
    ending: str
    """The statement that ends it."""


async def in_the_way(connection: Connection, now: datetime | None) -> Sequence[InTheWay]:
    """All that there are, the oldest first. ``now`` is for tests."""
    rows = await connection.fetch(
        """SELECT what, extract(epoch FROM coalesce($1, clock_timestamp()) - since)::float8 AS seconds, ending FROM (
          SELECT xact_start AS since, format('process %s of %s (%s, %s)', pid, usename,
            coalesce(nullif(application_name, ''), 'unnamed'), state) AS what,
            format('SELECT pg_terminate_backend(%s);', pid) AS ending
          FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()
            AND backend_type = 'client backend' AND xact_start IS NOT NULL
          UNION ALL
          SELECT prepared, format('prepared transaction %s', gid), format('ROLLBACK PREPARED %L;', gid)
          FROM pg_prepared_xacts WHERE database = current_database()
          UNION ALL
          SELECT coalesce(inactive_since, 'epoch'), format('replication slot %s', slot_name),
            format('SELECT pg_drop_replication_slot(%L);', slot_name)
          FROM pg_replication_slots WHERE NOT active
        ) found ORDER BY since""",
        now,
    )
    return [InTheWay(*row) for row in rows]


async def idle_in_transaction(connection: Connection, seconds: float, now: datetime | None) -> list[int]:
    """Processes that have had a transaction open for so long without doing anything in it."""
    rows = await connection.fetch(
        """SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND state LIKE 'idle in transaction%'
        AND state_change < coalesce($2, clock_timestamp()) - $1::float8 * interval '1 second' ORDER BY state_change""",
        seconds,
        now,
    )
    return [row["pid"] for row in rows]

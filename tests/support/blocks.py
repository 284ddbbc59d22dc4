"""What an operation reads, as PostgreSQL counts it: blocks of tables and indexes, triggers and functions included."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from interlock.store.connection import Connection
from support.plain import rolled_back

GROWING = ("record", "task", "attempt", "event", "specification", "result", "relabel", "tick", "claim")
"""The tables that have more rows the more records there were."""

# Labels do not count: they are few at any size, and each is looked up, or all are read, as PostgreSQL likes.
_COUNTS = """
SELECT c.relname, c.relkind = 'i' AS is_index, pg_relation_size(c.oid) > 65536 AS large,
  pg_stat_get_xact_numscans(c.oid) AS scans, pg_stat_get_xact_blocks_fetched(c.oid) AS blocks
FROM pg_class c LEFT JOIN pg_index i ON i.indexrelid = c.oid
WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind IN ('r', 'i')
  AND coalesce(i.indrelid, c.oid) <> ALL('{cohort,lane,principal}'::regclass[])"""


@dataclass
class Reading:
    """Blocks read by table or index, searches of indexes, and the growing tables that were read from end to end though not tiny."""

    by_name: dict[str, int] = field(default_factory=dict)
    searches: int = 0
    scanned: set[str] = field(default_factory=set)

    @property
    def blocks(self) -> int:
        return sum(self.by_name.values())


@asynccontextmanager
async def reading(connection: Connection) -> AsyncIterator[Reading]:
    """Counts what is read inside, which is undone; it is told when the block has ended."""
    found = Reading()
    async with rolled_back(connection):
        before = await connection.fetch(_COUNTS)
        yield found
        after = await connection.fetch(_COUNTS)
    earlier = {row["relname"]: row for row in before}
    for row in after:
        was = earlier[row["relname"]]
        scans = row["scans"] - was["scans"]
        found.by_name[row["relname"]] = row["blocks"] - was["blocks"]
        found.searches += scans if row["is_index"] else 0
        if scans and row["large"] and row["relname"] in GROWING:
            found.scanned.add(row["relname"])

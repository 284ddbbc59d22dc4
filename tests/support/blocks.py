"""What an operation reads, as PostgreSQL counts it: blocks of every table and index, triggers and functions included."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from interlock.store.connection import Connection
from support.plain import rolled_back

GROWING = ("record", "task", "attempt", "event", "specification", "result", "relabel", "tick", "claim")
"""The tables that have more rows the more records there were."""

_COUNTS = """
SELECT c.relname, pg_stat_get_xact_numscans(c.oid) AS scans, pg_stat_get_xact_blocks_fetched(c.oid) AS blocks
FROM pg_class c WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind IN ('r', 'i')"""


@dataclass
class Reading:
    """Blocks by table or index, and the growing tables that were read from end to end; filled when the block ends."""

    blocks: dict[str, int] = field(default_factory=dict)
    scanned: set[str] = field(default_factory=set)

    @property
    def total(self) -> int:
        return sum(self.blocks.values())


async def _counts(connection: Connection) -> dict[str, tuple[int, int]]:
    rows = await connection.fetch(_COUNTS)
    return {row["relname"]: (row["scans"], row["blocks"]) for row in rows}


@asynccontextmanager
async def reading(connection: Connection) -> AsyncIterator[Reading]:
    """Counts what is read inside, which is undone."""
    found = Reading()
    async with rolled_back(connection):
        before = await _counts(connection)
        yield found
        after = await _counts(connection)
    for name, (scans, blocks) in after.items():
        scans_before, blocks_before = before.get(name, (0, 0))
        if blocks > blocks_before:
            found.blocks[name] = blocks - blocks_before
        if scans > scans_before and name in GROWING:
            found.scanned.add(name)

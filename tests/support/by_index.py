"""A large database that is only looked at: what runs there reads no large table from end to end.

PostgreSQL itself counts, triggers and functions included.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from interlock.domain.lifecycle import Action
from interlock.domain.model import RecordFilter
from interlock.store.connection import Connection
from interlock.store.feed import write_tick
from support.plain import rolled_back
from support.storing import act, answer, claim, give_back, manager, submit

LARGE = ("record", "task", "attempt", "event", "specification", "result", "relabel")


async def fill(connection: Connection) -> None:
    """24,000 records in 30 campaigns: complete, running, failed and in error (some to be retried), held, waiting."""
    for i in range(30):
        await submit(connection, 800, campaign=f"c{i}", tag=f"t{i % 3}", owner=f"o{i % 5}")
    worker = await manager(connection)
    await write_tick(connection)
    await connection.execute("UPDATE tick SET at = at - interval '2 days' WHERE id = 1")
    await connection.execute("ANALYZE")
    leases = await claim(connection, worker, 16_000)
    await connection.execute("ANALYZE")
    done, failing, lost = leases[:12_500], leases[12_500:14_500], leases[14_500:15_000]
    for start in range(0, len(done), 5_000):
        await give_back(connection, worker, *(answer(lease) for lease in done[start : start + 5_000]))
    await give_back(connection, worker, *(answer(lease, f"boom {i % 20}") for i, lease in enumerate(failing)))
    await give_back(connection, worker, *(answer(lease, "lease_expired") for lease in lost))
    await act(connection, Action.FAIL, [lease.record_id for lease in failing[:1_000]])
    await act(connection, Action.HOLD, where=RecordFilter(campaign=("c29",)))
    await connection.execute("UPDATE record SET priority = 6")
    await write_tick(connection)
    await connection.execute("ANALYZE")


MOST_READ = 12_000
"""Rows of one table that an operation may read: of 24,000 records, 56,000 events. A tick's chunk has 5,000."""


async def rows_read(connection: Connection) -> dict[str, tuple[int, int]]:
    """By table: how often it was read from end to end, and how many rows an index gave, in this transaction."""
    rows = await connection.fetch(
        "SELECT relname, seq_scan, coalesce(idx_tup_fetch, 0) AS n FROM pg_stat_xact_user_tables WHERE relname = ANY($1)",
        LARGE,
    )
    return {row["relname"]: (row["seq_scan"], row["n"]) for row in rows}


@asynccontextmanager
async def by_index(connection: Connection) -> AsyncIterator[None]:
    """What runs inside reads no large table from end to end, nor by an index that does not help; it is undone."""
    async with rolled_back(connection):
        before = await rows_read(connection)
        yield
        after = await rows_read(connection)
    scanned = {name for name, (scans, _) in after.items() if scans > before.get(name, (0, 0))[0]}
    assert scanned == set(), scanned
    much = {name: rows for name, (_, n) in after.items() if (rows := n - before.get(name, (0, 0))[1]) > MOST_READ}
    assert much == {}, much

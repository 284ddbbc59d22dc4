"""Writers that make the feed's life hard: many at once, long transactions, rollbacks, savepoints, bulks, kills."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field

import asyncpg

from interlock.store.connection import Connection
from interlock.store.feed import EventRow, events_after, write_tick
from support.plain import rolled_back
from support.storing import claim, manager, submit

SESSION = {"search_path": "interlock", "timezone": "UTC"}


@asynccontextmanager
async def connections(url: str, count: int) -> AsyncIterator[list[Connection]]:
    async with AsyncExitStack() as stack:
        made: list[Connection] = []
        for _ in range(count):
            connection = await asyncpg.connect(url, server_settings=SESSION)
            stack.push_async_callback(connection.close)
            made.append(connection)
        yield made


async def change(connection: Connection, chance: random.Random) -> None:
    """One thing that a client may do, in the transaction of the caller."""
    match chance.randrange(7):
        case 0 | 1:
            await submit(connection, chance.randrange(1, 9), campaign=chance.choice(["a", "b", None]))
        case 2:
            await connection.execute("UPDATE record SET status = 'HOLD' WHERE id IN (SELECT id FROM record "
                "WHERE status = 'WAITING' ORDER BY id LIMIT 5 FOR UPDATE SKIP LOCKED)")  # fmt: skip
        case 3:
            await connection.execute("UPDATE record SET status = 'WAITING' WHERE id IN (SELECT id FROM record "
                "WHERE status IN ('HOLD', 'ERROR') ORDER BY id LIMIT 4 FOR UPDATE SKIP LOCKED)")  # fmt: skip
        case 4:
            await connection.execute("DELETE FROM record WHERE id IN (SELECT id FROM record "
                "WHERE status IN ('WAITING', 'HOLD') ORDER BY id DESC LIMIT 1 FOR UPDATE SKIP LOCKED)")  # fmt: skip
        case 5:
            await connection.execute("UPDATE record SET cohort_id = 1 + cohort_id % (SELECT count(*)::int FROM cohort) "
                "WHERE id IN (SELECT id FROM record ORDER BY id DESC LIMIT 3 FOR UPDATE SKIP LOCKED)")  # fmt: skip
        case _:
            worker = await connection.fetchval("SELECT min(id) FROM manager")
            await claim(connection, worker, 3)


async def write(connection: Connection, seed: int, transactions: int) -> None:
    """Transactions of one or several changes, some rolled back whole or in part, some left open for a while."""
    chance = random.Random(seed)
    for _ in range(transactions):
        if chance.random() < 0.15:
            async with rolled_back(connection):
                await change(connection, chance)
            continue
        async with connection.transaction():
            await change(connection, chance)
            if chance.random() < 0.3:
                async with rolled_back(connection):
                    await change(connection, chance)
            if chance.random() < 0.3:
                async with connection.transaction():
                    await change(connection, chance)
            if chance.random() < 0.1:
                # others commit higher ids meanwhile: what an id as cursor would miss
                await connection.execute("SELECT pg_sleep(0.05)")


async def prepare(connection: Connection) -> None:
    """Labels and a manager for the writers, and something to move."""
    for campaign in ("a", "b", None):
        await submit(connection, 5, campaign=campaign)
    await manager(connection)


@dataclass
class Ticking:
    """A ticker's work, until it is told to stop; and what a live reader of the feed saw meanwhile."""

    seen: list[EventRow] = field(default_factory=list)
    stop: asyncio.Event = field(default_factory=asyncio.Event)
    ended: asyncio.Event = field(default_factory=asyncio.Event)

    async def tick(self, connection: Connection) -> None:
        while not self.stop.is_set():
            await write_tick(connection)
            await asyncio.sleep(0.002)
        await write_tick(connection)
        self.ended.set()

    async def read(self, connection: Connection, page: int) -> None:
        last_round = False
        while True:
            position = self.seen[-1].position if self.seen else 0
            assert position is not None
            events = await events_after(connection, position, None, page)
            self.seen += events
            if not events:
                if last_round:
                    return
                last_round = self.ended.is_set()
                await asyncio.sleep(0.002)


async def whole_feed(
    connection: Connection, after: int = 0, seen: str | None = None, page: int = 1_000
) -> list[EventRow]:
    """Every event after the position that has one, page by page; as a follower does, the snapshot is dropped when
    nothing can be in doubt for it any more.
    """
    found: list[EventRow] = []
    while events := await events_after(connection, after, seen, page):
        found += events
        assert events[-1].position is not None
        after = events[-1].position
        seen = None if events[-1].settled else seen
    return found

"""Nothing costs more where there are more records: blocks read from few of them against many, on the same labels."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any

import asyncpg
import pytest

from interlock.domain.lifecycle import Action, RecordStatus
from interlock.domain.model import RecordFilter
from interlock.store import details, upkeep
from interlock.store.connection import Connection
from interlock.store.counts import GROUPS, status_counts
from interlock.store.feed import bounds, cursor_here, events_after, events_of, expire_events
from interlock.store.oldest import oldest
from interlock.store.records import RecordSource, record_page, records_by_id
from interlock.store.standing import standing
from support.blocks import Reading, reading
from support.population import FILTERS, RARE
from support.storing import SERVER, act, claim, manager, reap
from support.writers import SESSION

FEW = 10_000
MANY = [100_000, pytest.param(1_000_000, marks=[pytest.mark.slow, pytest.mark.timeout(600)])]
GROWTH = 1.3
"""What may be read from many for each block read from few, besides one more level of each index searched."""
ROW = 8
"""Blocks of a row, its place in the index and its labels, where few records do not fill the page that many do."""
PAGE = 20

Operation = Callable[[Connection, int], Awaitable[Any]]


@asynccontextmanager
async def _connected(url: str, mode: str) -> AsyncIterator[Connection]:
    connection = await asyncpg.connect(url, server_settings={**SESSION, "plan_cache_mode": mode, "jit": "off"})
    try:
        yield connection
    finally:
        await connection.close()


@pytest.fixture(params=["force_custom_plan", "force_generic_plan"])
def mode(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(params=MANY)
def urls(request: pytest.FixtureRequest, populated: Callable[[int], str]) -> dict[int, str]:
    """Databases by their number of records: few, and many."""
    return {number: populated(number) for number in (FEW, request.param)}


AT_A_GLANCE = tuple(status for status in RecordStatus if status != RecordStatus.RUNNING)
"""Those in which the oldest is found by looking at none but the first; what runs is as much as managers run."""
LARGE = ("campaign-1", "campaign-2", "campaign-3")
"""They have records in each of these at any size."""

PLACES: dict[str, Callable[[int], RecordSource]] = {
    "first page": lambda _: RecordSource(limit=PAGE),
    "page in the middle": lambda number: RecordSource(limit=PAGE, after=number // 2),
    "last page": lambda _: RecordSource(limit=PAGE, backward=True),
    "first tasks": lambda _: RecordSource(limit=PAGE, with_task=True),
}


def _page(where: RecordFilter, place: Callable[[int], RecordSource]) -> Operation:
    return lambda c, number: record_page(c, replace(place(number), where=where))


def _counts(*groups: str, **where: tuple[str, ...]) -> Operation:
    return lambda c, _: status_counts(c, groups, RecordFilter(campaign=where.get("campaign")))


async def _claim(c: Connection, count: int) -> None:
    assert len(await claim(c, await manager(c), count)) == count


async def _hold(c: Connection, number: int) -> None:
    waiting = await record_page(c, RecordSource(RecordFilter(status=(RecordStatus.WAITING,)), number // 2, limit=1))
    assert (await act(c, Action.HOLD, [waiting[0].id])).moved == 1


OPERATIONS: dict[str, Operation] = {
    **{f"{place}: {name}": _page(where, PLACES[place]) for place in PLACES for name, where in FILTERS.items()},
    **{f"counts by {group}": _counts(group) for group in GROUPS},
    "counts by all": _counts(*GROUPS),
    "counts of a campaign": _counts("status", campaign=("campaign-1",)),
    "metrics": lambda c, _: standing(c, 50),
    "oldest of campaigns": lambda c, _: oldest(c, ["campaign", "status"], RecordFilter(AT_A_GLANCE, campaign=LARGE)),
    "claim 1": lambda c, _: _claim(c, 1),
    "claim 10": lambda c, _: _claim(c, 10),
    "hold one": _hold,
    "feed from its start": lambda c, _: events_after(c, 0, None, 100),
    "feed in the middle": lambda c, number: events_after(c, number, None, 100),
    "feed at its end": lambda c, number: events_after(c, 2 * number, None, 100),
    "feed cursor": lambda c, _: cursor_here(c),
    "feed bounds": lambda c, _: bounds(c),
    "leases that ran out": lambda c, _: reap(c, None),
    "errors past their time": lambda c, _: upkeep.fail_old(c, SERVER, timedelta(days=30), None),
    "retries that are due": lambda c, _: upkeep.retry_due(c, SERVER, None),
    "a record": lambda c, number: records_by_id(c, [number // 2]),
    "events of a record": lambda c, number: events_of(c, [number // 2], 20, 10**9),
    "attempts of a record": lambda c, number: details.attempts_of(c, [number // 2], 10**9),
    "task of a record": lambda c, number: details.tasks_of(c, [number // 2], 10**9),
    "result of a record": lambda c, number: details.results_of(c, [number // 2], 10**9),
}


async def _read(c: Connection, number: int, operation: Operation) -> tuple[Reading, int]:
    """What it read, and how many rows it gave where it gives a list."""
    async with reading(c) as found:
        rows = await operation(c, number)
    return found, len(rows) if isinstance(rows, list) else 0


@pytest.mark.parametrize("name", OPERATIONS)
async def test_it_reads_as_much_from_many_records_as_from_few(urls: dict[int, str], mode: str, name: str) -> None:
    async with AsyncExitStack() as stack:
        (few, fewer_rows), (many, rows) = [
            await _read(await stack.enter_async_context(_connected(url, mode)), number, OPERATIONS[name])
            for number, url in urls.items()
        ]
    assert many.scanned == set()
    scattered = rows + ROW * max(rows - fewer_rows, 0)  # few records lie side by side in few blocks
    assert many.blocks <= GROWTH * few.blocks + many.searches + scattered


_TICKS = """
INSERT INTO tick (id, prev, snap, first_pos, n, seq_from, seq_to)
SELECT l.id + i, l.snap, l.snap, l.first_pos + l.n + 2 * (i - 1), 2, 0, 0
FROM (SELECT * FROM tick ORDER BY id DESC LIMIT 1) l, generate_series(1, 50000) i"""


@pytest.mark.parametrize("name", ["feed from its start", "feed in the middle", "feed bounds", "expire events"])
async def test_it_reads_few_of_many_ticks(populated: Callable[[int], str], mode: str, name: str) -> None:
    operations = {**OPERATIONS, "expire events": lambda c, _: expire_events(c, timedelta(days=1))}
    async with _connected(populated(FEW), mode) as c:
        transaction = c.transaction()
        await transaction.start()
        await c.execute(_TICKS)
        await c.execute("ANALYZE tick")
        many, _ = await _read(c, FEW, operations[name])
        await transaction.rollback()
    assert many.scanned == set()
    assert sum(blocks for name, blocks in many.by_name.items() if name.startswith("tick")) < 30  # of a thousand


async def test_growth_would_be_seen(populated: Callable[[int], str], mode: str) -> None:
    async def slowly(c: Connection, _: int) -> None:
        await c.fetch("SELECT * FROM record WHERE part = 0 AND error_type = $1 ORDER BY id LIMIT 20", RARE)

    async with _connected(populated(FEW), mode) as c:
        few, _ = await _read(c, FEW, slowly)
    async with _connected(populated(100_000), mode) as c:
        many, _ = await _read(c, 100_000, slowly)
    assert many.blocks > GROWTH * few.blocks + many.searches

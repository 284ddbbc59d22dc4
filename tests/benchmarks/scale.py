"""Growth: what is quick at 10^5 records is as quick at 10^7, and after a million transitions.

Three databases with the same labels and shares of statuses stand in one PostgreSQL, so that they are measured in
turn. A ratio is the rate at 10^7 by the rate at 10^5: the goal, 0.77, is a latency that has grown by 1.3.
"""

from __future__ import annotations

import json
import os
import random
import statistics
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks.measuring.load import Generator, Target
from benchmarks.measuring.pairs import Result, Timed, compare
from benchmarks.scaling.churn import CLAIMS, after_churn, claiming
from benchmarks.scaling.sizes import Size, cluster, fill, told, up
from interlock.domain.cursor import list_cursor
from interlock.domain.model import RecordFilter
from interlock.store.counts import GROUPS, status_counts
from interlock.store.feed import cursor_here, events_after
from interlock.store.records import RecordRow, RecordSource, record_page, records_by_id
from support.population import FILTERS

SIZES = [int(float(size)) for size in os.environ.get("SIZES", "1e5,1e6,1e7").split(",")]
"""Fewer records for those who work on this benchmark: SIZES=1e4,1e5 ./dev bench scale."""
GOAL = 1 / 1.3
_PAGE = 50
_PAIRS = 11
_ROUND = 20
_DEEP = 999 * _PAGE
"""The record before the 1,000th page."""

_DOCUMENT = """query($after: String) { records(first: 50, after: $after) {
  edges { cursor node { id status since kind campaign tag priority owner errorType task { id function } } }
  pageInfo { hasNextPage endCursor } } }"""
_CLAIM = """mutation ($input: ClaimTasksInput!) { claimTasks(input: $input) {
  leases { token recordId function args kwargs } errors { message } } }"""

Operation = Callable[[Size], Awaitable[Any]]

PLACES = {
    "first page": RecordSource(limit=_PAGE),
    "in the middle": RecordSource(limit=_PAGE),
    "newest first": RecordSource(limit=_PAGE, backward=True),
}


def _page(where: RecordFilter, place: str) -> Callable[[Size], Awaitable[list[RecordRow]]]:
    middles: dict[int, int] = {}

    async def page(size: Size) -> list[RecordRow]:
        source = replace(PLACES[place], where=where)
        if place == "in the middle":
            if size.number not in middles:
                middles[size.number] = await _middle(size, source)
            source = replace(source, after=middles[size.number])
        return await record_page(size.connection, source)

    return page


async def _middle(size: Size, source: RecordSource) -> int:
    """Halfway between the first and the last record: there is a 1,000th page at 10^5 records of frequent labels only."""
    ends = [
        row.id
        for backward in (False, True)
        for row in await record_page(size.connection, replace(source, limit=1, backward=backward))
    ]
    return sum(ends) // 2


def _counts(*groups: str) -> Operation:
    return lambda size: status_counts(size.connection, groups, RecordFilter())


def _by_id(size: Size) -> Awaitable[Any]:
    return records_by_id(size.connection, [random.randint(1, size.number)])


def _feed(share: float) -> Operation:
    return lambda size: events_after(size.connection, int(size.number * share), None, 100)


READS: dict[str, Operation] = {
    "records, all: 1,000th page": lambda size: record_page(size.connection, RecordSource(limit=_PAGE, after=_DEEP)),
    **{f"counts by {group}": _counts(group) for group in GROUPS},
    "counts by status and tag": _counts("status", "tag"),
    "feed, 100 events from the start": _feed(0),
    "feed, 100 events from the middle": _feed(1.4),
    "feed cursor": lambda size: cursor_here(size.connection),
    "one record, any": _by_id,
}


def _rate(operation: Operation, size: Size) -> Timed:
    """Of single calls, by their quickest quarter: what else the machine does is in the slower ones."""

    async def timed() -> float:
        taken = []
        for _ in range(_ROUND):
            began = time.perf_counter()
            await operation(size)
            taken.append(time.perf_counter() - began)
        return 1 / statistics.quantiles(taken, n=4)[0]

    return timed


async def _growth(name: str, unit: str, timed: Callable[[Size], Timed], sizes: list[Size]) -> Result:
    small, *between, large = sizes
    result = await compare(name, unit, GOAL, timed(large), timed(small), pairs=_PAIRS)
    for size in between:
        told(f"  at {size.number:,}: {await timed(size)():,.0f} {unit}")
    told(result.row())
    return result


async def _pages(sizes: list[Size]) -> AsyncIterator[Result]:
    """Of every filter, the place that grew the most.

    A page with fewer records at one size says nothing of growth, and an empty one nothing but how the clock jitters.
    """
    for name, where in FILTERS.items():
        grown = []
        for place in PLACES:
            page = _page(where, place)
            lengths = {len(await page(size)) for size in sizes}
            if len(lengths) == 1 and lengths != {0}:
                grown.append(await _growth(f"records, {name}: {place}", "pages/s", partial(_rate, page), sizes))
        if grown:
            yield replace(min(grown, key=lambda result: result.ratio), name=f"records, {name}")


async def _written_whole(size: Size) -> float:
    """Pages that a claim touches as the first since a checkpoint, so that PostgreSQL writes all of each into the WAL."""

    async def written() -> int:
        await size.connection.execute("SELECT pg_stat_force_next_flush()")
        return int(await size.connection.fetchval("SELECT wal_fpi FROM pg_stat_get_backend_wal(pg_backend_pid())"))

    before = await written()
    await claiming(size.connection, size.manager)()
    return (await written() - before) / CLAIMS


async def _claims(sizes: list[Size]) -> list[Result]:
    """A claim's rate, and what of it comes from where the claimed records lie: side by side, or far from each other."""
    rate = await _growth("claim of 10", "claims/s", lambda size: claiming(size.connection, size.manager), sizes)
    large, small = await _written_whole(sizes[-1]), await _written_whole(sizes[0])
    written = Result(
        "claim of 10: pages written whole into the WAL", large, small, "pages", small / large if large else 1.0, 0
    )
    told(written.row())
    return [rate, written]


def _claim_by_http(size: Size) -> Timed:
    async def timed() -> float:
        http = await size.http()

        async def one(_: Size) -> None:
            payload = await http.call(_CLAIM, {"managerId": size.worker_id, "limit": 10})
            assert len(payload["leases"]) == 10

        rate = await _rate(one, size)()
        http.close()
        return rate

    return timed


async def _over_http(sizes: list[Size]) -> list[Result]:
    async with AsyncExitStack() as stack:
        loads: dict[int, Generator] = {}
        for size in sizes:
            starts = random.Random(1).choices(range(_DEEP), k=2_000)
            bodies = [json.dumps({"query": _DOCUMENT, "variables": {"after": list_cursor(at)}}) for at in starts]
            target = Target(size.port, size.pid, {"Authorization": f"Bearer {size.viewer}"}, bodies, connections=4)
            loads[size.number] = await stack.enter_async_context(Generator.to(target))

        def paging(size: Size) -> Timed:
            async def timed() -> float:
                return (await loads[size.number].slice(1.0)).rate

            return timed

        return [
            await _growth("records over HTTP, any of the first 1,000 pages", "pages/s", paging, sizes),
            await _growth("claim of 10 over HTTP", "claims/s", _claim_by_http, sizes),
        ]


async def run() -> list[Result]:
    """All figures, then the churn on the second size."""
    os.environ.setdefault("PYTHONPATH", str(Path(__file__).parent.parent))
    async with cluster() as postgres:
        await fill(postgres, SIZES)
        async with AsyncExitStack() as stack:
            sizes = [await stack.enter_async_context(up(postgres, number)) for number in SIZES]
            results = [result async for result in _pages(sizes)]
            results += [await _growth(name, "calls/s", partial(_rate, READS[name]), sizes) for name in READS]
            results += await _claims(sizes)
            results += await _over_http(sizes)
        return [*results, await after_churn(postgres, f"of_{SIZES[1]}")]

"""No hot statement reads a large table from end to end: PostgreSQL itself counts, triggers and functions included."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any

import asyncpg
import pytest

from interlock.domain.lifecycle import Action, RecordStatus
from interlock.domain.model import RecordFilter
from interlock.domain.retry import DEFAULT_POLICY
from interlock.store import details, json_text, upkeep
from interlock.store.bounded import WHOLE
from interlock.store.claim import LeaseRow
from interlock.store.connection import Connection
from interlock.store.counts import status_counts
from interlock.store.embedded import EmbeddedPostgres
from interlock.store.error_groups import error_groups, failing_managers
from interlock.store.error_patterns import drop_unused, without_pattern
from interlock.store.feed import cursor_here, events_after, events_of, expire_events, write_tick
from interlock.store.inspection import work
from interlock.store.oldest import oldest
from interlock.store.page_json import JsonPage, PageShape
from interlock.store.record_json import statement
from interlock.store.records import RecordSource, page_shape, record_page, records_by_id
from interlock.store.standing import standing
from interlock.store.throughput import throughput
from support.plain import rolled_back
from support.storing import SERVER, act, answer, beat, claim, give_back, manager, person, reap, submit
from support.writers import SESSION

_MOST = 10_000_000
LARGE = ("record", "task", "attempt", "event", "specification", "result", "relabel")
SOON, LATER = timedelta(minutes=30), timedelta(days=2)


async def _fill(connection: Connection) -> None:
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


@pytest.fixture(scope="session")
def large_url(cluster: EmbeddedPostgres, template: str) -> str:
    async def make() -> None:
        admin = await asyncpg.connect(cluster.dsn("postgres"))
        await admin.execute(f"CREATE DATABASE large TEMPLATE {template} STRATEGY file_copy")
        await admin.close()
        connection = await asyncpg.connect(cluster.dsn("large"), server_settings=SESSION)
        await _fill(connection)
        await connection.close()

    asyncio.run(make())
    return cluster.dsn("large")


@pytest.fixture(params=["force_custom_plan", "force_generic_plan"])
async def large(large_url: str, request: pytest.FixtureRequest) -> AsyncIterator[Connection]:
    settings = {**SESSION, "plan_cache_mode": request.param, "jit": "off"}
    connection = await asyncpg.connect(large_url, server_settings=settings)
    try:
        yield connection
    finally:
        await connection.close()


MOST_READ = 12_000
"""Rows of one table that an operation may read: of 24,000 records, 56,000 events. A tick's chunk has 5,000."""


async def _read(connection: Connection) -> dict[str, tuple[int, int]]:
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
        before = await _read(connection)
        yield
        after = await _read(connection)
    scanned = {name for name, (scans, _) in after.items() if scans > before.get(name, (0, 0))[0]}
    assert scanned == set()
    much = {name: rows for name, (_, n) in after.items() if (rows := n - before.get(name, (0, 0))[1]) > MOST_READ}
    assert much == {}


async def _leases(connection: Connection, count: int) -> tuple[int, list[LeaseRow]]:
    rows = await connection.fetch(
        """SELECT record_id, number, claim_id, lease_expires_at AS until FROM attempt
        WHERE part = 0 AND ended_at IS NULL ORDER BY lease_expires_at, record_id LIMIT $1""",
        count,
    )
    leases = [LeaseRow(r["record_id"], r["number"], r["claim_id"], r["until"], "", "", "", [], "", 0) for r in rows]
    return await manager(connection), leases


async def _ids(connection: Connection, status: str, count: int) -> list[int]:
    rows = await connection.fetch(
        "SELECT id FROM record WHERE part = 0 AND status = $1 ORDER BY id LIMIT $2", status, count
    )
    return [row["id"] for row in rows]


async def _return(c: Connection) -> None:
    worker, leases = await _leases(c, 50)
    answers = [answer(lease, None if i % 2 else "boom") for i, lease in enumerate(leases)]
    assert set(await give_back(c, worker, *answers)) == {"ACCEPTED"}


async def _beat(c: Connection) -> None:
    worker, leases = await _leases(c, 200)
    assert set(await beat(c, worker, *leases)) == {"RENEWED"}


async def _now(c: Connection, later: timedelta) -> Any:
    return await c.fetchval("SELECT clock_timestamp() + $1", later)


async def _give_up(c: Connection) -> int:
    return await upkeep.give_up_leases(c, SERVER, await manager(c), DEFAULT_POLICY, None)


async def _snapshot_feed(c: Connection) -> Any:
    cursor = await cursor_here(c)
    assert cursor.position > 50_000
    await submit(c, 3, campaign="c1", tag="t1", owner="o1")
    await write_tick(c)
    return True


async def _throughput(c: Connection) -> None:
    points = await throughput(c, await _now(c, timedelta(days=-1)), timedelta(minutes=1), 2_000)
    assert len(points) > 1_440


OPERATIONS: dict[str, Callable[[Connection], Awaitable[Any]]] = {
    "claim 1": lambda c: _claim(c, 1),
    "claim 50": lambda c: _claim(c, 50),
    "return 50": _return,
    "heartbeat of 200": _beat,
    "submit 100": lambda c: submit(c, 100, campaign="c3", tag="t0", owner="o3"),
    "hold 100 by id": lambda c: _move(c, Action.HOLD, "WAITING", 100),
    "kill 100 by id": lambda c: _move(c, Action.KILL, "WAITING", 100),
    "fail 100 by id": lambda c: _move(c, Action.FAIL, "ERROR", 100),
    "retry 1 by id": lambda c: _move(c, Action.RETRY, "ERROR", 1),
    "hold a campaign": lambda c: act(c, Action.HOLD, where=RecordFilter(campaign=("c28",))),
    "retry by error": lambda c: act(
        c, Action.RETRY, where=RecordFilter(campaign=("c16", "c17"), error_type=("boom 3",))
    ),
    "reap": lambda c: _late(c, LATER, lambda now: reap(c, now)),
    "reap nothing": lambda c: reap(c, None),
    "retry what is due": lambda c: _late(c, SOON, lambda now: upkeep.retry_due(c, SERVER, now)),
    "fail nothing": lambda c: upkeep.fail_old(c, SERVER, timedelta(days=30), None),
    "fail what is old": lambda c: _late(c, LATER, lambda now: upkeep.fail_old(c, SERVER, timedelta(days=1), now)),
    "look for orphans": lambda c: _late(
        c, LATER, lambda now: upkeep.expire_orphans(c, SERVER, DEFAULT_POLICY, timedelta(0), now)
    ),
    "give up a manager's leases": _give_up,
    "feed from its start": lambda c: events_after(c, 0, None, 100),
    "feed in the middle": lambda c: events_after(c, 30_000, None, 1_000),
    "feed at its end": lambda c: events_after(c, 56_000, None, 1_000),
    "write a tick": _snapshot_feed,
    "expire events": lambda c: expire_events(c, timedelta(days=1)),
    "counts": lambda c: status_counts(c, ["campaign", "status"], RecordFilter()),
    "metrics": lambda c: standing(c, 50),
    "doctor: leases": lambda c: work.leases(c, 60, None),
    "doctor: tags": lambda c: work.unserved(c, 60, None),
    "doctor: managers": lambda c: work.silent(c, 60, None),
    "throughput of a day": _throughput,
    "oldest of each status": lambda c: oldest(c, ["status"], RecordFilter()),
    "oldest of a campaign": lambda c: oldest(c, ["status"], RecordFilter(campaign=("c16",))),
    "retry by pattern": lambda c: _retry_pattern(c, RecordFilter(campaign=("c16", "c17"))),
    "errors of a campaign": lambda c: error_groups(c, RecordFilter(campaign=("c16",)), 20, by_pattern=False),
    "patterns of a campaign": lambda c: error_groups(c, RecordFilter(campaign=("c16",)), 20, by_pattern=True),
    "patterns of a type": lambda c: error_groups(c, RecordFilter(error_type=("boom 3",)), 20, by_pattern=True),
    "patterns": lambda c: error_groups(c, RecordFilter(), 20, by_pattern=True),
    "managers of patterns": lambda c: _managers(c, RecordFilter()),
    "managers of patterns of a campaign": lambda c: _managers(c, RecordFilter(campaign=("c16",))),
    "look for errors without a pattern": lambda c: without_pattern(c, 1_000),
    "drop unused patterns": drop_unused,
    "records by id": lambda c: records_by_id(c, list(range(100, 400))),
    "tasks": lambda c: details.tasks_of(c, list(range(20_000, 20_300)), _MOST),
    "attempts": lambda c: details.attempts_of(c, list(range(100, 400)), _MOST),
    "results": lambda c: details.results_of(c, list(range(100, 400)), _MOST),
    "histories": lambda c: events_of(c, list(range(100, 200)), 20, _MOST),
}


async def _pattern(c: Connection) -> int:
    return int(await c.fetchval("SELECT id FROM error_pattern WHERE error_type = 'boom 3'"))


async def _retry_pattern(c: Connection, where: RecordFilter) -> None:
    outcome = await act(c, Action.RETRY, where=replace(where, error_pattern=(await _pattern(c),)))
    assert outcome.moved > 0


async def _managers(c: Connection, where: RecordFilter) -> None:
    groups = await error_groups(c, where, 20, by_pattern=True)
    found = await failing_managers(c, [(g.pattern_id, g.status) for g in groups if g.pattern_id], where)
    assert len(found) == len(groups) > 1


async def _claim(c: Connection, count: int) -> None:
    assert len(await claim(c, await manager(c), count)) == count


async def _move(c: Connection, action: Action, source: str, count: int) -> None:
    outcome = await act(c, action, await _ids(c, source, count))
    assert outcome.moved == count


async def _late(c: Connection, later: timedelta, work: Callable[[Any], Awaitable[int]]) -> int:
    return await work(await _now(c, later))


@pytest.mark.parametrize("name", OPERATIONS)
async def test_an_operation_goes_by_index(large: Connection, name: str) -> None:
    await person(large)
    async with by_index(large):
        assert await OPERATIONS[name](large) is not False


PATTERNS = tuple(range(1, 22))
"""All that there are."""
PAGES = {
    "all": RecordSource(),
    "backward": RecordSource(backward=True),
    "after": RecordSource(after=9_000),
    "between, backward": RecordSource(after=5_000, before=9_000, backward=True),
    "with a task": RecordSource(with_task=True),
    "status": RecordSource(RecordFilter(status=(RecordStatus.FAILED,))),
    "two statuses after": RecordSource(RecordFilter(status=(RecordStatus.HOLD, RecordStatus.ERROR)), after=4_000),
    "tag": RecordSource(RecordFilter(tag=("t1",))),
    "campaign": RecordSource(RecordFilter(campaign=("c7", "c8"))),
    "owner": RecordSource(RecordFilter(owner=("o1",)), backward=True),
    "kind": RecordSource(RecordFilter(kind=("python",))),
    "error": RecordSource(RecordFilter(error_type=("boom 3",))),
    "error of a campaign": RecordSource(RecordFilter(error_type=("boom 3",), campaign=("c16",))),
    "error pattern": RecordSource(RecordFilter(error_pattern=(4,))),
    "error pattern of a campaign": RecordSource(RecordFilter(error_pattern=(4, 5), campaign=("c16", "c17"))),
    "error pattern of a type": RecordSource(RecordFilter(error_pattern=(4, 5), error_type=("boom 3", "boom 4"))),
    "everything": RecordSource(
        RecordFilter((RecordStatus.ERROR,), ("t1",), ("c16",), ("o1",), ("python",), ("boom 3",), PATTERNS),
        after=3,
        before=23_000,
    ),
    "nothing": RecordSource(RecordFilter(campaign=("none",))),
}


@pytest.mark.parametrize("name", PAGES)
async def test_a_page_goes_by_index(large: Connection, name: str) -> None:
    async with by_index(large):
        rows = await record_page(large, PAGES[name])
    assert bool(rows) == (name != "nothing")


@pytest.mark.parametrize(
    "where", [RecordFilter(), RecordFilter(campaign=("c16",)), RecordFilter(error_type=("boom 3",))]
)
async def test_groups_by_pattern_are_counted_in_an_index_alone(large: Connection, where: RecordFilter) -> None:
    await large.execute("VACUUM record")
    async with by_index(large):
        before = await _read(large)
        groups = await error_groups(large, where, 20, by_pattern=True)
        assert (await _read(large))["record"] == before.get("record", (0, 0))
    assert sum(group.count for group in groups) > 0


async def test_a_scan_would_be_seen(large: Connection) -> None:
    with pytest.raises(AssertionError, match="event"):
        async with by_index(large):
            await large.fetch("SELECT * FROM event WHERE reason = 'none'")


async def test_a_page_with_tasks_finds_them_together(large: Connection) -> None:
    shape = PageShape(page_shape(RecordSource(after=15_000, limit=1_001)), reversed=False, behind=True, in_front=False)
    page = JsonPage(shape, "")
    way = page.entity.ways["task"]()
    each = page.each(way.told(json_text.obj([("function", way.entity.values["function"])])))
    composed = statement(page.json(json_text.obj([("nodes", each)])))
    async with by_index(large):
        nodes = json.loads(await large.fetchval(composed.text, *composed.arguments({"after": 15_000, WHOLE: 10**6})))[
            "nodes"
        ]
        searches = await large.fetchval("SELECT idx_scan FROM pg_stat_xact_user_tables WHERE relname = 'task'")
    assert len(nodes) == 1_000
    assert {"function": "math:sqrt"} in nodes
    assert searches < 100

"""No hot statement reads a large table from end to end."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from interlock.domain.lifecycle import Action
from interlock.domain.model import RecordFilter
from interlock.domain.retry import DEFAULT_POLICY
from interlock.store import details, upkeep
from interlock.store.claim import LeaseRow
from interlock.store.connection import Connection
from interlock.store.counts import status_counts
from interlock.store.error_groups import error_groups, failing_managers
from interlock.store.error_patterns import drop_unused, without_pattern
from interlock.store.feed import cursor_here, events_after, events_of, expire_events, write_tick
from interlock.store.inspection import work
from interlock.store.oldest import oldest
from interlock.store.records import records_by_id
from interlock.store.standing import standing
from interlock.store.throughput import throughput
from support.by_index import by_index
from support.storing import SERVER, act, answer, beat, claim, give_back, manager, person, reap, submit

_MOST = 10_000_000
SOON, LATER = timedelta(minutes=30), timedelta(days=2)


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

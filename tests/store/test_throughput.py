"""Transitions counted by the minute: each once, in the minute in which it happened, as this snapshot shows them."""

from __future__ import annotations

import asyncio
from collections import Counter
from datetime import UTC, datetime, timedelta
from random import Random

import pytest

from interlock.domain.lifecycle import Action
from interlock.store.connection import Connection
from interlock.store.feed import cursor_here, expire_events, write_tick
from interlock.store.throughput import Point, forget_throughput, throughput
from support.storing import act, submit
from support.writers import connections, prepare, whole_feed, write

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
ALL = 100_000


def _step(at: datetime, step: timedelta) -> datetime:
    return at - (at - EPOCH) % step


async def _now(connection: Connection) -> datetime:
    now: datetime = await connection.fetchval("SELECT clock_timestamp()")
    return now


async def _move_back(connection: Connection, days: float) -> None:
    """Let every event have happened some time before, as it would have in time."""
    random = Random(7)
    await connection.execute("ALTER TABLE event DISABLE TRIGGER USER")
    for row in await connection.fetch("SELECT seq FROM event ORDER BY seq"):
        back = timedelta(days=random.random() * days)
        await connection.execute("UPDATE event SET at = at - $1::interval WHERE seq = $2", back, row["seq"])
    await connection.execute("ALTER TABLE event ENABLE ALWAYS TRIGGER event_is_never_changed")


def _counts(points: list[Point]) -> Counter[tuple[datetime, Action]]:
    return Counter({(point.at, action): n for point in points for action, n in point.counts.items()})


async def _events(connection: Connection, since: datetime, step: timedelta) -> Counter[tuple[datetime, Action]]:
    rows = await connection.fetch("SELECT at, action FROM event WHERE at >= $1", since)
    return Counter((_step(row["at"], step), Action(row["action"])) for row in rows)


@pytest.mark.parametrize("step", [MINUTE, 7 * MINUTE, HOUR, DAY])
async def test_each_transition_is_counted_in_the_step_in_which_it_happened(psql: Connection, step: timedelta) -> None:
    await prepare(psql)
    await write(psql, seed=1, transactions=40)
    await _move_back(psql, 2)
    await write_tick(psql)
    await write(psql, seed=2, transactions=5)  # beyond the tick
    now = await _now(psql)
    for back in (timedelta(), HOUR, DAY, 3 * DAY):
        points = await throughput(psql, now - back, step, ALL)
        first = _step(now - back, step)
        assert [point.at for point in points] == [first + i * step for i in range(len(points))]
        assert points[-1].at == _step(now, step) or await _now(psql) - now > step
        assert _counts(points) == await _events(psql, first, step)


async def test_ticks_add_to_minutes_that_were_begun(psql: Connection) -> None:
    for _ in range(3):
        ids = await submit(psql, 4)
        await write_tick(psql)
        await act(psql, Action.HOLD, ids[:2])
        await write_tick(psql)
    found = await throughput(psql, await _now(psql) - HOUR, HOUR, ALL)
    assert sum((Counter(point.counts) for point in found), Counter()) == {Action.SUBMIT: 12, Action.HOLD: 6}


async def test_while_others_write_it_is_what_the_feed_shows_up_to_the_cursor(
    psql: Connection, database_url: str
) -> None:
    await prepare(psql)
    async with connections(database_url, 3) as (one, other, ticker):
        stop = asyncio.Event()

        async def tick() -> None:
            while not stop.is_set():
                await write_tick(ticker)

        writing = [asyncio.create_task(write(c, seed=i, transactions=60)) for i, c in enumerate((one, other))]
        ticking = asyncio.create_task(tick())
        seen = []
        while not all(task.done() for task in writing):
            async with psql.transaction(isolation="repeatable_read"):
                total = sum(_counts(await throughput(psql, await _now(psql) - HOUR, MINUTE, ALL)).values())
                seen.append((total, await cursor_here(psql)))
        await asyncio.gather(*writing)
        stop.set()
        await ticking
    await write_tick(psql)
    everything = len(await whole_feed(psql))
    assert len({total for total, _ in seen}) > 5
    for total, cursor in seen:
        later = await whole_feed(psql, cursor.position, cursor.seen)
        assert total + len(later) == everything


async def test_it_can_be_asked_for_a_week_and_stays_when_events_expire(psql: Connection) -> None:
    await submit(psql, 50)
    await _move_back(psql, 7.5)
    now = await _now(psql)
    expected = await _events(psql, _step(now - 7 * DAY, HOUR), HOUR)
    await write_tick(psql)
    await psql.execute("UPDATE record SET priority = 7")
    await write_tick(psql)  # the last tick is kept
    while await expire_events(psql, timedelta(seconds=-1)):
        pass
    assert await psql.fetchval("SELECT count(*) FROM event") == 0
    points = await throughput(psql, EPOCH, HOUR, ALL)
    assert points[0].at >= _step(now - 7 * DAY, HOUR)
    assert _counts(points) == Counter({key: n for key, n in expected.items() if key[0] >= points[0].at})
    assert await throughput(psql, now + DAY, HOUR, ALL) == []
    assert len(await throughput(psql, EPOCH, HOUR, 5)) == 5


async def test_what_is_older_than_a_week_is_dropped_in_the_end(psql: Connection) -> None:
    await submit(psql, 1)
    await write_tick(psql)
    await psql.execute(
        "INSERT INTO throughput (minute, action, n) SELECT minute - interval '8 days', 'KILL', 1 FROM throughput"
    )
    await psql.execute(
        "INSERT INTO throughput (minute, action, n) SELECT now() - interval '7 days 23 hours', 'HOLD', 1"
    )
    assert await forget_throughput(psql) == 1
    assert {row["action"] for row in await psql.fetch("SELECT action FROM throughput")} == {"SUBMIT", "HOLD"}

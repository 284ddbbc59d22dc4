"""The feed under concurrent writers: dense, each event once, a record's events in order, and never rewritten."""

from __future__ import annotations

import asyncio

import asyncpg
import pytest

from interlock.store import feed_functions
from interlock.store.connection import Connection
from interlock.store.feed import EventRow, bounds, events_of, write_tick
from support.storing import actions, submit, waiting_behind
from support.writers import Ticking, connections, prepare, whole_feed, write


def positions(events: list[EventRow]) -> list[int | None]:
    return [event.position for event in events]


async def check_whole(connection: Connection) -> list[EventRow]:
    """The feed has every committed event exactly once, densely, each record's in the order of its history."""
    feed = await whole_feed(connection)
    assert positions(feed) == list(range(1, len(feed) + 1))
    rows = await connection.fetch("SELECT record_id, action, at FROM event ORDER BY seq")
    assert sorted((e.record_id, e.at) for e in feed) == sorted((r["record_id"], r["at"]) for r in rows)
    histories: dict[int, list[tuple[object, object]]] = {}
    for row in rows:
        histories.setdefault(row["record_id"], []).append((row["action"], row["at"]))
    in_feed: dict[int, list[tuple[object, object]]] = {}
    for event in feed:
        in_feed.setdefault(event.record_id, []).append((event.action, event.at))
    assert in_feed == histories
    for events in in_feed.values():
        assert events[0][0] == "SUBMIT"
    return feed


@pytest.mark.parametrize("chunk", [7, feed_functions.TICK_CHUNK])
async def test_writers_at_once_lose_nothing_and_repeat_nothing(psql: Connection, database_url: str, chunk: int) -> None:
    bounded = f"(rn - 1) / {feed_functions.TICK_CHUNK} AS chunk"
    assert bounded in feed_functions.feed_sql()
    await psql.execute(feed_functions.feed_sql().replace(bounded, f"(rn - 1) / {chunk} AS chunk"))
    await prepare(psql)
    ticking = Ticking()
    async with connections(database_url, 10) as (ticker, reader, *writers):
        background = [
            asyncio.create_task(ticking.tick(ticker)),
            asyncio.create_task(ticking.read(reader, page=37)),
        ]
        await asyncio.gather(*(write(writer, seed, transactions=40) for seed, writer in enumerate(writers)))
        ticking.stop.set()
        await asyncio.gather(*background)
    feed = await check_whole(psql)
    assert len(feed) > 500
    assert ticking.seen == feed
    for page in (1, 7, 5_000):
        assert await whole_feed(psql, len(feed) - 50, page=page) == feed[-50:]
    assert await psql.fetchval("SELECT count(*) FROM tick") > 20


async def test_a_bulk_of_one_statement_is_cut_into_chunks(psql: Connection) -> None:
    await submit(psql, 2)
    await write_tick(psql)
    ids = await submit(psql, 12_000)
    assert await write_tick(psql) == 12_002
    chunks = await psql.fetch("SELECT n, first_pos FROM tick WHERE id > 1 ORDER BY id")
    assert [chunk["n"] for chunk in chunks] == [feed_functions.TICK_CHUNK, feed_functions.TICK_CHUNK, 2_000]
    await psql.execute("UPDATE record SET status = 'HOLD' WHERE id = ANY($1)", ids)
    assert await write_tick(psql) == 24_002
    feed = await check_whole(psql)
    assert [e.record_id for e in feed[2:12_002]] == ids
    assert await whole_feed(psql, 7_123, page=999) == feed[7_123:]


async def test_a_transaction_left_open_does_not_hold_up_the_others(psql: Connection, database_url: str) -> None:
    (first,) = await submit(psql)
    async with connections(database_url, 1) as (sleeper,):
        transaction = sleeper.transaction()
        await transaction.start()
        (early,) = await submit(sleeper)
        (late,) = await submit(psql)
        assert late > early
        assert await write_tick(psql) == 2
        assert [event.record_id for event in await whole_feed(psql)] == [first, late]
        assert await write_tick(psql) is None
        await transaction.commit()
    assert await write_tick(psql) == 3
    feed = await check_whole(psql)
    assert [event.record_id for event in feed] == [first, late, early]


async def test_a_tick_with_nothing_new_writes_nothing(psql: Connection) -> None:
    await submit(psql)
    assert await write_tick(psql) == 1
    before = await psql.fetchval("SELECT count(*) FROM tick")
    assert [await write_tick(psql) for _ in range(3)] == [None] * 3
    assert await psql.fetchval("SELECT count(*) FROM tick") == before


async def test_two_tickers_by_mistake_give_no_position_twice(psql: Connection, database_url: str) -> None:
    await submit(psql, 3)
    async with connections(database_url, 1) as (other,):
        transaction = psql.transaction()
        await transaction.start()
        await write_tick(psql)
        async with waiting_behind(psql, other, write_tick(other)) as second:
            await transaction.commit()
            with pytest.raises(asyncpg.UniqueViolationError):
                await second
    await check_whole(psql)


async def test_a_record_s_own_history_is_the_feed_s(psql: Connection) -> None:
    one, two = await submit(psql, 2)
    await psql.execute("UPDATE record SET status = 'HOLD' WHERE id = $1", one)
    await psql.execute("DELETE FROM record WHERE id = $1", two)
    found = await events_of(psql, [one, two, 4_711], 10, 100)
    assert {k: [e.action for e in v] for k, v in found.items()} == {one: ["SUBMIT", "HOLD"], two: ["SUBMIT", "KILL"]}
    assert (await events_of(psql, [one], 1, 100))[one][0].action == "SUBMIT"
    assert await actions(psql, two) == ["SUBMIT", "KILL"]


async def test_the_bounds_are_those_of_what_is_kept(psql: Connection) -> None:
    known = await bounds(psql)
    assert (known.first, known.last) == (1, 0)
    await submit(psql, 3)
    await write_tick(psql)
    known = await bounds(psql)
    assert (known.first, known.last) == (1, 3)

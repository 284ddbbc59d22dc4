"""A query's snapshot, its counts and its cursor agree to the event, at any moment, while others write."""

from __future__ import annotations

import asyncio
import random
from collections import Counter

import pytest

from interlock.domain.cursor import FeedCursor
from interlock.domain.model import RecordFilter
from interlock.store import feed_functions
from interlock.store.connection import Connection
from interlock.store.counts import GROUPS, status_counts
from interlock.store.feed import cursor_here, ensure_epoch, write_tick
from support.storing import person, submit
from support.writers import Ticking, connections, prepare, whole_feed, write

_BRUTE = """
SELECT r.status::text AS status, l.tag, c.campaign, p.name AS owner, c.kind, count(*) AS n
FROM record r JOIN cohort c ON c.id = r.cohort_id JOIN lane l ON l.id = c.lane_id JOIN principal p ON p.id = c.owner_id
GROUP BY 1, 2, 3, 4, 5"""


async def check_counts(connection: Connection) -> int:
    """Maintained counts equal counting, by every grouping, in the connection's snapshot; how many records."""
    brute = await connection.fetch(_BRUTE)
    for groups in ((), ("status",), ("tag",), ("campaign", "status"), tuple(GROUPS)):
        expected: Counter[tuple[str | None, ...]] = Counter()
        for row in brute:
            expected[tuple(row[group] for group in groups)] += row["n"]
        found = await status_counts(connection, groups, RecordFilter())
        assert {tuple(c.values[group] for group in groups): c.count for c in found} == expected
        assert [c.count for c in found] == sorted((c.count for c in found), reverse=True)
    return sum(row["n"] for row in brute)


async def test_following_from_a_snapshot_s_cursor_gives_exactly_the_rest(psql: Connection, database_url: str) -> None:
    await prepare(psql)
    await ensure_epoch(psql)
    ticking = Ticking()
    taken: list[tuple[FeedCursor, set[tuple[int, object]]]] = []
    chance = random.Random(3)

    async def look(connection: Connection) -> None:
        while not ticking.stop.is_set():
            async with connection.transaction(isolation="repeatable_read", readonly=True):
                cursor = await cursor_here(connection)
                shown = {(r["record_id"], r["at"]) for r in await connection.fetch("SELECT record_id, at FROM event")}
                await check_counts(connection)
            taken.append((cursor, shown))
            await asyncio.sleep(chance.random() * 0.05)

    async with connections(database_url, 9) as (ticker, one, two, *writers):
        background = [asyncio.create_task(ticking.tick(ticker)), *(asyncio.create_task(look(c)) for c in (one, two))]
        await asyncio.gather(*(write(writer, seed, transactions=40) for seed, writer in enumerate(writers, 100)))
        ticking.stop.set()
        await asyncio.gather(*background)
    everything = {(e.record_id, e.at) for e in await whole_feed(psql)}
    assert any(cursor.seen for cursor, _ in taken)
    for cursor, shown in taken:
        rest = await whole_feed(psql, cursor.position, cursor.seen, page=chance.choice([20, 100, 1_000]))
        followed = [(e.record_id, e.at) for e in rest]
        assert len(followed) == len(set(followed))
        assert shown.isdisjoint(followed)
        assert shown | set(followed) == everything
    assert await check_counts(psql) > 0


async def test_a_settled_cursor_needs_its_snapshot_no_more(psql: Connection) -> None:
    await submit(psql, 4)
    async with psql.transaction(isolation="repeatable_read", readonly=True):
        await psql.execute("SELECT 1 FROM record")
    cursor = await cursor_here(psql)
    assert cursor.seen is not None
    await write_tick(psql)
    assert await whole_feed(psql, cursor.position, cursor.seen) == []
    await submit(psql, 2)
    await write_tick(psql)
    rest = await whole_feed(psql, cursor.position, cursor.seen)
    assert [(event.position, event.settled) for event in rest] == [(5, True), (6, True)]
    assert (await cursor_here(psql)).seen is None


async def test_what_the_snapshot_showed_does_not_come_again_behind_what_it_did_not(
    psql: Connection, database_url: str
) -> None:
    await submit(psql)
    async with connections(database_url, 1) as (late,):
        transaction = late.transaction()
        await transaction.start()
        hidden = await submit(late, 2)
        await submit(psql, 3)
        cursor = await cursor_here(psql)
        await transaction.commit()
    await write_tick(psql)
    assert [event.record_id for event in (await whole_feed(psql))[1:3]] == hidden
    rest = await whole_feed(psql, cursor.position, cursor.seen, page=1)
    assert [(event.record_id, event.settled) for event in rest] == [(record_id, False) for record_id in hidden]


async def test_more_than_a_page_of_what_the_snapshot_showed_hides_nothing_behind_it(psql: Connection) -> None:
    await submit(psql, 12_000)
    cursor = await cursor_here(psql)
    await write_tick(psql)
    (after,) = await submit(psql)
    await write_tick(psql)
    rest = await whole_feed(psql, cursor.position, cursor.seen, page=5)
    assert [event.record_id for event in rest] == [after]


async def test_any_number_of_ticks_that_the_snapshot_showed_hide_nothing_behind_them(psql: Connection) -> None:
    bounded = f"(rn - 1) / {feed_functions.TICK_CHUNK} AS chunk"
    await psql.execute(feed_functions.feed_sql().replace(bounded, "(rn - 1) / 5 AS chunk"))
    await submit(psql, 500)
    cursor = await cursor_here(psql)
    await write_tick(psql)
    (after,) = await submit(psql)
    await write_tick(psql)
    assert await psql.fetchval("SELECT count(*) FROM tick") > 100
    rest = await whole_feed(psql, cursor.position, cursor.seen, page=5)
    assert [event.record_id for event in rest] == [after]


@pytest.mark.parametrize("ticked", [False, True])
async def test_counts_follow_relabelling_and_kills(psql: Connection, ticked: bool) -> None:
    await submit(psql, 5, campaign="a")
    (victim,) = await submit(psql, 1, campaign="b")
    await psql.execute("UPDATE record SET cohort_id = (SELECT id FROM cohort WHERE campaign = 'b') WHERE id < 3")
    await psql.execute("DELETE FROM record WHERE id = $1", victim)
    await psql.execute("UPDATE record SET status = 'HOLD', cohort_id = (SELECT id FROM cohort WHERE campaign = 'b') "
        "WHERE id = 4")  # fmt: skip
    if ticked:
        await write_tick(psql)
    assert await check_counts(psql) == 5
    found = await status_counts(psql, ["campaign", "status"], RecordFilter(campaign=("b",)))
    assert [(c.values["status"], c.count) for c in found] == [("WAITING", 2), ("HOLD", 1)]


async def test_counts_are_narrowed_by_a_filter(psql: Connection) -> None:
    await submit(psql, 3, campaign="a", tag="t")
    await submit(psql, 2, campaign="b", tag="u", hold=True, owner="else")
    narrowed = {
        "campaign": RecordFilter(campaign=("a",)),
        "tag": RecordFilter(tag=("t",)),
        "owner": RecordFilter(owner=("owner", "nobody")),
        "nothing": RecordFilter(kind=("none",)),
    }
    assert (await person(psql)).id
    counts = {name: [c.count for c in await status_counts(psql, [], f)] for name, f in narrowed.items()}
    assert counts == {"campaign": [3], "tag": [3], "owner": [3], "nothing": []}

"""After a restore, and after time has passed: what the feed still gives, and which cursors it refuses."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

import asyncpg
import pytest

from interlock.domain.cursor import FeedCursor
from interlock.domain.errors import CursorExpired, CursorStale, InvalidCursor
from interlock.domain.lifecycle import Action
from interlock.domain.model import RecordFilter
from interlock.store.connection import Connection
from interlock.store.counts import status_counts
from interlock.store.embedded import EmbeddedPostgres
from interlock.store.feed import bounds, check_cursor, cursor_here, ensure_epoch, epoch_fits, expire_events, write_tick
from interlock.store.migrate import migrate
from interlock.store.standing import unpositioned
from interlock.store.throughput import throughput
from support.clusters import running_cluster
from support.programs import run
from support.storing import act, submit, waiting_behind
from support.writers import connections, prepare, whole_feed, write

NOW = datetime.now(UTC)


async def lead(connection: Connection) -> str:
    """What a ticker does first."""
    async with connection.transaction():
        return await ensure_epoch(connection)


async def totals(connection: Connection) -> Counter[Action]:
    """What the throughput of the last days adds up to."""
    points = await throughput(connection, NOW - timedelta(days=6), timedelta(days=1), 10)
    return sum((Counter(point.counts) for point in points), Counter())


async def check_readable(connection: Connection) -> int:
    """Every event has a position, and the counts are right; how many events."""
    feed = await whole_feed(connection)
    rows = await connection.fetch("SELECT record_id, at FROM event")
    assert sorted((e.record_id, e.at) for e in feed) == sorted((r["record_id"], r["at"]) for r in rows)
    assert [e.position for e in feed] == list(range(1, len(feed) + 1))
    rows = await connection.fetch("SELECT status::text, count(*) AS n FROM record GROUP BY 1")
    brute = {row["status"]: row["n"] for row in rows}
    counted = {c.values["status"]: c.count for c in await status_counts(connection, ["status"], RecordFilter())}
    assert counted == brute
    assert await totals(connection) == Counter(event.action for event in feed)
    return len(feed)


async def fill(connection: Connection) -> FeedCursor:
    """A history with relabels and kills, ticked in part; a cursor into it."""
    await prepare(connection)
    await lead(connection)
    await write(connection, seed=5, transactions=60)
    await write_tick(connection)
    cursor = await cursor_here(connection)
    await write(connection, seed=6, transactions=10)
    return cursor


@pytest.fixture(scope="session")
def another_cluster() -> Iterator[EmbeddedPostgres]:
    with running_cluster({"fsync": "off", "full_page_writes": "off"}) as postgres:
        yield postgres


async def restore(url: str, into: EmbeddedPostgres, name: str) -> str:
    """Dump the database at ``url`` and restore it under another name, as the manual of PostgreSQL says."""
    dump = await asyncio.to_thread(run, "pg_dump", url)
    admin = await asyncpg.connect(into.dsn("postgres"))
    try:
        if not await admin.fetchval("SELECT 1 FROM pg_roles WHERE rolname = 'interlock_app'"):
            await admin.execute("CREATE ROLE interlock_app NOLOGIN")
        await admin.execute(f"CREATE DATABASE {name}")
    finally:
        await admin.close()
    await asyncio.to_thread(run, "psql", into.dsn(name), "-q", "-v", "ON_ERROR_STOP=1", given=dump)
    await migrate(into.dsn(name))
    return into.dsn(name)


async def test_a_dump_restored_in_another_cluster_is_readable_under_a_new_epoch(
    psql: Connection, database_url: str, another_cluster: EmbeddedPostgres
) -> None:
    old = await fill(psql)
    events = await psql.fetchval("SELECT count(*) FROM event")
    restored = await restore(database_url, another_cluster, "restored")
    async with connections(restored, 1) as (connection,):
        epoch = await lead(connection)
        assert epoch != old.epoch
        await write_tick(connection)
        assert await check_readable(connection) == events
        with pytest.raises(CursorStale, match="restored") as refused:
            check_cursor(old, await bounds(connection), "after")
        assert refused.value.code == "CURSOR_STALE"
        # and life goes on
        (record_id,) = await submit(connection)
        await act(connection, Action.KILL, [record_id])
        await write_tick(connection)
        assert await check_readable(connection) == events + 2
        assert await lead(connection) == epoch


async def test_a_dump_restored_in_the_same_cluster_has_a_new_epoch_too(
    psql: Connection, database_url: str, cluster: EmbeddedPostgres
) -> None:
    old = await fill(psql)
    restored = await restore(database_url, cluster, f"{urlsplit(database_url).path[1:]}_restored")
    async with connections(restored, 1) as (connection,):
        assert await lead(connection) != old.epoch
        await write_tick(connection)
        await check_readable(connection)
        with pytest.raises(CursorStale):
            check_cursor(old, await bounds(connection), "after")


AHEAD = 1_000_000
"""Transactions by which the counter of a dump may be ahead."""


@pytest.mark.parametrize("ticked", [True, False], ids=["ticked", "not ticked"])
async def test_a_dump_restored_in_a_copy_of_its_cluster_that_ran_for_less_long_is_readable(
    psql: Connection, database_url: str, cluster: EmbeddedPostgres, *, ticked: bool
) -> None:
    """The copy has the same identifier, and a counter of transactions that is behind what the dump bears."""
    old = await fill(psql)
    if ticked:
        await write_tick(psql)
    restored = await restore(database_url, cluster, f"{urlsplit(database_url).path[1:]}_{ticked}".lower())
    async with connections(restored, 1) as (connection,):
        await connection.execute(f"""
            SET interlock.history = 'rebase';
            UPDATE event SET xid = (xid::text::bigint + {AHEAD})::text::xid8;
            UPDATE relabel SET xid = (xid::text::bigint + {AHEAD})::text::xid8;
            UPDATE tick SET snap = (SELECT format('%s:%s:', x, x) FROM (
              SELECT pg_snapshot_xmax(snap)::text::bigint + {AHEAD} AS x) y)::pg_snapshot;
            RESET interlock.history""")
        assert not await epoch_fits(connection)
        assert await lead(connection) != old.epoch
        assert await epoch_fits(connection)
        await submit(connection, 2)
        await write_tick(connection)
        await check_readable(connection)
        assert await unpositioned(connection) == 0


async def test_a_rebase_loses_nothing_when_others_commit_meanwhile(psql: Connection, database_url: str) -> None:
    await fill(psql)
    await psql.execute("UPDATE feed_epoch SET system_identifier = 1")
    async with connections(database_url, 2) as (other, open_one):
        unfinished = open_one.transaction()
        await unfinished.start()
        # its transaction id is lower than the rebase's, its event comes after it
        await open_one.execute("SELECT pg_current_xact_id()")
        async with psql.transaction():
            await psql.execute("SELECT pg_current_xact_id()")
            # a later transaction id is through before the rebase looks
            await other.execute("CREATE TABLE elsewhere ()")
            await ensure_epoch(psql)
        await submit(open_one)
        await unfinished.commit()
    await write_tick(psql)
    await check_readable(psql)


async def test_a_rebase_waits_for_what_is_being_written(psql: Connection, database_url: str) -> None:
    await fill(psql)
    await psql.execute("UPDATE feed_epoch SET system_identifier = 1")
    async with connections(database_url, 2) as (writer, ticker):
        unfinished = writer.transaction()
        await unfinished.start()
        await submit(writer, 3)
        async with waiting_behind(psql, ticker, lead(ticker)) as led:
            await unfinished.commit()
            await led
        await write_tick(ticker)
    await check_readable(psql)


async def test_a_rebase_counts_no_minute_twice_and_none_that_is_forgotten(psql: Connection) -> None:
    await lead(psql)
    await submit(psql, 5)
    await psql.execute("ALTER TABLE event DISABLE TRIGGER USER")
    await psql.execute("UPDATE event SET at = at - interval '9 days' WHERE record_id <= 2")
    await psql.execute("ALTER TABLE event ENABLE ALWAYS TRIGGER event_is_never_changed")
    await write_tick(psql)
    assert await totals(psql) == {Action.SUBMIT: 3}
    await psql.execute("UPDATE feed_epoch SET system_identifier = 1")
    await lead(psql)
    await write_tick(psql)
    assert await totals(psql) == {Action.SUBMIT: 3}
    assert await psql.fetchval("SELECT sum(n) FROM throughput") == 3


async def test_a_failover_changes_the_epoch_and_nothing_else(psql: Connection) -> None:
    old = await fill(psql)
    await write_tick(psql)
    before = await whole_feed(psql)
    await psql.execute("UPDATE feed_epoch SET timeline = timeline + 1")
    assert await lead(psql) != old.epoch
    assert await whole_feed(psql) == before


async def test_the_epoch_stays_as_long_as_the_database_does(psql: Connection) -> None:
    first = await lead(psql)
    assert await lead(psql) == first
    assert len(await psql.fetch("SELECT * FROM feed_epoch")) == 1


async def test_expired_events_leave_the_rest_readable(psql: Connection) -> None:
    await lead(psql)
    for _ in range(5):
        await submit(psql, 4)
        await write_tick(psql)
    early = FeedCursor((await bounds(psql)).epoch, 3)
    edge = FeedCursor(early.epoch, 12)
    # the first three ticks are old
    await psql.execute("UPDATE tick SET at = at - interval '2 days' WHERE id BETWEEN 0 AND 3")
    assert await expire_events(psql, timedelta(days=1)) == 4
    assert await expire_events(psql, timedelta(days=1)) == 0
    known = await bounds(psql)
    assert (known.first, known.last) == (13, 20)
    assert [e.position for e in await whole_feed(psql, edge.position)] == list(range(13, 21))
    check_cursor(edge, known, "after")
    with pytest.raises(CursorExpired) as refused:
        check_cursor(early, known, "input.after")
    assert (refused.value.code, refused.value.path) == ("CURSOR_EXPIRED", "input.after")
    assert await psql.fetchval("SELECT count(*) FROM event") == 8
    assert sum(c.count for c in await status_counts(psql, [], RecordFilter())) == 20


async def test_a_chunk_that_expires_takes_only_its_own_events(psql: Connection) -> None:
    await lead(psql)
    await submit(psql, 12_000)
    await write_tick(psql)
    await psql.execute("UPDATE tick SET at = at - interval '2 days' WHERE id < 2")
    assert await expire_events(psql, timedelta(days=1)) == 2
    assert [e.position for e in await whole_feed(psql)] == list(range(5_001, 12_001))
    assert (await bounds(psql)).first == 5_001


async def test_when_all_have_expired_the_feed_goes_on(psql: Connection) -> None:
    epoch = await lead(psql)
    await submit(psql, 3)
    await write_tick(psql)
    await psql.execute("UPDATE record SET priority = 7")
    await write_tick(psql)
    await expire_events(psql, timedelta(seconds=-1))
    assert await psql.fetchval("SELECT count(*) FROM event") == 0
    known = await bounds(psql)
    check_cursor(FeedCursor(epoch, 3), known, "after")
    with pytest.raises(CursorExpired):
        check_cursor(FeedCursor(epoch, 2), known, "after")
    await submit(psql, 1)
    await write_tick(psql)
    assert [e.position for e in await whole_feed(psql, 3)] == [4]


async def test_a_cursor_beyond_the_end_was_never_given(psql: Connection) -> None:
    epoch = await lead(psql)
    await submit(psql, 3)
    await write_tick(psql)
    with pytest.raises(InvalidCursor, match="no place in the feed"):
        check_cursor(FeedCursor(epoch, 4), await bounds(psql), "after")


async def test_expired_events_cannot_be_deleted_by_anything_else_in_that_transaction(psql: Connection) -> None:
    await submit(psql)
    await expire_events(psql, timedelta(days=1))
    with pytest.raises(asyncpg.IntegrityConstraintViolationError):
        await psql.execute("DELETE FROM event")

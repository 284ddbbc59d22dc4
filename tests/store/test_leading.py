"""Of several servers one ticks: one that hangs loses that to another, one that works keeps it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from interlock.app import running
from interlock.service import ticker
from interlock.settings import Settings
from interlock.store.connection import Connection
from interlock.store.database import Database
from interlock.store.feed import bounds, ensure_epoch, write_tick
from interlock.store.inspection.ticking import ticking
from interlock.store.leading import end_silent_leader, try_lead
from support.storing import submit

SILENCE = 0.5


@pytest.fixture
async def leader(database_url: str) -> AsyncIterator[Connection]:
    """The connection of a ticker whose process may stand still."""
    database = await Database.open(database_url, size=1)
    connection = await database.connect(unhurried=True)
    try:
        assert await try_lead(connection)
        yield connection
    finally:
        connection.terminate()
        database.terminate()


async def test_a_server_that_hangs_is_ticker_no_more(
    leader: Connection, database_url: str, settings: Settings, psql: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ticker, "_SILENCE", SILENCE)
    monkeypatch.setattr(ticker, "_ELECTION_INTERVAL", 0.05)
    ended = asyncio.Event()
    leader.add_termination_listener(lambda *_: ended.set())
    async with running(settings, database_url), asyncio.timeout(10):
        await submit(psql)
        await ended.wait()
        while (await bounds(psql)).last < 1:  # noqa: ASYNC110 - the ticks are another's
            await asyncio.sleep(0.01)


async def test_one_that_asks_again_and_again_stays_ticker(
    leader: Connection, database_url: str, settings: Settings, psql: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ticker, "_SILENCE", SILENCE)
    monkeypatch.setattr(ticker, "_ELECTION_INTERVAL", 0.05)
    async with leader.transaction():
        await ensure_epoch(leader)
    stop = asyncio.Event()

    async def tick() -> None:
        while not stop.is_set():
            await write_tick(leader)
            await asyncio.sleep(SILENCE / 10)

    ticking_on = asyncio.create_task(tick())
    async with running(settings, database_url):
        await asyncio.sleep(2 * SILENCE)
        stop.set()
        await ticking_on
        await leader.execute("SELECT pg_sleep($1)", 2 * SILENCE)  # PostgreSQL is at work for it
    found = await ticking(psql)
    assert found is not None
    assert found.pid == leader.get_server_pid()


async def test_nobody_s_session_is_ended_where_nobody_leads(database_url: str, psql: Connection) -> None:
    database = await Database.open(database_url, size=1)
    connection = await database.connect()
    try:
        assert await end_silent_leader(connection, timedelta(0)) is None
        assert await psql.fetchval("SELECT 1") == 1
        assert await connection.fetchval("SELECT current_user") == "interlock_app"
    finally:
        await connection.close()
        database.terminate()


async def test_whom_this_role_may_not_end_is_left_alone(
    leader: Connection, psql: Connection, database_url: str
) -> None:
    await psql.execute("CREATE ROLE other LOGIN; GRANT interlock_app, pg_monitor TO other")
    database = await Database.open(database_url.replace("//interlock@", "//other@"), size=1)
    connection = await database.connect()
    try:
        assert await end_silent_leader(connection, timedelta(0)) is None
        assert await leader.fetchval("SELECT 1") == 1
    finally:
        await connection.close()
        database.terminate()
        await psql.execute("DROP OWNED BY other; DROP ROLE other")


async def test_a_server_that_does_not_tick_is_ready_once_the_epoch_is_right(
    leader: Connection, database_url: str, settings: Settings, psql: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ticker, "_ELECTION_INTERVAL", 0.05)
    async with leader.transaction():
        await ensure_epoch(leader)
    await psql.execute("UPDATE feed_epoch SET timeline = timeline + 1")  # as after a failover

    async def ready() -> None:
        async with running(settings, database_url):
            pass

    starting = asyncio.create_task(ready())
    done, _ = await asyncio.wait({starting}, timeout=0.5)
    assert not done
    async with leader.transaction():
        await ensure_epoch(leader)
    async with asyncio.timeout(10):
        await starting

"""A database that says nothing any more: nobody waits for it for ever, and what was lost with it is made anew."""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import asyncpg
import pytest

from chaos.proxy import Proxy, proxied
from interlock.api.context import Services
from interlock.domain.errors import Unavailable
from interlock.service import ticker
from interlock.store.connection import Connection
from interlock.store.database import Database, check
from interlock.store.silence import GRACE
from support.api import Api
from support.scenario import events

DEADLINE = 0.5


@pytest.fixture
async def proxy(database_url: str) -> AsyncIterator[Proxy]:
    (folder,) = parse_qs(urlsplit(database_url).query)["host"]
    async with proxied(Path(folder) / ".s.PGSQL.5432", urlsplit(database_url).path[1:]) as proxy:
        yield proxy


@pytest.fixture
async def database(proxy: Proxy) -> AsyncIterator[Database]:
    database = await Database.open(proxy.url, size=2, statement_timeout=DEADLINE)
    try:
        yield database
    finally:
        database.terminate()


async def test_the_kernel_asks_for_signs_of_life(database: Database) -> None:
    connection: Any = await database.connect()
    try:
        sock = connection._transport.get_extra_info("socket")
        assert sock.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)
        assert sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE) == 10
        assert sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT) == 25_000
    finally:
        await connection.close()


@pytest.mark.parametrize("way", ["one", "run"])
async def test_what_is_not_answered_is_unavailable_and_leaves_no_connection_taken(
    database: Database, proxy: Proxy, way: str
) -> None:
    run = getattr(database, way)
    await asyncio.gather(*(run(lambda c: c.fetchval("SELECT pg_sleep(0.1)")) for _ in range(2)))  # both are open
    proxy.stall()
    began = time.monotonic()
    for outcome in await asyncio.gather(*(run(_one) for _ in range(2)), return_exceptions=True):
        assert isinstance(outcome, Unavailable)
    assert time.monotonic() - began < DEADLINE + 3 * GRACE
    proxy.flow()
    async with asyncio.timeout(5):
        assert await asyncio.gather(*(run(_one) for _ in range(4))) == [1] * 4


async def test_a_database_that_falls_silent_while_it_is_looked_at_cannot_be_reached(
    proxy: Proxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def reach(url: str, **options: Any) -> Connection:
        connection: Connection = await asyncpg.connect(url, command_timeout=DEADLINE, **options)
        proxy.stall()
        return connection

    monkeypatch.setattr("interlock.store.database.reach", reach)
    with pytest.raises(Unavailable, match="The database cannot be reached"):
        await check(proxy.url)


async def test_who_stops_waiting_is_let_go_of(database: Database, proxy: Proxy) -> None:
    """As an operation whose deadline came: the connection has a moment to confirm, and is dropped."""
    sent = asyncio.Event()

    async def work(connection: Connection) -> Any:
        proxy.stall()
        sent.set()
        return await connection.fetchval("SELECT 1")

    waiting = asyncio.create_task(database.run(work))
    await sent.wait()
    began = time.monotonic()
    waiting.cancel()
    await asyncio.wait({waiting})
    assert time.monotonic() - began < 2 * GRACE
    assert waiting.cancelled()
    proxy.flow()
    assert await database.run(_one) == 1


async def test_a_tick_that_needs_longer_than_a_dead_connection_has_gets_the_time(
    api: Api, services: Services, psql: asyncpg.Connection[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ticker, "_PATIENCE", 0.1)
    await psql.execute("""
        CREATE FUNCTION slowly() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM pg_sleep(0.5); RETURN new; END';
        CREATE TRIGGER slowly BEFORE INSERT ON tick FOR EACH ROW EXECUTE FUNCTION slowly()""")
    await api.operator.submit()
    async with asyncio.timeout(10):
        assert [event["position"] for event in await events(api.viewer)] == [1]
    assert services.feed.ready.is_set()


async def _one(connection: Connection) -> Any:
    return await connection.fetchval("SELECT 1")

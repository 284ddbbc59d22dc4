"""SIGTERM, as supervisors send it, to a real server process: it leaves in time, and whoever follows loses nothing."""

from __future__ import annotations

import asyncio
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import asyncpg
import httpx
import pytest
import websockets

from cli.calling import HERE
from interlock.app import running
from interlock.domain.roles import Role
from interlock.service.identity import create_key
from interlock.settings import Settings
from interlock.store.embedded import EmbeddedPostgres
from interlock.store.migrate import migrate
from support.api import FOLLOW, MOVE, Api, Client
from support.blocked import until_blocked
from support.following import feed_cursor, take
from support.raw import head, raw
from support.serving_process import serving

DRAIN = 2.0
_SPARE = 10.0
"""Seconds beyond the drain: a process that ends does so on a busy machine, too."""


@asynccontextmanager
async def _server(url: str) -> AsyncIterator[tuple[asyncio.subprocess.Process, str]]:
    given = HERE | {"INTERLOCK_DATABASE_URL": url, "INTERLOCK_DRAIN_TIMEOUT": str(DRAIN)}
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "interlock", "serve", "--port", "0", stdout=asyncio.subprocess.PIPE, env=given
    )
    assert process.stdout is not None
    try:
        line = (await process.stdout.readline()).decode()
        yield process, line.rpartition(" ")[2].strip().removesuffix("/graphql")
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def _keys(url: str) -> dict[Role, str]:
    async with running(Settings(), url) as services:
        return {role: (await create_key(services.core, role.lower(), role)).secret for role in Role}


@pytest.fixture
async def keys(database_url: str) -> dict[Role, str]:
    return await _keys(database_url)


async def _stopped(process: asyncio.subprocess.Process) -> float:
    """The seconds that it takes to leave, rightly."""
    began = asyncio.get_running_loop().time()
    process.send_signal(signal.SIGTERM)
    assert process.stdout is not None
    assert (await process.stdout.read()).decode().splitlines()[-1] == "Stopped."
    assert await process.wait() == 0
    return asyncio.get_running_loop().time() - began


async def test_a_subscriber_goes_on_at_another_server_from_the_cursor_in_the_reason(
    database_url: str, keys: dict[Role, str]
) -> None:
    async with _server(database_url) as (first, url), _server(database_url) as (second, elsewhere):
        async with Api.of(url, keys) as api, Api.of(elsewhere, keys) as other:
            async with api.viewer.socket() as socket:
                changes = socket.subscribe(FOLLOW, after=await feed_cursor(api.viewer))
                ids = await api.operator.submit(2)
                seen = [change["recordId"] for change in await take(changes, 2)]
                stopped = asyncio.create_task(_stopped(first))
                with pytest.raises(websockets.ConnectionClosed) as closed:
                    await anext(changes)
            ids += await other.operator.submit(2)
            assert await stopped < DRAIN + _SPARE
            assert closed.value.rcvd is not None
            assert closed.value.rcvd.code == 1012
            after = closed.value.rcvd.reason.rpartition(" ")[2]
            async with other.viewer.follow(after=after) as rest:
                seen += [change["recordId"] for change in await take(rest, 2)]
            assert seen == ids
        await _stopped(second)


async def test_neither_a_reader_that_has_stopped_nor_half_a_request_holds_it_up(
    database_url: str, keys: dict[Role, str]
) -> None:
    async with _server(database_url) as (process, url), httpx.AsyncClient() as http:
        client = Client(http, url, keys[Role.VIEWER])
        async with client.socket() as socket, raw(client, head(client, 10)):
            socket.raw.transport.pause_reading()
            await socket.send(type="subscribe", id="1", payload={"query": FOLLOW})
            assert await _stopped(process) < DRAIN + _SPARE


async def test_a_request_under_way_is_answered(
    database_url: str, keys: dict[Role, str], psql: asyncpg.Connection[asyncpg.Record]
) -> None:
    async with _server(database_url) as (process, url), Api.of(url, keys) as api:
        ids = await api.operator.submit()
        async with psql.transaction():
            await psql.execute("SELECT FROM record FOR UPDATE")
            under_way = asyncio.create_task(api.operator.move("hold", ids))
            await until_blocked(psql, 1)
            stopped = asyncio.create_task(_stopped(process))
            while (await api.viewer.http.get(f"{url}/healthz")).status_code == 200:
                ready = await api.viewer.http.get(f"{url}/readyz")
                if ready.status_code == 503:
                    break
        assert (await under_way)["moved"] == 1
        assert await stopped < DRAIN + _SPARE


async def test_a_request_that_cannot_be_done_in_time_is_told_so(
    database_url: str, keys: dict[Role, str], psql: asyncpg.Connection[asyncpg.Record], tmp_path: Path
) -> None:
    given = {"INTERLOCK_DATABASE_URL": database_url, "INTERLOCK_DRAIN_TIMEOUT": str(DRAIN)}
    async with serving(tmp_path, **given) as served, Api.of(served.url, keys) as api:
        ids = await api.operator.submit()
        async with psql.transaction():
            await psql.execute("SELECT FROM record FOR UPDATE")
            hold = MOVE.format(Name="Hold", name="hold")
            under_way = asyncio.create_task(api.operator.post(hold, input={"target": {"ids": ids}}))
            await until_blocked(psql, 1)
            served.process.terminate()
            answer = await under_way
        assert answer.status_code == 503
        (error,) = answer.json()["errors"]
        assert error["extensions"]["code"] == "UNAVAILABLE"
        assert "The server is leaving" in error["message"]
        async with asyncio.timeout(DRAIN + _SPARE):
            assert await served.process.wait() == 0
        assert [line for line in served.lines() if line["level"] == "error"] == []


async def test_a_socket_that_waits_to_be_admitted_does_not_hold_it_up(
    database_url: str, keys: dict[Role, str], psql: asyncpg.Connection[asyncpg.Record], tmp_path: Path
) -> None:
    given = {"INTERLOCK_DATABASE_URL": database_url, "INTERLOCK_DRAIN_TIMEOUT": str(DRAIN)}
    async with serving(tmp_path, **given) as served, httpx.AsyncClient() as http, psql.transaction():
        await psql.execute("LOCK TABLE principal")
        async with Client(http, served.url, keys[Role.VIEWER]).knock() as socket:
            await until_blocked(psql, 1)
            served.process.terminate()
            with pytest.raises(websockets.ConnectionClosed) as closed:
                await socket.receive()
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 1012
        async with asyncio.timeout(DRAIN + _SPARE):
            assert await served.process.wait() == 0
        assert [line for line in served.lines() if line["level"] == "error"] == []


async def test_a_server_whose_database_is_away_says_so_and_is_ready_again_by_itself(tmp_path: Path) -> None:
    postgres = EmbeddedPostgres(tmp_path / "postgres", {"fsync": "off"})
    await asyncio.to_thread(postgres.start)
    try:
        url = postgres.dsn("postgres")
        await migrate(url)
        await _keys(url)
        async with _server(url) as (process, server), httpx.AsyncClient() as http:

            async def until(**wanted: bool) -> None:
                async with asyncio.timeout(30):
                    while True:
                        answer = await http.get(f"{server}/readyz")
                        found = answer.json()
                        assert answer.status_code == (200 if found["ready"] else 503)
                        assert (await http.get(f"{server}/healthz")).json() == {"alive": True}
                        if wanted.items() <= found.items():
                            return

            await until(ready=True, database=True, migrated=True, feed=True, serving=True)
            await asyncio.to_thread(postgres.stop)
            await until(ready=False, database=False, feed=False, serving=True)
            await asyncio.to_thread(postgres.start)
            await until(ready=True)
            psql = await asyncpg.connect(url)
            await psql.execute("UPDATE interlock.alembic_version SET version_num = '9999'")
            await until(ready=False, database=True, migrated=False)
            await psql.close()
            await _stopped(process)
    finally:
        await asyncio.to_thread(postgres.stop)


async def test_a_server_that_is_still_starting_leaves_when_it_is_told(database_url: str) -> None:
    async with asyncio.timeout(30):
        psql = await asyncpg.connect(database_url, server_settings={"search_path": "interlock"})
        async with psql.transaction():
            await psql.execute("LOCK TABLE feed_epoch IN ACCESS EXCLUSIVE MODE")
            given = HERE | {"INTERLOCK_DATABASE_URL": database_url, "INTERLOCK_DRAIN_TIMEOUT": str(DRAIN)}
            process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "interlock", "serve", "--port", "0", stdout=asyncio.subprocess.PIPE, env=given
            )
            try:
                await until_blocked(psql, 1)
                assert await _stopped(process) < DRAIN + _SPARE
            finally:
                if process.returncode is None:
                    process.kill()
                    await process.wait()
        await psql.close()

"""Clients that read nothing, come and go, drip, flood, or talk nonsense: others do not notice."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import psutil
import pytest
import pytest_asyncio

from chaos.trial import struck, trial
from chaos.world import World
from support.api import FOLLOW
from support.following import feed_cursor
from support.sockets import acknowledged, ended, hear, opened, say

pytestmark = [pytest.mark.slow, pytest.mark.asyncio(loop_scope="module")]
SEED = 1
INIT_TIMEOUT = 5
SOCKETS = 2_000
A_SOCKET = 40_000
"""Bytes that one which has not shown its key costs the server at most."""
SUBSCRIBES = 2_000
MOST = 100
RESUMED = 60


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def world() -> AsyncIterator[World]:
    async with World(settings={"INIT_TIMEOUT": str(INIT_TIMEOUT), "SEND_TIMEOUT": "3"}) as world:
        yield world


@pytest.mark.parametrize("move", ["stop_reading", "drop_and_resume", "drip", "flood", "send_garbage"])
async def test_what_one_client_does_no_other_notices(world: World, move: str) -> None:
    load = await struck(world, move, SEED)
    assert not [trouble for caller in load.callers for trouble in caller.troubles]


async def test_a_subscriber_that_resumes_at_each_cursor_sees_every_event_once(world: World) -> None:
    async with world.api(0) as one, world.api(1) as other:
        cursor = await feed_cursor(one.viewer)
        ids = await one.operator.submit(RESUMED)
        seen = []
        for number in range(RESUMED):
            api = (one, other)[number % 2]
            async with api.viewer.socket() as socket:
                change = await anext(socket.subscribe(FOLLOW, after=cursor))
                socket.raw.transport.abort()  # its close would wait, as more events have come than it has read
            seen.append(change["recordId"])
            cursor = change["cursor"]
        assert seen == ids


async def test_thousands_of_sockets_without_a_key_hold_up_nobody(world: World) -> None:
    server = psutil.Process(world.servers[0].pid)
    before = server.memory_info().rss
    async with world.api() as api, AsyncExitStack() as stack:

        async def flood() -> None:
            for _ in range(SOCKETS // 100):
                silent = await asyncio.gather(
                    *(stack.enter_async_context(opened(api.viewer, open_timeout=60)) for _ in range(100))
                )
            a_socket = (server.memory_info().rss - before) / SOCKETS
            print(f"{a_socket:.0f} bytes a socket")  # noqa: T201 - shown when it fails
            assert a_socket < A_SOCKET
            codes = Counter([(await ended(socket))[0] for socket in silent])
            assert codes == {4408: 100}

        await trial(world, flood, SEED)


async def test_thousands_of_subscriptions_on_one_socket_are_refused_beyond_its_limit(world: World) -> None:
    async with asyncio.timeout(60), world.api() as api, acknowledged(api.viewer) as socket:
        for number in range(SUBSCRIBES):
            await say(socket, type="subscribe", id=str(number), payload={"query": FOLLOW})
        refused = [await hear(socket) for _ in range(SUBSCRIBES - MOST)]
        assert {message["type"] for message in refused} == {"error"}
        assert {error["extensions"]["code"] for message in refused for error in message["payload"]} == {
            "LIMIT_EXCEEDED"
        }
        await api.operator.submit()
        assert {(await hear(socket))["type"] for _ in range(MOST)} == {"next"}
        socket.transport.abort()

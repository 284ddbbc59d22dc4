"""When the server leaves: whoever follows is told where to go on, and nobody is told that it was the end."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest
import websockets

from interlock.api.context import Services
from support.api import FOLLOW, Api, Client, Socket
from support.following import feed_cursor, take, until_followed

WITH_RECORD = "subscription { statusChanges { cursor recordId record { status } } }"
"""What graphql-core executes for each subscriber."""


def _resume(closed: websockets.ConnectionClosed) -> str:
    """The cursor in the reason."""
    assert closed.rcvd is not None
    assert closed.rcvd.code == 1012
    said, _, cursor = closed.rcvd.reason.rpartition(" ")
    assert said == "The server is leaving. Resume after"
    return cursor


async def _end(socket: Socket) -> websockets.ConnectionClosed:
    """How the socket is closed; nothing but what is followed comes before."""
    try:
        while True:
            assert (await socket.receive())["type"] in {"next", "ping"}
    except websockets.ConnectionClosed as closed:
        return closed


@asynccontextmanager
async def _streaming(client: Client, accept: str) -> AsyncIterator[httpx.Response]:
    async with client.http.stream(
        "POST",
        f"{client.url}/graphql",
        json={"query": FOLLOW},
        headers={"Authorization": f"Bearer {client.key}", "Accept": accept},
    ) as response:
        yield response


@pytest.mark.parametrize("query", [FOLLOW, WITH_RECORD], ids=["shared", "each"])
async def test_a_subscription_is_closed_with_1012_and_the_cursor_behind_what_it_got(
    api: Api, services: Services, query: str
) -> None:
    async with api.viewer.socket() as socket:
        changes = socket.subscribe(query)
        first = asyncio.ensure_future(anext(changes))
        await until_followed(services.feed, 1)
        await api.operator.submit()
        cursors = [(await first)["cursor"]]
        for _ in range(3):  # what is offered to one who waits
            await api.operator.submit()
            cursors += [change["cursor"] for change in await take(changes, 1)]
        services.drain.begin()
        assert _resume(await _end(socket)) == cursors[-1]
    assert await services.drain.over(10) == 0


async def test_of_several_subscriptions_the_reason_has_the_place_of_the_last(api: Api, services: Services) -> None:
    await api.operator.submit(3)
    after = await feed_cursor(api.viewer)
    async with api.viewer.socket() as socket:
        for number, given in enumerate(({"after": after}, {"filter": {"record": []}}, {})):
            await socket.send(type="subscribe", id=str(number), payload={"query": FOLLOW, "variables": given})
        await until_followed(services.feed, 3)
        services.drain.begin()
        assert _resume(await _end(socket)) == after


async def test_a_socket_without_a_subscription_is_told_too_and_a_new_one_is_sent_elsewhere(
    api: Api, services: Services
) -> None:
    async with api.viewer.socket() as socket:
        services.drain.begin()
        closed = await _end(socket)
        assert closed.rcvd is not None
        assert (closed.rcvd.code, closed.rcvd.reason) == (1012, "The server is leaving.")
    with pytest.raises(websockets.ConnectionClosed) as refused:
        async with api.viewer.socket():
            pass
    assert refused.value.rcvd is not None
    assert refused.value.rcvd.code == 1012


async def test_a_mutation_under_way_on_a_socket_is_answered_before_it_is_closed(
    api: Api, services: Services, psql: Any
) -> None:
    (id_,) = await api.operator.submit()
    async with api.operator.socket() as socket:
        async with psql.transaction():
            await psql.execute("SELECT FROM record FOR UPDATE")
            query = f'mutation {{ hold(input: {{target: {{ids: ["{id_}"]}}}}) {{ moved }} }}'
            await socket.send(type="subscribe", id="1", payload={"query": query})
            async with asyncio.timeout(30):
                while not await psql.fetchval("SELECT count(*) FROM pg_locks WHERE NOT granted"):
                    pass
            services.drain.begin()
        assert (await socket.receive())["payload"]["data"] == {"hold": {"moved": 1}}
        assert (await socket.receive())["type"] == "complete"
        with pytest.raises(websockets.ConnectionClosed) as closed:
            await socket.receive()
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 1012


async def test_streams_end_without_saying_that_they_are_complete(api: Api, services: Services) -> None:
    after = await feed_cursor(api.viewer)
    async with (
        _streaming(api.viewer, "text/event-stream") as events,
        _streaming(api.viewer, "multipart/mixed;subscriptionSpec=1.0") as parts,
    ):
        await until_followed(services.feed, 2)
        services.drain.begin()
        told = [line async for line in events.aiter_lines() if line and "ping" not in line]
        assert told == [f": The server is leaving. Subscribe again after the cursor given. {after}"]
        *_, last, end = (await parts.aread()).decode().split("--graphql")
    assert end.strip() == "--"
    error = json.loads(last.partition("\r\n\r\n")[2])
    assert error["payload"] is None
    assert error["errors"][0]["extensions"] == {"code": "RESTARTING", "cursor": after}


async def test_a_subscriber_that_stops_reading_is_not_waited_for_beyond_the_time(api: Api, services: Services) -> None:
    async with api.viewer.socket() as socket:
        socket.raw.transport.pause_reading()
        await socket.send(type="subscribe", id="1", payload={"query": FOLLOW})
        await until_followed(services.feed, 1)
        async with asyncio.timeout(30):
            while services.feed.followers:  # until the server has more for it than fits between the two
                await api.operator.submit(1_000, campaign="x" * 200)
                services.drain.begin() if services.feed.last > 3_000 else None
        assert await services.drain.over(0.05) in {0, 1}
        with contextlib.suppress(RuntimeError):
            socket.raw.transport.resume_reading()


async def test_after_a_restore_under_a_running_server_subscribers_are_told_that_their_cursors_are_stale(
    api: Api, services: Services, psql: Any
) -> None:
    async with api.viewer.socket() as shared, api.viewer.socket() as each:
        for socket, query in ((shared, FOLLOW), (each, WITH_RECORD)):
            await socket.send(type="subscribe", id="1", payload={"query": query})
        await until_followed(services.feed, 2)
        # what a restore looks like: the epoch was made for another cluster, and the ticker is elected anew
        await psql.execute("UPDATE feed_epoch SET system_identifier = system_identifier + 1")
        await psql.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND pid <> pg_backend_pid()"
        )
        for socket in (shared, each):
            frame = await socket.receive()
            errors = frame["payload"] if frame["type"] == "error" else frame["payload"]["errors"]
            assert errors[0]["extensions"]["code"] == "CURSOR_STALE"
    after = await feed_cursor(api.viewer)
    async with api.viewer.follow(after=after) as changes:
        (id_,) = await api.operator.submit()
        assert (await anext(changes))["recordId"] == id_

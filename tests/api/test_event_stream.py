"""The feed as server-sent events, and the end of every stream when the server leaves."""

from __future__ import annotations

import gc
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest
import websockets
from graphql.execution.collect_fields import FieldDetails

from interlock.api.context import Services
from interlock.settings import Settings
from support.api import FOLLOW, Api, Client
from support.following import until_followed
from support.server_settings import tuned


@pytest.fixture
def settings() -> Settings:
    return tuned(idle_heartbeat=0.05)


@asynccontextmanager
async def _stream(
    client: Client, query: str = FOLLOW, accept: str = "text/event-stream", **variables: Any
) -> AsyncIterator[AsyncIterator[str]]:
    """The lines of an event stream."""
    headers = {"Authorization": f"Bearer {client.key}", "Accept": accept}
    body = {"query": query, "variables": variables}
    async with client.http.stream("POST", f"{client.url}/graphql", json=body, headers=headers) as response:
        assert response.status_code == 200
        assert response.headers["content-type"].startswith("text/event-stream")
        yield response.aiter_lines()


async def _next(lines: AsyncIterator[str]) -> tuple[str, Any]:
    """The next event and its data; heartbeats are passed over."""
    event = ""
    async for line in lines:
        name, _, value = line.partition(":")
        if name == "event":
            event = value.strip()
        elif name == "data":
            return event, json.loads(value) if value.strip() else None
    return "end", None


async def test_changes_come_as_events_and_silence_as_heartbeats(api: Api, services: Services) -> None:
    async with _stream(api.viewer) as lines:
        await until_followed(services.feed, 1)
        beats = [await anext(lines) for _ in range(6)]
        assert {line for line in beats if line} == {":"} or all(line.startswith(":") for line in beats if line)
        (id_,) = await api.operator.submit()
        event, data = await _next(lines)
    assert event == "next"
    assert data["data"]["statusChanges"]["recordId"] == id_
    await until_followed(services.feed, 0)
    async with _stream(api.viewer, after=data["data"]["statusChanges"]["cursor"]) as lines:
        await api.operator.move("hold", [id_])
        assert (await _next(lines))[1]["data"]["statusChanges"]["action"] == "HOLD"


async def test_a_quiet_socket_is_pinged_again_and_again(api: Api) -> None:
    async with api.viewer.socket() as socket:
        assert [await socket.receive() for _ in range(3)] == [{"type": "ping"}] * 3


async def test_a_query_and_an_error_as_event_stream_end_with_complete(api: Api) -> None:
    for query, variables, expected in (
        ("{ viewer { name } }", {}, {"viewer": {"name": "viewer"}}),
        (FOLLOW, {"after": "made up"}, None),
        ("{ nonsense }", {}, None),
        ("{", {}, None),
    ):
        async with _stream(api.viewer, query, **variables) as lines:
            event, data = await _next(lines)
            assert event == "next"
            assert data["data"] == expected if expected else data["errors"]
            assert (await _next(lines))[0] == "complete"


async def test_accept_decides_by_what_it_lists_first(api: Api) -> None:
    for accept, kind in (
        ("application/json, text/event-stream", "application/json"),
        ("text/event-stream, application/json", "text/event-stream"),
        ("*/*", "application/json"),
        ("text/event-stream;q=1", "text/event-stream"),
    ):
        answer = await api.viewer.http.post(
            f"{api.viewer.url}/graphql",
            json={"query": "{ viewer { name } }"},
            headers={"Authorization": f"Bearer {api.viewer.key}", "Accept": accept},
        )
        assert answer.headers["content-type"].startswith(kind), accept
        assert '"viewer"' in answer.text


async def test_a_subscription_has_a_stream_wherever_accept_lists_it(api: Api, services: Services) -> None:
    for accept in ("application/json, text/event-stream", "application/graphql-response+json;q=1, text/*;q=0.1"):
        async with _stream(api.viewer, accept=accept) as lines:
            await until_followed(services.feed, 1)
            (id_,) = await api.operator.submit()
            assert (await _next(lines))[1]["data"]["statusChanges"]["recordId"] == id_
        await until_followed(services.feed, 0)


async def test_a_stream_keeps_nothing_of_the_events_that_it_has_told(api: Api, services: Services) -> None:
    async with _stream(api.viewer) as lines:
        await until_followed(services.feed, 1)
        held = []
        for _ in range(2):
            await api.operator.submit(300)
            for _ in range(300):
                assert (await _next(lines))[0] == "next"
            gc.collect()
            held.append(sum(isinstance(one, FieldDetails) for one in gc.get_objects()))
    assert held[1] <= held[0] + 30


async def test_a_client_that_hangs_up_is_forgotten(api: Api, services: Services) -> None:
    async with httpx.AsyncClient(timeout=30) as http, _stream(Client(http, api.viewer.url, api.viewer.key)):
        await until_followed(services.feed, 1)
    async with api.viewer.socket() as socket:
        await socket.send(type="subscribe", id="1", payload={"query": FOLLOW})
        await until_followed(services.feed, 1)
        socket.raw.transport.abort()
    await until_followed(services.feed, 0)
    with pytest.raises(websockets.ConnectionClosed):
        await socket.raw.recv()

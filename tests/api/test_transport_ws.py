"""The rules of graphql-transport-ws: each that is broken closes the socket with the code of the protocol."""

from __future__ import annotations

import asyncio
import json
import logging
from contextlib import suppress
from typing import Any

import pytest
import websockets
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from interlock.api.context import Services
from interlock.settings import Settings
from support.api import FOLLOW, SUBMIT, Api
from support.following import until_followed
from support.server_settings import tuned
from support.sockets import acknowledged, ended, hear, init, opened, say

pytestmark = pytest.mark.timeout(60)
VIEWER = {"query": "{ viewer { name } }"}
RECORD = "subscription { statusChanges { recordId record { id } } }"
"""Followed by graphql-core, for each alone."""
MOST_BYTES = 20_000


@pytest.fixture
def settings() -> Settings:
    return tuned(max_message=MOST_BYTES)


@pytest.fixture(autouse=True)
def no_errors(caplog: pytest.LogCaptureFixture) -> Any:
    """Whatever clients do, nothing is raised in the server."""
    yield
    assert [record for record in caplog.get_records("call") if record.levelno >= logging.ERROR] == []


def _subscribe(id_: Any, payload: Any) -> str:
    return json.dumps({"type": "subscribe", "id": id_, "payload": payload})


OTHERS: dict[str, list[Any]] = {
    "id": [3, None, [], {}, True, ""],
    "payload": [3, "x", [], False],
    "subscription": [None, 3, "x", [], {}, {"query": 3}, {"query": None}, {"query": []}, {"query": {}}],
    "object": [0, 3, "", "x", [], False],
    "operationName": [0, 3, [], {}, False],
}
MALFORMED: list[str | bytes] = [
    "", " ", "nonsense", "{", "[]", "[1]", "3", "-1.5", "null", "true", '"text"', "{}", '{"id": "1"}', "NaN", "[" * 5_000,
    '{"type": null}', '{"type": 3}', '{"type": []}', '{"type": {}}', '{"type": true}', '{"type": ""}', '{"type": "start"}',
    '{"type": "SUBSCRIBE"}', '{"type": "next", "id": "1", "payload": {}}', '{"type": "connection_ack"}', '{"type": "stop"}',
    '{"type": "error", "id": "1", "payload": []}', '{"type": "' + "x" * 500 + '"}', '{"type": "ü€😀\\ud800"}',
    b"", b"{}", b'{"type": "ping"}', b"\x00\xff",
    *(json.dumps({"type": kind, "payload": payload}) for kind in ("connection_init", "ping", "pong") for payload in OTHERS["payload"]),
    *(json.dumps({"type": "complete", "id": id_}) for id_ in OTHERS["id"]),
    '{"type": "complete"}', '{"type": "subscribe"}', '{"type": "subscribe", "id": "1"}',
    *(_subscribe(id_, VIEWER) for id_ in OTHERS["id"]),
    *(_subscribe("1", payload) for payload in OTHERS["subscription"]),
    *(_subscribe("1", VIEWER | {name: value}) for name in ("variables", "extensions") for value in OTHERS["object"]),
    *(_subscribe("1", VIEWER | {"operationName": value}) for value in OTHERS["operationName"]),
]  # fmt: skip


@pytest.mark.parametrize("known", [True, False], ids=["acknowledged", "before"])
async def test_a_frame_that_is_no_message_closes_the_socket_with_4400(api: Api, known: bool) -> None:
    for frame in MALFORMED:
        async with (acknowledged if known else opened)(api.viewer) as raw:
            await raw.send(frame)
            code, reason = await ended(raw)
        assert (code, bool(reason)) == (4400, True), frame[:60]


async def test_a_message_that_is_too_large_closes_the_socket_with_1009(api: Api) -> None:
    async with acknowledged(api.viewer) as raw:
        await raw.send(_subscribe("1", {"query": FOLLOW}))
        await raw.send(_subscribe("2", {"query": "{ viewer { name } }" + " " * MOST_BYTES}))
        assert (await ended(raw))[0] == 1009


async def test_whoever_asks_before_the_acknowledgement_is_closed_with_4401(api: Api) -> None:
    async with opened(api.viewer) as raw:
        await raw.send(_subscribe("1", VIEWER))
        assert (await ended(raw)) == (4401, "Unauthorized")


async def test_a_key_that_is_not_valid_is_closed_with_4401_and_told_what_to_send(api: Api) -> None:
    for payload in ({}, {"authorization": "Bearer nobody's"}, {"authorization": 3}):
        async with opened(api.viewer) as raw:
            await say(raw, type="connection_init", payload=payload)
            code, reason = await ended(raw)
        assert code == 4401
        assert "key" in reason


@pytest.mark.parametrize("names", [("graphql-ws",), ("nonsense", "graphql-ws")])
async def test_another_subprotocol_is_closed_with_4406(api: Api, names: tuple[str, ...]) -> None:
    async with opened(api.viewer, *names) as raw:
        assert raw.subprotocol is None
        assert (await ended(raw))[0] == 4406


async def test_no_subprotocol_is_closed_with_4406(api: Api) -> None:
    async with websockets.connect(api.viewer.url.replace("http", "ws", 1) + "/graphql") as raw:
        assert (await ended(raw))[0] == 4406


async def test_of_several_subprotocols_ours_is_taken(api: Api) -> None:
    async with opened(api.viewer, "graphql-ws", "graphql-transport-ws") as raw:
        assert raw.subprotocol == "graphql-transport-ws"


@pytest.mark.parametrize("settings", [tuned(init_timeout=1.0)], ids=["a second"])
async def test_whoever_says_nothing_in_time_is_closed_with_4408(api: Api) -> None:
    async with opened(api.viewer) as raw, acknowledged(api.viewer) as other:
        await say(raw, type="ping")
        assert await hear(raw) == {"type": "pong"}
        assert (await ended(raw))[0] == 4408
        await say(other, type="ping")
        assert await hear(other) == {"type": "pong"}


async def test_a_second_init_is_closed_with_4429(api: Api) -> None:
    async with acknowledged(api.viewer) as raw:
        await raw.send(init(api.viewer))
        assert (await ended(raw)) == (4429, "Too many initialisation requests")
    async with opened(api.viewer) as raw:
        await raw.send(init(api.viewer))
        await raw.send(init(api.viewer))
        assert (await ended(raw))[0] == 4429


@pytest.mark.parametrize("query", [FOLLOW, RECORD], ids=["shared", "alone"])
async def test_an_id_in_use_is_closed_with_4409(api: Api, query: str) -> None:
    async with acknowledged(api.viewer) as raw:
        await raw.send(_subscribe("ü" * 100, {"query": query}))
        await raw.send(_subscribe("ü" * 100, VIEWER))
        code, reason = await ended(raw)
    assert (code, reason[:16]) == (4409, "Subscriber for ü")


async def test_a_ping_is_answered_with_its_payload_and_a_pong_is_not(api: Api) -> None:
    async with acknowledged(api.viewer) as raw:
        for payload in ({}, {"a": [1, None, "ü"]}):
            await say(raw, type="pong", payload=payload)
            await say(raw, type="ping", payload=payload)
            assert await hear(raw) == {"type": "pong", "payload": payload}
        await say(raw, type="pong")
        await say(raw, type="ping", payload=None)
        assert await hear(raw) == {"type": "pong"}


async def test_queries_and_mutations_are_answered_and_complete(api: Api) -> None:
    async with acknowledged(api.operator) as raw:
        await raw.send(_subscribe("a", VIEWER))
        assert await hear(raw) == _next("a", "operator")
        assert await hear(raw) == {"id": "a", "type": "complete"}
        given = {"input": {"kind": "python", "specifications": [{"function": "a:b"}]}}
        await raw.send(_subscribe("a", {"query": SUBMIT, "variables": given}))
        assert (await hear(raw))["payload"]["data"]["submitRecords"]["submitted"] == 1
        assert await hear(raw) == {"id": "a", "type": "complete"}


@pytest.mark.parametrize("query", [FOLLOW, RECORD], ids=["shared", "alone"])
async def test_what_is_completed_is_silent_and_its_id_is_free_at_once(api: Api, services: Services, query: str) -> None:
    (before,) = await api.operator.submit()
    async with acknowledged(api.viewer) as raw, acknowledged(api.viewer) as other:
        await say(raw, type="complete", id="nobody's")
        await other.send(_subscribe("all", {"query": FOLLOW}))
        await until_followed(services.feed, 1)
        for round_ in range(20):
            await raw.send(_subscribe("1", {"query": query}))
            await until_followed(services.feed, 2)
            # in one go: what the old operation has still to say must not be said under the id of the new one
            await raw.send('{"type": "complete", "id": "1"}')
            await raw.send(_subscribe("1", VIEWER))
            await api.operator.move(("hold", "release")[round_ % 2], [before])
            assert await hear(raw) == _next("1", "viewer")
            assert (await hear(raw)) == {"id": "1", "type": "complete"}
            # the feed has gone past this move: who follows next begins behind it
            while (await hear(other))["payload"]["data"]["statusChanges"]["action"] == "SUBMIT":
                pass
            await until_followed(services.feed, 1)


async def test_operations_of_one_socket_go_side_by_side(api: Api, services: Services) -> None:
    async with acknowledged(api.viewer) as raw:
        for number, query in enumerate((FOLLOW, RECORD, FOLLOW, RECORD)):
            await raw.send(_subscribe(str(number), {"query": query}))
        await until_followed(services.feed, 4)
        (id_,) = await api.operator.submit()
        heard = [await hear(raw) for _ in range(4)]
    assert {message["id"] for message in heard} == {"0", "1", "2", "3"}
    assert {message["payload"]["data"]["statusChanges"]["recordId"] for message in heard} == {id_}


_ANY = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
_IDS = st.sampled_from(["1", "2", "3"])
_QUERIES = st.sampled_from(
    ["{ viewer { name } }", "{", "{ nothing }", FOLLOW, RECORD, "", "query A { viewer { name } }"]
)
_GOOD = st.one_of(
    st.fixed_dictionaries({"type": st.sampled_from(["ping", "pong"])}, optional={"payload": st.just({"a": 1})}),
    st.fixed_dictionaries({"type": st.just("complete"), "id": _IDS}),
    st.fixed_dictionaries({"type": st.just("subscribe"), "id": _IDS, "payload": st.fixed_dictionaries(
        {"query": _QUERIES}, optional={"variables": st.just({}) | st.dictionaries(st.text(max_size=5), _ANY, max_size=2),
                                       "operationName": st.none() | st.text(max_size=3)})}),
)  # fmt: skip
_BAD = st.one_of(
    _ANY,
    st.dictionaries(st.sampled_from(["type", "id", "payload"]), _ANY),
    st.builds(lambda good, name, other: {**good, name: other}, _GOOD, st.sampled_from(["type", "id", "payload"]), _ANY),
)
_FRAMES = st.lists(
    st.one_of(_GOOD.map(json.dumps), _GOOD.map(json.dumps), _BAD.map(json.dumps), st.text(max_size=20), st.binary(max_size=20)),
    min_size=1, max_size=8,
)  # fmt: skip


@given(_FRAMES)
@hypothesis_settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_no_frame_is_too_strange(api: Api, frames: list[str | bytes]) -> None:
    last = json.dumps({"type": "ping", "payload": {"last": True}})
    async with acknowledged(api.viewer) as raw:
        for frame in [*frames, last]:
            await raw.send(frame)
        told = asyncio.ensure_future(_until_last(raw))
        assert await asyncio.wait_for(told, 20) in {"alive", 4400, 4409, 4429}


async def _until_last(raw: websockets.ClientConnection) -> str | int | None:
    """What becomes of a socket; its messages are all of the protocol."""
    with suppress(websockets.ConnectionClosed):
        while True:
            message = await hear(raw)
            if message == {"type": "pong", "payload": {"last": True}}:
                return "alive"
            assert message["type"] in {"pong", "ping"} or message["id"], message
            assert message["type"] in {"pong", "ping", "next", "error", "complete"}
            assert "INTERNAL" not in json.dumps(message)
    return raw.close_code


def _next(id_: str, viewer: str) -> dict[str, Any]:
    cost = {"asked": 2, "allowed": Settings().max_cost}
    return {"id": id_, "type": "next", "payload": {"data": {"viewer": {"name": viewer}}, "extensions": {"cost": cost}}}

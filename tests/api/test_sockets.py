"""A WebSocket outlives what is wrong with one of its operations: that alone ends, and says why."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
import websockets

from interlock.api.context import Services
from support.api import FOLLOW, Api
from support.following import until_followed

WRONG: dict[str, dict[str, Any]] = {
    "syntax": {"query": "{"},
    "nothing": {"query": ""},
    "not a document": {"query": "\0"},
    "unknown operation": {"query": "query A { viewer { name } }", "operationName": "B"},
    "unknown subscription": {"query": f"{FOLLOW}", "operationName": "nobody's"},
    "no operation": {"query": "fragment F on Query { viewer { name } }"},
    "unnamed of several": {"query": "query A { viewer { name } } query B { viewer { name } }"},
    "unknown field": {"query": "{ nonsense }"},
    "missing variable": {"query": "query ($id: ID!) { record(id: $id) { id } }"},
    "too many fields": {"query": "{" + "a: viewer { name } " * 2_500 + "}"},
    "too many tokens": {"query": "{ viewer { " + "name " * 11_000 + "} }"},
    "wrong variable": {"query": FOLLOW, "variables": {"after": 3}},
}


IN_OTHER_WORDS = {"nothing", "wrong variable"}
"""By HTTP something else is wrong with them."""


@pytest.mark.parametrize("wrong", WRONG)
async def test_an_operation_that_cannot_be_run_is_an_error_of_its_own_and_the_socket_lives_on(
    api: Api, services: Services, wrong: str
) -> None:
    payload = WRONG[wrong]
    async with api.viewer.socket() as socket:
        await socket.send(type="subscribe", id="good", payload={"query": FOLLOW})
        await until_followed(services.feed, 1)
        await socket.send(type="subscribe", id="wrong", payload=payload)
        answer = await socket.receive()
        assert (answer["type"], answer["id"]) == ("error", "wrong")
        (error,) = answer["payload"]
        assert error.get("extensions", {}).get("code") != "INTERNAL", error
        by_http = await api.viewer.http.post(
            f"{api.viewer.url}/graphql", json=payload, headers={"Authorization": f"Bearer {api.viewer.key}"}
        )
        assert wrong in IN_OTHER_WORDS or error["message"] == by_http.json()["errors"][0]["message"]
        (id_,) = await api.operator.submit()
        change = await socket.receive()
        assert (change["id"], change["payload"]["data"]["statusChanges"]["recordId"]) == ("good", id_)
        await socket.send(type="subscribe", id="wrong", payload={"query": "{ viewer { name } }"})
        assert (await socket.receive())["payload"]["data"] == {"viewer": {"name": "viewer"}}


async def test_an_id_in_use_closes_the_socket_however_long_it_is(api: Api) -> None:
    async with api.viewer.socket() as socket:
        for _ in range(2):
            await socket.send(type="subscribe", id="ü" * 500, payload={"query": FOLLOW})
        with pytest.raises(websockets.ConnectionClosed) as closed:
            await asyncio.wait_for(socket.raw.recv(), 10)
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 4_409
    assert closed.value.rcvd.reason.startswith("Subscriber for ü")

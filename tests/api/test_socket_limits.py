"""Limits on sockets: each refusal says the limit and what was asked, and ends no more than it must."""

from __future__ import annotations

import asyncio
import json

import pytest

from interlock.api.context import Services
from interlock.settings import Settings
from support.api import FOLLOW, Api
from support.following import until_followed
from support.server_settings import tuned
from support.sockets import acknowledged, ended, hear, init, opened, say

MOST = 5
RECORD = "subscription { statusChanges { recordId record { id } } }"


def subscribe(id_: str, query: str) -> str:
    return json.dumps({"type": "subscribe", "id": id_, "payload": {"query": query}})


@pytest.fixture
def settings() -> Settings:
    return tuned(max_operations=MOST, max_sockets=3)


async def test_one_operation_too_many_is_an_error_of_its_own(api: Api, services: Services) -> None:
    async with acknowledged(api.viewer) as raw:
        for number in range(MOST):
            await raw.send(subscribe(str(number), (FOLLOW, RECORD)[number % 2]))
        await until_followed(services.feed, MOST)
        await raw.send(subscribe("more", "{ viewer { name } }"))
        refused = await hear(raw)
        assert (refused["type"], refused["id"]) == ("error", "more")
        (error,) = refused["payload"]
        assert error["extensions"] == {"code": "LIMIT_EXCEEDED"}
        assert error["message"].startswith("The socket has 5 operations under way, and may have 5")
        await say(raw, type="complete", id="0")
        await raw.send(subscribe("more", "{ viewer { name } }"))
        assert (await hear(raw))["type"] == "next"


async def test_one_socket_too_many_is_closed_and_told_why(api: Api) -> None:
    async with acknowledged(api.viewer), acknowledged(api.viewer), acknowledged(api.operator):
        async with acknowledged(api.viewer):
            async with opened(api.viewer) as raw:
                await raw.send(init(api.viewer))
                code, reason = await ended(raw)
            assert code == 1013
            assert reason == "This key has 3 sockets open, and may have 3 (INTERLOCK_MAX_SOCKETS)"
        async with asyncio.timeout(10), acknowledged(api.operator):  # another key has places of its own
            while True:  # the place is free once the server has seen the end of the socket
                async with opened(api.viewer) as raw:
                    await raw.send(init(api.viewer))
                    if json.loads(await raw.recv()) == {"type": "connection_ack"}:
                        break

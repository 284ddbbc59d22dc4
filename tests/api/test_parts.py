"""Apollo's multipart subscriptions, as RFC 2046 has the parts of a body."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from email import message_from_bytes
from typing import Any

import httpx
import pytest

from interlock.api.context import Services
from interlock.settings import Settings
from support.api import FOLLOW, Api, Client
from support.following import feed_cursor, until_followed
from support.server_settings import tuned

APOLLO = "multipart/mixed;boundary=graphql;subscriptionSpec=1.0,application/json"
ONLY = "multipart/mixed;subscriptionSpec=1.0"


@pytest.fixture
def settings() -> Settings:
    return tuned(idle_heartbeat=0.05)


@asynccontextmanager
async def _asked(client: Client, query: str, accept: str, **variables: Any) -> AsyncIterator[httpx.Response]:
    headers = {"Authorization": f"Bearer {client.key}", "Accept": accept}
    body = {"query": query, "variables": variables}
    async with client.http.stream("POST", f"{client.url}/graphql", json=body, headers=headers) as response:
        assert response.status_code == 200
        yield response


def _parts(content_type: str, body: bytes) -> list[Any]:
    """The JSON of each part, as Python's own parser finds them; it must find no defect."""
    message = message_from_bytes(b"Content-Type: " + content_type.encode() + b"\r\n\r\n" + body)
    assert (message.is_multipart(), message.defects, message.preamble, message.epilogue) == (True, [], None, "")
    parts: Any = message.get_payload()
    assert {part.get_content_type() for part in parts} == {"application/json"}
    return [json.loads(part.get_payload()) for part in parts]


async def test_what_is_followed_comes_in_parts_and_the_last_one_ends_them(api: Api, services: Services) -> None:
    after = await feed_cursor(api.viewer)
    async with _asked(api.viewer, FOLLOW, APOLLO, after=after) as response:
        kind = response.headers["content-type"]
        assert kind == 'multipart/mixed; boundary="graphql"; subscriptionSpec=1.0'
        await until_followed(services.feed, 1)
        ids = await api.operator.submit(2)
        body = b""
        async for piece in response.aiter_bytes():
            body += piece
            if body.count(b'"payload"') == 2 and not services.feed.closing:
                assert body.endswith(b"\r\n--graphql"), "a part is there as soon as it is written"
                services.drain.begin()
    parts = _parts(kind, body)
    changes = [part["payload"]["data"]["statusChanges"] for part in parts if part and part["payload"] is not None]
    assert [change["recordId"] for change in changes] == ids
    assert parts[0] == {}, "a heartbeat, at once"


async def test_a_quiet_stream_shows_that_it_lives(api: Api) -> None:
    async with _asked(api.viewer, FOLLOW, APOLLO) as response:
        body = b""
        async for piece in response.aiter_bytes():
            body += piece
            if body.count(b"{}") > 3:
                break


async def test_what_has_one_answer_is_json_if_that_is_accepted_and_else_one_part(api: Api) -> None:
    for query, wanted in (("{ viewer { name } }", {"viewer": {"name": "viewer"}}), ("{ nonsense }", None)):
        async with _asked(api.viewer, query, APOLLO) as response:
            assert response.headers["content-type"] == "application/json; charset=utf-8"
            answer = json.loads(await response.aread())
        async with _asked(api.viewer, query, ONLY) as response:
            parts = [part for part in _parts(response.headers["content-type"], await response.aread()) if part]
        assert parts == [{"payload": answer}]
        assert answer["data"] == wanted if wanted else answer.keys() == {"errors"}


async def test_a_subscription_that_is_not_executed_says_why_in_a_part(api: Api) -> None:
    for query, variables in (("subscription { nonsense }", {}), (FOLLOW, {"after": "made up"}), (FOLLOW, {"after": 3})):
        async with _asked(api.viewer, query, APOLLO, **variables) as response:
            body = await response.aread()
            parts = [part for part in _parts(response.headers["content-type"], body) if part]
        assert len(parts) == 1
        assert parts[0]["payload"]["errors"]

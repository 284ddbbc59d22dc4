"""Accept decides what an answer is written as."""

from __future__ import annotations

import time
from contextlib import suppress
from typing import Any

import httpx
import pytest
from cross_web import HTTPException
from hypothesis import given, settings
from hypothesis import strategies as st

from interlock.api.http.negotiation import Accepted, Media, accepted
from support.api import Api, Client

JSON, RESPONSE, EVENTS, PARTS = Media
APOLLO = "multipart/mixed;boundary=graphql;subscriptionSpec=1.0,application/json"
URQL = (
    "application/graphql-response+json, application/graphql+json, application/json, text/event-stream, multipart/mixed"
)
BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8"

SERVED: dict[str, tuple[Media, Media | None]] = {
    "": (JSON, None),
    "*/*": (JSON, None),
    "application/*": (JSON, None),
    BROWSER: (JSON, None),
    "application/json": (JSON, None),
    "APPLICATION/JSON": (JSON, None),
    "application/json; charset=utf-8": (JSON, None),
    'application/json; charset="UTF-8"': (JSON, None),
    "application/json;q=0.001": (JSON, None),
    "application/graphql-response+json": (RESPONSE, None),
    "application/graphql-response+json; charset=utf-8, application/json; charset=utf-8": (RESPONSE, None),
    "application/json, application/graphql-response+json": (JSON, None),
    "application/json;q=0.9, application/graphql-response+json": (RESPONSE, None),
    "application/graphql-response+json, */*": (RESPONSE, None),
    "application/graphql-response+json;q=0.5, */*;q=0.1": (RESPONSE, None),
    "application/json;q=0, */*": (RESPONSE, None),
    "application/json;q=0.2, application/*": (RESPONSE, None),
    "image/png, application/json": (JSON, None),
    "text/event-stream": (EVENTS, EVENTS),
    "text/*": (EVENTS, EVENTS),
    "text/event-stream;q=1": (EVENTS, EVENTS),
    "text/event-stream, application/json": (EVENTS, EVENTS),
    "application/json, text/event-stream": (JSON, EVENTS),
    "application/json;q=0.5, text/event-stream": (EVENTS, EVENTS),
    "text/event-stream;q=0.5, application/json": (JSON, EVENTS),
    "text/event-stream, multipart/mixed": (EVENTS, EVENTS),
    "text/event-stream;q=0, */*": (JSON, None),
    URQL: (RESPONSE, EVENTS),
    APOLLO: (JSON, PARTS),
    "multipart/mixed;subscriptionSpec=1.0": (PARTS, PARTS),
    'multipart/mixed; boundary="a,b;c"; subscriptionSpec="1.0", application/json': (JSON, PARTS),
    "multipart/mixed;deferSpec=20220824, application/json": (JSON, None),
    "application/json;q=seven, application/graphql-response+json": (RESPONSE, None),
    ",,;,application/json,": (JSON, None),
}
NOT_SERVED = (
    "text/html", "application/xml, image/*", "application/json;q=0", "*/*;q=0", "application/json; charset=iso-8859-1",
    "multipart/mixed", "multipart/mixed;deferSpec=20220824", "nonsense", ";", "application/jsonp",
)  # fmt: skip


@pytest.mark.parametrize("accept", SERVED)
def test_the_highest_quality_wins_and_then_what_is_listed_first(accept: str) -> None:
    assert accepted(accept.encode()) == Accepted(*SERVED[accept])


@given(st.binary(max_size=200) | st.text('aplicton/jsevr-m+;=q01.,"\\ *', max_size=200).map(str.encode))
@settings(max_examples=300, deadline=None)
def test_any_header_is_served_or_refused(header: bytes) -> None:
    with suppress(HTTPException):
        assert accepted(header).single in Media


async def _ask(client: Client, query: str, accept: str, **given: Any) -> httpx.Response:
    headers = {"Authorization": f"Bearer {client.key}", "Accept": accept}
    return await client.http.post(f"{client.url}/graphql", json={"query": query, **given}, headers=headers)


async def test_what_cannot_be_served_is_told_with_what_can_be(api: Api) -> None:
    for accept in NOT_SERVED:
        answer = await _ask(api.viewer, "{ viewer { name } }", accept)
        assert (answer.status_code, answer.headers["content-type"]) == (406, "application/json; charset=utf-8"), accept
        (error,) = answer.json()["errors"]
        assert error["message"] == (
            "Nothing that Accept lists can be served. Served are application/json, application/graphql-response+json, "
            "text/event-stream and multipart/mixed;subscriptionSpec=1.0."
        )


WRONG: dict[str, dict[str, Any]] = {
    "syntax": {"query": "{"},
    "validation": {"query": "{ nonsense }"},
    "limits": {"query": "{" + "a: viewer { name } " * 2_500 + "}"},
    "tokens": {"query": "{ viewer { " + "name " * 11_000 + "} }"},
    "a missing variable": {"query": "query ($id: ID!) { record(id: $id) { id } }"},
    "a wrong variable": {"query": "query ($n: Int) { records(first: $n) { nodes { id } } }", "variables": {"n": "x"}},
    "an unknown operation": {"query": "query A { viewer { name } }", "operationName": "B"},
    "an unnamed operation": {"query": "query A { viewer { name } } query B { viewer { name } }"},
    "no operation": {"query": "fragment F on Query { viewer { name } }"},
}


@pytest.mark.parametrize("wrong", WRONG)
async def test_what_is_not_executed_has_no_data_and_the_status_of_its_media_type(api: Api, wrong: str) -> None:
    answers = {}
    for media, status in ((JSON, 200), (RESPONSE, 400)):
        answers[media] = answer = await _ask(api.viewer, accept=media, **WRONG[wrong])
        assert (answer.status_code, answer.headers["content-type"]) == (status, f"{media}; charset=utf-8")
        assert answer.json().keys() == {"errors"}
    assert answers[JSON].content == answers[RESPONSE].content


async def test_what_is_executed_is_a_200_also_with_errors(api: Api) -> None:
    for query in (
        "{ viewer { name } }",
        '{ record(id: "x") { id } }',
        "{ __typename }",
        "{ viewer { name } __typename }",
    ):
        for media in (JSON, RESPONSE):
            answer = await _ask(api.viewer, query, media)
            assert (answer.status_code, answer.headers["content-type"]) == (200, f"{media}; charset=utf-8")
            assert "data" in answer.json()


async def test_refusals_have_the_media_type_that_is_accepted(api: Api) -> None:
    stranger = Client(api.viewer.http, api.viewer.url, "nobody's")
    for accept, media in ((JSON, JSON), (RESPONSE, RESPONSE), (EVENTS, JSON), ("image/png", JSON)):
        answer = await _ask(stranger, "{ viewer { name } }", accept)
        assert (answer.status_code, answer.headers["content-type"]) == (401, f"{media}; charset=utf-8")
        answer = await _ask(api.viewer, "{ viewer { name } }", accept, variables=3)
        assert answer.headers["content-type"] == f"{media}; charset=utf-8"


async def test_a_subscription_without_a_stream_is_told_how_to_have_one(api: Api) -> None:
    for accept in ("*/*", JSON, RESPONSE):
        answer = await _ask(api.viewer, "subscription { statusChanges { position } }", accept)
        assert answer.status_code == 400
        (error,) = answer.json()["errors"]
        assert error["message"].startswith("A subscription needs a stream: `Accept: text/event-stream`")


async def test_a_header_that_no_client_sends_is_not_read(api: Api) -> None:
    began = time.process_time()
    answer = await api.viewer.http.post(
        f"{api.viewer.url}/graphql",
        content=b'{"query": "{ viewer { name } }"}',
        headers={"Content-Type": "application/json", "Accept": '"\\' * 15_000},
    )
    assert answer.status_code in {401, 406}
    assert time.process_time() - began < 0.5

"""What a request must be, and what it hears if it is not."""

from __future__ import annotations

import json

import asyncpg
import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from support.api import Api, Client

VIEWER = '{"query": "{ viewer { name } }"}'
SUBMIT = json.dumps(
    {"query": 'mutation { submitRecords(input: {kind: "python", specifications: [{function: "a:b"}]}) { ids } }'}
)
JSON = {"Content-Type": "application/json"}


async def _send(client: Client, content: str | bytes, headers: dict[str, str]) -> httpx.Response:
    headers = {"Authorization": f"Bearer {client.key}"} | headers
    return await client.http.post(f"{client.url}/graphql", content=content, headers=headers)


def _message(answer: httpx.Response) -> str:
    (error,) = answer.json()["errors"]
    assert error["extensions"] == {"code": "BAD_REQUEST"}
    return str(error["message"])


@pytest.mark.parametrize(
    "kind",
    [
        "text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "", "application/xml", "x",
        "application/graphql", "application/json-seq", "text/plain; application/json", "application/graphql-response+json",
    ],
)  # fmt: skip
async def test_only_what_is_said_to_be_json_is_read(
    api: Api, psql: asyncpg.Connection[asyncpg.Record], kind: str
) -> None:
    answer = await _send(api.operator, SUBMIT, {"Content-Type": kind})
    assert (answer.status_code, answer.headers["accept-post"]) == (415, "application/json; charset=utf-8")
    assert _message(answer).endswith("Send JSON, with `Content-Type: application/json`.")
    assert await psql.fetchval("SELECT count(*) FROM event") == 0


async def test_a_form_is_no_request_either(api: Api, psql: asyncpg.Connection[asyncpg.Record]) -> None:
    answer = await api.operator.http.post(
        f"{api.operator.url}/graphql",
        data=json.loads(SUBMIT),
        headers={"Authorization": f"Bearer {api.operator.key}"},
    )
    assert answer.status_code == 415
    assert await psql.fetchval("SELECT count(*) FROM event") == 0


async def test_text_is_utf_8(api: Api) -> None:
    for charset in ("utf-8", "UTF-8", '"utf-8"', "utf8"):
        answer = await _send(api.viewer, VIEWER, {"Content-Type": f"application/json; charset={charset}"})
        assert answer.json()["data"] == {"viewer": {"name": "viewer"}}
    for charset in ("utf-16", "iso-8859-1", "utf-7"):
        answer = await _send(api.viewer, VIEWER, {"Content-Type": f"application/json; charset={charset}"})
        assert answer.status_code == 415
        assert _message(answer) == f"A body in '{charset}' is not read. Send it in UTF-8."
    answer = await _send(api.viewer, VIEWER, JSON | {"Content-Encoding": "gzip"})
    assert answer.status_code == 415
    assert _message(answer) == "A body encoded with 'gzip' is not read. Send it without Content-Encoding."


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"", "The request body is empty. Send a JSON object with a `query`."),
        (b"3", "The request body must be a JSON object with a `query`, not a number."),
        (b"null", "The request body must be a JSON object with a `query`, not null."),
        (b'"x"', "The request body must be a JSON object with a `query`, not a string."),
        (b"[]", "The request body is an array. Batches are not served: send each operation in a request of its own."),
        (b"[" + VIEWER.encode() + b"]", "The request body is an array. Batches are not served: send each operation in a request of its own."),
        (b'{"query": "\xff"}', "The request body is not JSON in UTF-8"),
        (b"{", "The request body is not JSON in UTF-8"),
        (b"{}", "There is no `query`. Send the GraphQL document in it, as a string."),
        (b'{"query": 3}', "`query` must be a string, not a number."),
        (b'{"query": "{ x }", "variables": []}', "`variables` must be an object, not an array."),
        (b'{"query": "{ x }", "variables": ""}', "`variables` must be an object, not a string."),
        (b'{"query": "{ x }", "operationName": {}}', "`operationName` must be a string, not an object."),
        (b'{"query": "{ x }", "operationName": 0}', "`operationName` must be a string, not a number."),
        (b'{"query": "{ x }", "extensions": true}', "`extensions` must be an object, not a boolean."),
    ],
)  # fmt: skip
async def test_a_body_that_is_no_request_is_told_why(api: Api, body: bytes, message: str) -> None:
    for headers in (
        JSON,
        JSON | {"Accept": "application/graphql-response+json"},
        JSON | {"Accept": "text/event-stream"},
    ):
        answer = await _send(api.viewer, body, headers)
        assert answer.status_code == 400
        assert _message(answer).startswith(message)


@pytest.mark.parametrize("accept", ["text/html", "text/html,application/xhtml+xml,*/*;q=0.8"])
async def test_a_browser_that_asks_for_nothing_is_told_how_to_ask(api: Api, accept: str) -> None:
    given = {"Accept": accept, "Authorization": f"Bearer {api.viewer.key}"}
    answer = await api.viewer.http.get(f"{api.viewer.url}/graphql", headers=given)
    assert answer.status_code == 400
    assert _message(answer) == (
        "There is no `query`. POST it in a JSON object, or send it in the URL, such as /graphql?query={viewer{name}}."
    )


async def test_what_is_null_is_not_given(api: Api) -> None:
    body = json.dumps({"query": "{ viewer { name } }", "variables": None, "operationName": None, "extensions": None})
    assert (await _send(api.viewer, body, JSON)).json()["data"] == {"viewer": {"name": "viewer"}}
    body = json.dumps({"query": "{ viewer { name } }", "operationName": "", "extensions": {}})
    assert (await _send(api.viewer, body, JSON)).json()["data"] == {"viewer": {"name": "viewer"}}


@given(st.dictionaries(st.sampled_from(["query", "variables", "operationName", "extensions", "other"]), st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3), max_leaves=5,
)) | st.binary(max_size=50))  # fmt: skip
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_no_body_is_too_strange(api: Api, body: dict[str, object] | bytes) -> None:
    content = body if isinstance(body, bytes) else json.dumps(body)
    answer = await _send(api.viewer, content, JSON)
    assert answer.status_code in {200, 400}
    assert answer.json()["errors"]
    assert "INTERNAL" not in answer.text

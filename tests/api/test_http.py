"""HTTP: whatever comes in, a JSON error with a fitting status goes out, and nothing has changed."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import asyncpg
import httpx
import pytest
import websockets

from interlock.settings import Settings
from support.api import Api, Client
from support.server_settings import tuned

JSON = {"Content-Type": "application/json"}
VIEWER = "{ viewer { name } }"


@pytest.fixture
def settings() -> Settings:
    return tuned(max_body=100_000, max_depth=8, max_tokens=2_000)


async def _send(client: Client, **request: Any) -> httpx.Response:
    headers = {"Authorization": f"Bearer {client.key}"} | request.pop("headers", JSON)
    return await client.http.request(request.pop("method", "POST"), f"{client.url}/graphql", headers=headers, **request)


def _errors(answer: httpx.Response) -> list[dict[str, Any]]:
    assert answer.headers["content-type"].startswith(("application/json", "application/graphql-response+json"))
    body = answer.json()
    assert body.get("errors"), (answer.request.content[:200], answer.text[:200])
    assert "INTERNAL" not in answer.text
    assert "Traceback" not in answer.text
    return list(body["errors"])


@contextmanager
def _soon(seconds: float = 3.0) -> Iterator[None]:
    """Of the CPU, the server's included: other processes may have their turn."""
    began = time.process_time()
    yield
    assert time.process_time() - began < seconds


BODIES: list[tuple[bytes, int]] = [
    (b"3", 400), (b"null", 400), (b"", 400), (b"not json", 400), (b"[]", 400), (b'"query"', 400), (b"true", 400),
    (b"{}", 400), (b'{"query": null}', 400), (b'{"query": 3}', 400), (b'{"query": ""}', 400), (b'{"query": []}', 400),
    (b'[{"query": "{ viewer { name } }"}]', 400), (b'{"query": "{ viewer { name } }", "variables": 3}', 400),
    (b'{"query": "{ viewer { name } }", "variables": [1]}', 400), (b'{"query": "{ viewer { name } }", "variables": "x"}', 400),
    (b'{"query": "{ viewer { name } }", "operationName": 3}', 400), (b'{"query": "\xff\xfe"}', 400), (b"\xff", 400),
    (b'{"query": "{ viewer { name } }", "extensions": 3}', 400), (b'{"query": "\\ud800"}', 400), (b"[" * 50_000, 400),
    (b'{"query": "{ viewer { name } }", "operationName": "other"}', 200), (b"{" * 50_000, 400),
    (b'{"query": "{ viewer { name } }", "variables": 0}', 400), (b'{"query": "{ viewer { name } }", "operationName": false}', 400),
    (b'{"query": "' + b"x" * 100_000 + b'"}', 413),
]  # fmt: skip


async def test_a_body_that_is_no_request_is_answered_with_a_json_error(api: Api, psql: asyncpg.Connection[Any]) -> None:
    for body, status in BODIES:
        with _soon():
            answer = await _send(api.operator, content=body)
        _errors(answer)
        assert answer.status_code == status, (body[:60], answer.text)
    assert await psql.fetchval("SELECT count(*) FROM event") == 0


async def test_a_body_that_comes_in_pieces_without_a_length_is_limited_too(api: Api) -> None:
    async def endless() -> Any:
        for _ in range(300):
            yield b" " * 1_000

    answer = await _send(api.operator, content=endless())
    assert answer.status_code == 413
    assert _errors(answer)[0]["extensions"]["code"] == "LIMIT_EXCEEDED"


async def test_other_methods_are_refused_with_what_is_allowed(api: Api, psql: asyncpg.Connection[Any]) -> None:
    submit = 'mutation { submitRecords(input: {kind: "python", specifications: [{function: "a:b"}]}) { ids } }'
    for method in ("PUT", "DELETE", "PATCH"):
        answer = await _send(api.operator, method=method, json={"query": VIEWER})
        assert answer.status_code == 405
        assert answer.headers["allow"] == "GET, POST"
    got = await _send(api.operator, method="GET", params={"query": VIEWER})
    assert (got.status_code, got.json()["data"]) == (200, {"viewer": {"name": "operator"}})
    for accept in ("application/json", "application/graphql-response+json", "text/event-stream"):
        answer = await _send(api.operator, method="GET", params={"query": submit}, headers={"Accept": accept})
        assert (answer.status_code, answer.headers["allow"]) == (405, "POST")
        assert _errors(answer)[0]["message"] == "A mutation must be sent by POST."
    for params in (
        {}, {"query": ""}, {"query": VIEWER, "variables": "not json"}, {"query": VIEWER, "variables": "3"},
        {"query": "subscription { statusChanges { position } }"},
    ):  # fmt: skip
        answer = await _send(api.operator, method="GET", params=params)
        _errors(answer)
        assert 400 <= answer.status_code < 500, params
    assert await psql.fetchval("SELECT count(*) FROM event") == 0


async def test_documents_that_cannot_be_run_say_where_and_why(api: Api) -> None:
    documents = [
        "{", "}", "{ nonsense }", "{ viewer }", "{ viewer { name { x } } }", "query ($a: Nothing) { viewer { name } }",
        "{ ...missing }", "fragment F on Query { viewer { name } }", "{ viewer { name } } { viewer { name } }",
        "query ($id: ID!) { record(id: $id) { id } }", "{ record(id: 3.5) { id } }", "subscription { statusChanges { position } }",
        "{ ...A } fragment A on Query { ...B } fragment B on Query { ...A }", "type Query { a: Int }", "\0", "\ufeff", "#",
        '{ record(id: "\\ud800") { id } }', "{ records(first: 99999999999) { nodes { id } } }", "{ viewer @nothing { name } }",
        "query A { viewer { name } } query B { viewer { name } }",
    ]  # fmt: skip
    for document in documents:
        answer = await _send(api.operator, json={"query": document})
        for error in _errors(answer):
            assert len(error["message"]) < 1_000
        assert answer.status_code < 500, document


async def test_deep_wide_and_tricky_documents_are_refused_quickly(api: Api) -> None:
    def spread(levels: int) -> str:
        """Each fragment spreads the next one twice: 2^levels, if they are walked one by one."""
        parts = [f"fragment F{i} on Record {{ ...F{i + 1} ...F{i + 1} }}" for i in range(levels)]
        return '{ record(id: "rec_1") { ...F0 } } ' + " ".join([*parts, f"fragment F{levels} on Record {{ id }}"])

    deep = "{ records { nodes { " + "task { record { " * 20 + "id" + " } }" * 20 + " } } }"
    refused = [
        deep,
        "{ records { nodes { ...A } } } fragment A on Record { task { record { task { record { task { record { id } } } } } } }",
        "{" + "a: viewer { name } " * 600 + "}",
        "{ viewer { name } " + "{" * 3_000,
        "query { viewer " + "{ name " * 400 + "}" * 401,
        "{ __schema { types { fields { type { fields { type { fields { type { fields { name } } } } } } } } } }",
        "query (" + " ".join(f"$v{i}: Int" for i in range(900)) + ") { viewer { name } }",
        "{ f(a: " + "[" * 900 + "]" * 900 + ") }",
    ]
    for document in refused:
        with _soon():
            answer = await _send(api.operator, json={"query": document})
        _errors(answer)
        assert answer.status_code < 500, document[:60]
    for levels in (5, 25, 100):
        with _soon():
            answer = await _send(api.operator, json={"query": spread(levels)})
        if levels == 5:
            assert answer.json()["data"] == {"record": None}
        else:
            assert f"has {2**levels + 1} fields" in _errors(answer)[0]["message"]
    with _soon():
        await _send(api.operator, json={"query": "{ viewer { " + "name " * 1_900 + "} }"})


async def test_the_standard_introspection_works(api: Api) -> None:
    from graphql import build_client_schema, get_introspection_query  # noqa: PLC0415 - only here

    answer = await _send(api.operator, json={"query": get_introspection_query(input_value_deprecation=True)})
    schema = build_client_schema(answer.json()["data"])
    assert schema.type_map["TransitionTarget"].description


async def test_a_call_that_fails_at_one_root_field_keeps_the_others_of_a_query(api: Api) -> None:
    answer = await _send(api.operator, json={"query": '{ good: viewer { name } bad: record(id: "x") { id } }'})
    body = answer.json()
    assert body["data"] == {"good": {"name": "operator"}, "bad": None}
    assert [error["path"] for error in body["errors"]] == [["bad"]]


async def test_readiness_needs_no_key(api: Api) -> None:
    answer = await api.viewer.http.get(f"{api.viewer.url}/readyz")
    assert (answer.status_code, answer.json()) == (
        200, {"ready": True, "serving": True, "database": True, "migrated": True, "feed": True, "behind": 0.0}
    )  # fmt: skip
    assert (await api.viewer.http.get(f"{api.viewer.url}/healthz")).json() == {"alive": True}
    assert (await api.viewer.http.get(f"{api.viewer.url}/nowhere")).status_code == 404


async def test_readiness_tells_how_far_the_feed_is_behind_and_stays(api: Api, psql: asyncpg.Connection[Any]) -> None:
    async with psql.transaction():
        await psql.execute("LOCK TABLE tick IN EXCLUSIVE MODE")  # nobody ticks
        await api.operator.submit()
        answer = await api.viewer.http.get(f"{api.viewer.url}/readyz")
    assert (answer.status_code, answer.json()["behind"] > 0) == (200, True)


@pytest.mark.parametrize("right", ["SELECT ON event", "USAGE ON SCHEMA interlock"])
async def test_a_server_whose_role_has_lost_its_rights_is_not_ready(
    api: Api, psql: asyncpg.Connection[Any], right: str
) -> None:
    await psql.execute(f"REVOKE {right} FROM interlock_app")
    answer = await api.viewer.http.get(f"{api.viewer.url}/readyz")
    assert (answer.status_code, answer.json()["database"]) == (503, False)


def _doubling(levels: int) -> str:
    """Small, and exponential: each fragment spreads the next one under several names."""
    fragments = "".join(
        f" fragment F{i} on Record {{ {' '.join(f'a{k}: task {{ record {{ ...F{i + 1} }} }}' for k in range(5))} }}"
        for i in range(levels)
    )
    return f'{{ record(id: "rec_1") {{ ...F0 }} }}{fragments} fragment F{levels} on Record {{ id }}'


async def test_a_document_that_grows_when_it_is_laid_out_is_refused_at_once(api: Api) -> None:
    for document in (_doubling(4), _doubling(9)):
        began = time.process_time()
        answer = await _send(api.operator, json={"query": document})
        assert time.process_time() - began < 0.5
        levels = document.count("fragment") - 1
        fields = 1 + sum(2 * 5**i for i in range(1, levels + 1)) + 5**levels
        wanted = (
            f"The operation has {fields} fields, each fragment counted where it is spread; at most 2000 are allowed."
        )
        assert wanted in [error["message"] for error in _errors(answer)]


@pytest.mark.parametrize("path", ["/graph", "/record"])
async def test_whoever_asks_elsewhere_hears_where_graphql_is(api: Api, path: str) -> None:
    answer = await api.viewer.http.get(f"{api.viewer.url}{path}")
    assert (answer.status_code, answer.text) == (
        404,
        "Not Found. GraphQL is at /graphql, the dashboard at /, GraphiQL at /graphiql, metrics at /metrics, health at /healthz and /readyz.\n",
    )


async def test_a_socket_elsewhere_is_refused(api: Api) -> None:
    with pytest.raises(websockets.InvalidStatus, match="403"):
        await websockets.connect(api.viewer.url.replace("http", "ws") + "/elsewhere")

"""Compiled operations answer as graphql-core does: the same request both ways, whatever it asks."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from random import Random
from typing import Any

import pytest
import pytest_asyncio
from graphql import GraphQLSchema

from interlock.api.compiled import documents
from interlock.api.compiled.requests import CompiledRequests
from interlock.api.context import Services, Session
from interlock.api.documents import KEPT
from interlock.api.schema import build_schema
from interlock.domain.lifecycle import RecordStatus
from interlock.domain.roles import Principal, Role
from interlock.settings import Settings
from support.api import Api, Client
from support.operations import Operation
from support.scenario import brought

SCHEMA: GraphQLSchema = build_schema(Settings())._schema
COMPILED = ("record", "records", "tasks")
COMPUTED = ("permittedActions", "retry", "events", "attempts", "manager")
STORED: dict[str, Any] = {"text": "é\"\\\n\u0001'", "deep": [[{"a": None}], 1.5e-9, True, 2**53]}


async def ask(client: Client, compiled: bool, query: str, variables: Mapping[str, Any]) -> Any:
    """The answer; with ``extensions``, which a plan does not look at, graphql-core gives it."""
    body = {"query": query, "variables": variables} | ({} if compiled else {"extensions": {}})
    response = await client.http.post(
        f"{client.url}/graphql", json=body, headers={"Authorization": f"Bearer {client.key}"}
    )
    assert response.headers["content-type"] == "application/json; charset=utf-8"
    return response.status_code, response.json()


async def compare(client: Client, query: str, variables: Mapping[str, Any]) -> Any:
    """The answer that both ways give, the order of keys included."""
    ours, theirs = [await ask(client, compiled, query, variables) for compiled in (True, False)]
    assert json.dumps(ours, indent=1) == json.dumps(theirs, indent=1), query
    assert "INTERNAL" not in json.dumps(ours), query
    return ours[1]


@pytest_asyncio.fixture
async def known(api: Api) -> dict[str, Sequence[Any]]:
    """Records in every status, and the values that lead to them."""
    ids: list[str] = []
    for number, status in enumerate(RecordStatus):
        ids += await brought(api, status, 3, campaign=[None, "c"][number % 2])
    spec = {"function": "math:sqrt", "args": [STORED], "kwargs": {"é": STORED}}
    ids += await api.operator.submit(specifications=[spec], tag="é'", campaign="\"\\'")
    edges = (await api.viewer.execute("{ records(first: 30) { edges { cursor } } }"))["records"]["edges"]
    cursors = [edge["cursor"] for edge in edges]
    groups = (await api.viewer.execute("{ errorGroups(by: MESSAGE) { pattern } }"))["errorGroups"]
    patterns = {group["pattern"]: None for group in groups}
    all_ids = [
        *ids,
        *(id_.replace("rec", "task") for id_ in ids[:6]),
        "rec_999999",
        "mgr_1",
        "key_1",
        "nonsense",
        "rec_0",
    ]
    return {"id": all_ids, "ids": all_ids, "record": all_ids, "after": [*cursors, "?"], "before": [*cursors, "bA"],
            "errorType": ["scf_not_converged", "none"], "errorPattern": [*patterns, "err_4711", "rec_1"], "tag": ["to WAITING", "to ERROR"]}  # fmt: skip


@pytest.mark.parametrize("seed", range(8))
async def test_any_query_is_answered_alike(api: Api, known: dict[str, Sequence[Any]], seed: int) -> None:
    random = Random(seed)
    for _ in range(30):
        operation = Operation(SCHEMA, random, known)
        await compare(random.choice([api.viewer, api.admin]), operation.text(), operation.variables)


@pytest.mark.parametrize("seed", range(8))
async def test_any_query_for_records_and_tasks_is_answered_alike(
    api: Api, known: dict[str, Sequence[Any]], compiled: Counter[bool], seed: int
) -> None:
    random = Random(seed)
    for _ in range(60):
        operation = Operation(SCHEMA, random, known, avoided=random.choice([(), COMPUTED]))
        await compare(api.viewer, operation.text(COMPILED), operation.variables)
    assert compiled[True] > 10, "a fair part of them by plans"


PLANNED = {
    "everything of a record": """query ($id: ID!) { record(id: $id) { __typename id status since kind kindVersion owner
      campaign tag priority requiredPrograms submittedAt specification result attemptCount errorType errorPattern
      task { id status function args kwargs requiredPrograms tag priority leaseExpiresAt
        record { id task { record { status } } } } } }""",
    "pages of all kinds": """query ($some: Boolean = false) {
      a: records(first: 2, orderBy: NEWEST_FIRST) { ...Page } b: records(last: 3) { ...Page }
      c: tasks(filter: {status: [WAITING, RUNNING], tag: ["to WAITING", "to RUNNING"]}) { nodes { id function } edges { node { status } } }
      none: records(filter: {campaign: ["none"]}) { ...Page } empty: records(first: 0) { ...Page }
      failed: records(filter: {errorType: ["scf_not_converged"]}) { ...Page }
      alike: records(filter: {errorPattern: ["err_1"]}) { nodes { id errorPattern } }
      both: records(filter: {errorPattern: ["err_1", "err_2"], errorType: ["scf_not_converged"], campaign: ["c"]}) { ...Page }
      records { __typename } }
      fragment Page on RecordConnection { __typename pageInfo { __typename hasNextPage hasPreviousPage startCursor endCursor }
        edges { __typename cursor at: cursor node { ...Some id @include(if: $some) } } nodes { ...Some } nodes { ...Some } }
      fragment Some on Node { id ... on Record { status @skip(if: $some) tag task { id } } }""",
}


@pytest.mark.parametrize("name", PLANNED)
async def test_what_people_ask_most_is_answered_by_a_plan(
    api: Api, known: dict[str, Sequence[Any]], compiled: Counter[bool], name: str
) -> None:
    for id_ in known["id"][:20]:
        if id_.startswith("rec"):
            await compare(api.viewer, PLANNED[name], {"id": id_} if "$id" in PLANNED[name] else {"some": len(id_) > 5})
    assert compiled[False] == compiled[True] > 10, "one way each"


LEFT = {
    "two mutations": 'mutation { a: hold(input: {target: {ids: ["rec_1"]}}) { moved } b: hold(input: {target: {ids: ["rec_1"]}}) { moved } }',
    "introspection": "{ __schema { queryType { name } } records { nodes { id } } }",
    "a wrong document": "{ records { nodes { nothing } } }",
    "no document": "{ records {",
    "two operations and no name": "query A { records { nodes { id } } } query B { records { nodes { id } } }",
    "an interface": 'query { node(id: "rec_1") { id } }',
    "a wrong argument": "{ records(first: -1) { nodes { id } } }",
    "a wrong id": '{ record(id: "task_1") { id } }',
    "a field that is computed": "{ records { nodes { permittedActions { action } } } }",
    "too deep": "{ records { nodes " + "{ task { record " * 12 + "{ id } " + "} }" * 12 + " } }",
}


@pytest.mark.parametrize("what", LEFT)
async def test_the_rest_is_left_to_graphql_core(api: Api, compiled: Counter[bool], what: str) -> None:
    await compare(api.operator, LEFT[what], {})
    assert not compiled[True]


async def test_a_key_that_is_not_valid_is_refused_before_any_plan(api: Api) -> None:
    query = "{ records { nodes { id } } }"
    await api.viewer.execute(query)
    stranger = Client(api.viewer.http, api.viewer.url, "ilk_nobody")
    assert (await compare(stranger, query, {}))["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"


async def test_what_is_kept_of_operations_has_bounds(services: Services, monkeypatch: pytest.MonkeyPatch) -> None:
    requests = CompiledRequests(services.core, build_schema(services.core.settings), services.trusted)
    session = Session(services, Principal(1, "admin", Role.ADMIN))
    sizes = set()

    async def ask_for(first: int, alias: str = "a", **more: str) -> None:
        query = f"query ($x: Int) {{ {alias}: records(first: $x) {{ nodes {{ id }} }} }}"
        body = json.dumps({"query": query, "variables": {"x": first}, **more}).encode()
        assert (await requests.answer(session, body) is None) == bool(more)
        sizes.add(requests._operation.cache_info().currsize)

    for i in range(KEPT + 5):
        await ask_for(1, f"a{i}")
    assert max(sizes) == KEPT
    await ask_for(1, operationName="n" * 5_000)
    monkeypatch.setattr(documents, "_MOST_WRITTEN", 20_000)
    sizes.clear()
    for first in range(40):  # each has a statement of its own
        await ask_for(first)
    assert min(sizes) == 0

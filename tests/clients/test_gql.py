"""gql, a client that validates: its DSL with the schema's text, and its documents with what introspection says."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass
from typing import Any

import pytest
from gql import Client, GraphQLRequest, gql
from gql.dsl import (
    DSLExecutable,
    DSLFragment,
    DSLMutation,
    DSLQuery,
    DSLSchema,
    DSLSubscription,
    DSLVariableDefinitions,
    dsl_gql,
)
from gql.transport.httpx import HTTPXAsyncTransport
from gql.transport.websockets import WebsocketsTransport
from graphql import GraphQLError, build_schema

from interlock.api.schema import schema_text
from support.api import Api
from support.story import assert_well_told
from support.tools import CLIENTS


@dataclass
class Told:
    """The two ways of gql to one server, with the schema that documents are held against."""

    url: str
    key: str
    given: dict[str, Any]

    @asynccontextmanager
    async def asking(self) -> AsyncIterator[Any]:
        headers = {"Authorization": f"Bearer {self.key}"}
        transport = HTTPXAsyncTransport(url=f"{self.url}/graphql", headers=headers, timeout=30)
        async with Client(transport=transport, **self.given) as session:
            yield session

    async def follow(self, request: GraphQLRequest, after: str, count: int) -> list[dict[str, Any]]:
        """So many changes behind a cursor; then the connection is closed."""
        socket = WebsocketsTransport(
            url=f"{self.url}/graphql".replace("http", "ws", 1),
            init_payload={"authorization": f"Bearer {self.key}"},
            subprotocols=[WebsocketsTransport.GRAPHQLWS_SUBPROTOCOL],
        )
        changes: list[dict[str, Any]] = []
        request = GraphQLRequest(request, variable_values={"after": after})
        async with Client(transport=socket, **self.given) as session, aclosing(session.subscribe(request)) as told:
            async for data in told:
                changes.append(data["statusChanges"])
                if len(changes) == count:
                    break
        return changes


async def _story(told: Told, documents: dict[str, GraphQLRequest]) -> str:
    """The story of ``support.story`` by these documents, each with variables of its own."""
    async with told.asking() as session:

        async def ask(name: str, **variables: Any) -> dict[str, Any]:
            answer: dict[str, Any] = await session.execute(GraphQLRequest(documents[name], variable_values=variables))
            return answer

        begin = await ask("Matrix", **{"from": "ERROR"})
        work = {
            "kind": "python",
            "specifications": [{"function": "math:sqrt", "args": [i]} for i in range(3)],
            "campaign": "generated",
        }
        refused = (await ask("Submit", input=work | {"priority": 12}))["submitRecords"]
        ids = (await ask("Submit", input=work))["submitRecords"]["ids"]
        held = (await ask("Hold", input={"target": {"filter": {"campaign": ["generated"]}}}))["hold"]
        retried = (await ask("Retry", input={"target": {"ids": ids[:1]}}))["retry"]
        before = await told.follow(documents["Follow"], begin["feedCursor"], 4)
        released = (await ask("Release", input={"target": {"ids": ids}}))["release"]
        behind = await told.follow(documents["Follow"], before[-1]["cursor"], 5)
    return json.dumps(
        {
            "matrix": [[t["action"], t["to"]] for t in begin["transitionMatrix"]["transitions"]],
            "invalid": [[error["code"], error["path"]] for error in refused["errors"]],
            "ids": ids,
            "held": held["moved"],
            "refusals": [[r["id"], r["code"], r["currentStatus"], r["permitted"]] for r in retried["refusals"]],
            "released": released["moved"],
            "changes": [[c["position"], c["recordId"], c["action"], c["to"]] for c in before + behind],
        }
    )


class _Variables:
    """A document of one operation, with the variables that were met while its fields were put together."""

    def __init__(self) -> None:
        self.met = DSLVariableDefinitions()  # type: ignore[no-untyped-call]  # gql says nothing of it

    def __getitem__(self, name: str) -> Any:
        return getattr(self.met, name)

    def document(self, operation: DSLExecutable, name: str, *fragments: DSLFragment) -> GraphQLRequest:
        operation.variable_definitions = self.met
        return dsl_gql(*fragments, **{name: operation})


def _by_dsl(ds: DSLSchema) -> dict[str, GraphQLRequest]:
    """The documents of operations.graphql, put together by Python alone."""
    refusal, error, change, payload = ds.Refusal, ds.InputError, ds.StatusChange, ds.TransitionPayload
    moved = DSLFragment("Moved").on(payload)
    moved.select(
        payload.moved,
        payload.errors.select(error.code, error.path),
        payload.refusals.select(refusal.id, refusal.code, refusal.currentStatus, refusal.permitted),
    )
    documents: dict[str, GraphQLRequest] = {}

    var = _Variables()
    rows = ds.TransitionMatrix.transitions.args(**{"from": var["from"]})
    matrix = ds.Query.transitionMatrix.select(rows.select(ds.Transition.action, ds.Transition.to))
    documents["Matrix"] = var.document(DSLQuery(ds.Query.feedCursor, matrix), "Matrix")

    var = _Variables()
    submitted = ds.SubmitRecordsPayload
    submit = ds.Mutation.submitRecords(input=var["input"])
    submit.select(submitted.ids, submitted.errors.select(error.code, error.path))
    documents["Submit"] = var.document(DSLMutation(submit), "Submit")

    for name in ("Hold", "Retry", "Release"):
        var = _Variables()
        field = getattr(ds.Mutation, name.lower())(input=var["input"]).select(moved)
        documents[name] = var.document(DSLMutation(field), name, moved)

    var = _Variables()
    changes = ds.Subscription.statusChanges(after=var["after"])
    changes.select(change.cursor, change.position, change.recordId, change.action, change.to)
    documents["Follow"] = var.document(DSLSubscription(changes), "Follow")
    return documents


def _by_operation(text: str) -> dict[str, GraphQLRequest]:
    """Each operation of a document, with the fragment that it may use."""
    *operations, fragment, follow = text.split("\n\n")
    found: dict[str, GraphQLRequest] = {}
    for operation in [*operations, follow]:
        name = operation.split("(")[0].split()[1]
        found[name] = gql(f"{operation}\n{fragment}" if "...Moved" in operation else operation)
    return found


async def test_documents_of_its_dsl_are_used(api: Api) -> None:
    schema = build_schema(schema_text())
    told = Told(api.submitter.url, api.submitter.key, {"schema": schema})
    await assert_well_told(api, await _story(told, _by_dsl(DSLSchema(schema))))


async def test_documents_validated_by_introspection_are_used(api: Api) -> None:
    introspecting = {"fetch_schema_from_transport": True, "introspection_args": {"input_value_deprecation": True}}
    told = Told(api.submitter.url, api.submitter.key, introspecting)
    await assert_well_told(api, await _story(told, _by_operation((CLIENTS / "operations.graphql").read_text())))


async def test_what_the_schema_has_not_is_refused_before_it_is_sent(api: Api) -> None:
    told = Told(api.viewer.url, api.viewer.key, {"fetch_schema_from_transport": True})
    async with told.asking() as session:
        with pytest.raises(GraphQLError, match="Cannot query field 'permittedAction' on type 'Record'"):
            await session.execute(gql('{ record(id: "rec_1") { permittedAction } }'))
        assert await session.execute(gql("{ viewer { name } }")) == {"viewer": {"name": "viewer"}}
    with pytest.raises(AttributeError, match="permittedAction"):
        _ = DSLSchema(build_schema(schema_text())).Record.permittedAction

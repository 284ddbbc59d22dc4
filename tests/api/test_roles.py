"""Who may call what: derived from the roles' data, every root field for every role; and nothing without saying so."""

from __future__ import annotations

from typing import Any

import pytest
import strawberry
from graphql import (
    GraphQLInputObjectType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    Undefined,
    is_enum_type,
    is_leaf_type,
    is_required_input_field,
)
from strawberry.utils.str_converters import to_camel_case

from interlock.api.permissions import requires, root_capabilities
from interlock.api.schema import ROOT_CAPABILITIES, build_schema
from interlock.domain.roles import CAPABILITIES, Capability, Role
from interlock.settings import Settings
from support.api import Api, GraphQLFailure

SCHEMA: Any = build_schema(Settings())._schema
STRINGS = {"kind": "python", "id": "rec_1", "managerId": "mgr_1", "keyId": "key_1", "since": "2999-01-01T00:00:00Z"}


def _literal(type_: Any, name: str) -> str:
    """Some value of the type, with nothing that is optional."""
    if isinstance(type_, GraphQLNonNull):
        return _literal(type_.of_type, name)
    if isinstance(type_, GraphQLList):
        return "[]"
    if is_enum_type(type_):
        return str(next(iter(type_.values)))
    if isinstance(type_, GraphQLInputObjectType):
        needed = [(n, f) for n, f in type_.fields.items() if is_required_input_field(f)]
        chosen = list(type_.fields.items())[:1] if type_.extensions["strawberry-definition"].is_one_of else needed
        inner = (f"{n}: {_literal(f.type, n)}" for n, f in chosen)
        return "{" + ", ".join(inner) + "}"
    return {"Int": "1", "Boolean": "true"}.get(type_.name, f'"{STRINGS.get(name, "x")}"')


def _operation(root: str, field: str) -> str:
    definition = getattr(SCHEMA, f"{root.lower()}_type").fields[field]
    arguments = [
        f"{name}: {_literal(argument.type, name)}"
        for name, argument in definition.args.items()
        if isinstance(argument.type, GraphQLNonNull) and argument.default_value is Undefined
    ]
    inner = definition.type
    while hasattr(inner, "of_type"):
        inner = inner.of_type
    selection = "" if is_leaf_type(inner) else " { __typename }"
    call = f"({', '.join(arguments)})" if arguments else ""
    return f"{root.lower()} {{ {field}{call}{selection} }}"


FIELDS = [
    (root, to_camel_case(field), capability)
    for (root, field), capability in ROOT_CAPABILITIES.items()
]  # fmt: skip


async def _code(api: Api, role: Role, root: str, field: str) -> str | None:
    """The code of the error by which a field is refused as a whole."""
    client = api.by_role(role)
    operation = _operation(root, field)
    if root == "Subscription":
        operation = operation.replace(field, f'{field}(after: "x")' if "statusChanges" in field else field)
        try:
            async with client.socket() as socket:
                await anext(socket.subscribe(operation))
        except GraphQLFailure as failure:
            return failure.code
        return None
    answer = (await client.post(operation)).json()
    codes = [error.get("extensions", {}).get("code", str(error)) for error in answer.get("errors", ())]
    return codes[0] if codes else None


@pytest.mark.parametrize("role", list(Role))
async def test_a_role_may_call_exactly_the_fields_that_its_capabilities_name(api: Api, role: Role) -> None:
    for root, field, capability in FIELDS:
        if root == "Subscription" and field != "statusChanges" and capability in CAPABILITIES[role]:
            continue  # they run until something happens; that they may is shown where they are tested
        code = await _code(api, role, root, field)
        if capability in CAPABILITIES[role]:
            assert code in {None, "CURSOR_INVALID", "INVALID_INPUT", "NOT_FOUND"}, (field, code)
        else:
            assert code == "FORBIDDEN", (field, code)


async def test_a_refusal_names_the_capability_and_the_roles_that_have_it(api: Api) -> None:
    answer = (await api.viewer.post('mutation { revokeKey(input: {keyId: "key_1"}) { id } }')).json()
    assert "ADMINISTER" in answer["errors"][0]["message"]
    assert "ADMIN" in answer["errors"][0]["message"].split("roles have:")[1]


def test_the_table_of_capabilities_covers_the_whole_schema() -> None:
    fields = {
        (root.name, field)
        for root in (SCHEMA.query_type, SCHEMA.mutation_type, SCHEMA.subscription_type)
        for field in root.fields
    }
    assert {(root, field) for root, field, _ in FIELDS} == fields
    assert isinstance(SCHEMA.query_type, GraphQLObjectType)


def test_a_root_field_that_names_no_capability_cannot_be_built() -> None:
    @strawberry.type
    class Query:
        guarded: int = strawberry.field(extensions=requires(Capability.READ))
        open: int = strawberry.field(description="To all.")

    with pytest.raises(TypeError, match=r"Query\.open does not say"):
        root_capabilities(Query)


async def test_each_viewer_is_told_who_it_is_and_what_it_may(api: Api) -> None:
    for role in Role:
        viewer = (await api.by_role(role).execute("{ viewer { name role capabilities } }"))["viewer"]
        assert viewer == {"name": role.lower(), "role": role, "capabilities": sorted(CAPABILITIES[role])}


async def test_who_may_act_on_whose_records(api: Api) -> None:
    for owner in (api.submitter, api.operator, api.admin):
        for actor, all_of_them in ((api.submitter, False), (api.operator, True), (api.admin, True)):
            (id_,) = await owner.submit(tag="t")
            own = actor is owner
            payload = await actor.move("hold", [id_])
            assert payload["moved"] == (own or all_of_them)
            if not payload["moved"]:
                assert payload["refusals"][0]["code"] == "FORBIDDEN"
            update = "mutation ($input: UpdateRecordsInput!) { updateRecords(input: $input) { updated refused } }"
            updated = await actor.call(update, target={"ids": [id_]}, priority=1)
            assert updated == {"updated": int(own or all_of_them), "refused": int(not (own or all_of_them))}
            dry = await actor.move("kill", filter={"tag": ["t"]}, dryRun=True)
            whole = await api.operator.move("kill", filter={"tag": ["t"]}, dryRun=True)
            assert (dry["matched"] == whole["matched"]) == all_of_them or own
            await owner.move("kill", [id_])

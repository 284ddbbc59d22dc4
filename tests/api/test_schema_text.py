"""The schema's text: whole, sorted, and every part of it described in words that help."""

from __future__ import annotations

import re
from collections.abc import Iterator

from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLScalarType,
    GraphQLSchema,
    build_schema,
    get_introspection_query,
    get_named_type,
    is_specified_scalar_type,
)

from interlock.api.schema import schema_text
from support.api import Api


def _words(text: str) -> set[str]:
    parts = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", text).replace("_", " ").lower()
    return {word.rstrip("s") for word in re.findall(r"[a-z]+", parts)}


_EMPTY = _words(
    """a all and are as at been by for has have how in is it its many much of on one or that the their them they this to
    was were what when where which who why will with"""
)
"""Words that say nothing of a thing that its place and its name do not say."""


def _parts(schema: GraphQLSchema) -> Iterator[tuple[str, str, str | None]]:
    """Where it stands, its name, and what is said of it: types, fields, arguments, input fields, enum values."""
    for name, type_ in schema.type_map.items():
        if name.startswith("__") or is_specified_scalar_type(type_):
            continue
        yield name, name, type_.description
        if isinstance(type_, GraphQLEnumType):
            for value, definition in type_.values.items():
                # beside each other in capitals, as prose has them in small letters
                yield f"{name}.{value}", value.lower(), definition.description
        if isinstance(type_, GraphQLObjectType | GraphQLInterfaceType):
            for field, definition in type_.fields.items():
                yield f"{name}.{field}", field, definition.description
                for argument, described in definition.args.items():
                    yield f"{name}.{field}({argument})", argument, described.description
        if isinstance(type_, GraphQLInputObjectType):
            for field, given in type_.fields.items():
                yield f"{name}.{field}", field, given.description


def unhelpful(schema: GraphQLSchema) -> list[str]:
    """What is not described, not by a sentence, or in the words of its place and name alone."""
    found = []
    for place, name, description in _parts(schema):
        said = description or ""
        news = _words(said) - _words(place) - _words(name) - _EMPTY
        if not news or not re.fullmatch(r"(?s)[A-Z].*[.?…]", said) or "{" in said:
            found.append(f"{place}: {description}")
    return found


def test_everything_is_described_in_words_that_help() -> None:
    assert unhelpful(build_schema(schema_text())) == []


def test_descriptions_that_say_nothing_are_found() -> None:
    schema = build_schema("""
      "What is asked of a server."
      type Query {
        dryRun: Int
        "Its version."
        version: Int
        "how it begins"
        prefix: Int
        "The {status} that it had once."
        was: Int
        "How old the oldest is, in seconds."
        age("The age." age: Int): Int
      }
    """)
    assert [line.partition(":")[0] for line in unhelpful(schema)] == [
        "Query.dryRun", "Query.version", "Query.prefix", "Query.was", "Query.age(age)",
    ]  # fmt: skip


def test_types_fields_arguments_and_values_stand_in_the_order_of_their_names() -> None:
    schema = build_schema(schema_text())
    lists = {
        place: list(names)
        for name, type_ in schema.type_map.items()
        if not name.startswith("__")
        for place, names in [
            (name, getattr(type_, "fields", None) or getattr(type_, "values", {})),
            *((f"{name}.{field}", d.args) for field, d in getattr(type_, "fields", {}).items() if hasattr(d, "args")),
        ]
    }
    defined = re.findall(r"^(?:type|enum|input|interface|scalar|union|directive) (\w+)", schema_text(), re.MULTILINE)
    assert defined == sorted(defined)
    assert {place: names for place, names in lists.items() if names != sorted(names)} == {}


def test_one_of_inputs_and_the_specifications_of_scalars_are_in_the_text() -> None:
    schema = build_schema(schema_text())
    one_of = {name for name, t in schema.type_map.items() if isinstance(t, GraphQLInputObjectType) and t.is_one_of}
    assert one_of == {"RecordTarget", "TaskOutcomeInput"}
    scalars = [t for t in schema.type_map.values() if isinstance(t, GraphQLScalarType)]
    own = {t.name: t.specified_by_url for t in scalars if not is_specified_scalar_type(t)}
    assert set(own) == {"BigInt", "DateTime", "JSON"}
    assert all(own.values())
    assert "directive @oneOf" not in schema_text()


def test_lists_that_are_paged_take_the_four_arguments_of_relay_and_lead_to_nodes() -> None:
    schema = build_schema(schema_text())
    assert schema.query_type is not None
    paged = {
        name: field
        for name, field in schema.query_type.fields.items()
        if get_named_type(field.type).name.endswith("Connection")
    }
    # The feed is read forward only, and its entries are told apart by their cursors.
    assert set(paged) == {"records", "tasks", "managers", "statusChanges"}
    for name in set(paged) - {"statusChanges"}:
        assert {"first", "after", "last", "before"} <= set(paged[name].args)
        edge = schema.type_map[get_named_type(paged[name].type).name.replace("Connection", "Edge")]
        assert isinstance(edge, GraphQLObjectType)
        node = get_named_type(edge.fields["node"].type)
        assert isinstance(node, GraphQLObjectType)
        assert [interface.name for interface in node.interfaces] == ["Node"]


async def test_the_text_says_what_introspection_says(api: Api) -> None:
    query = get_introspection_query(specified_by_url=True, input_value_deprecation=True)
    told = (await api.viewer.execute(query))["__schema"]
    text = build_schema(schema_text())
    assert {t["name"] for t in told["types"]} == set(text.type_map)
    for told_type in told["types"]:
        type_ = text.type_map[told_type["name"]]
        if not told_type["name"].startswith("__") and not is_specified_scalar_type(type_):
            assert told_type["description"] == type_.description
            assert told_type["specifiedByURL"] == getattr(type_, "specified_by_url", None)

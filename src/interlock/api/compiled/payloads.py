"""Payloads of mutations as JSON has them: for each selection a function, made once, that reads the resolver's object.

What it meets that it does not expect, it raises; graphql-core is then shown the same payload, and has the words for it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from operator import attrgetter
from typing import Any

from graphql import (
    GraphQLBoolean,
    GraphQLEnumType,
    GraphQLID,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLString,
    Undefined,
)

from interlock.api.compiled.selection import DEFINITION, Selected, Selections, Unplannable

Told = Callable[[Any], Any]

_EXACT: Mapping[Any, type] = {GraphQLString: str, GraphQLID: str, GraphQLBoolean: bool}
"""Scalars whose values are JSON already, if they are of this type."""


class Unexpected(Exception):
    """Left to graphql-core, with the payload that there is."""


def payload(selections: Selections, selected: Selected) -> Told:
    """What makes JSON of the value of a field. Raises Unplannable."""
    return _told(selections, selected, selected.field.type)


def _told(selections: Selections, selected: Selected, type_: Any) -> Told:
    if isinstance(type_, GraphQLNonNull):
        return _present(selections, selected, type_.of_type)
    present = _present(selections, selected, type_)
    return lambda value: None if value is None else present(value)


def _present(selections: Selections, selected: Selected, type_: Any) -> Told:
    """The same for values that must not be null."""
    if isinstance(type_, GraphQLList):
        return _list(_told(selections, selected, type_.of_type))
    if isinstance(type_, GraphQLObjectType):
        return _object(selections, selected, type_)
    return _enum(type_) if isinstance(type_, GraphQLEnumType) else _scalar(type_)


def _list(item: Told) -> Told:
    def items(value: Any) -> Any:
        if not isinstance(value, list | tuple):
            raise Unexpected
        return [item(one) for one in value]

    return items


def _enum(type_: GraphQLEnumType) -> Told:
    names = {member: name for name in type_.values if (member := type_.coerce_input_value(name)) is not None}
    return lambda value: names[value]


def _scalar(type_: Any) -> Told:
    exact, coerce = _EXACT.get(type_), type_.coerce_output_value

    def scalar(value: Any) -> Any:
        if type(value) is exact:
            return value
        told = None if value is None else coerce(value)
        if told is None or told is Undefined:
            raise Unexpected
        return told

    return scalar


def _object(selections: Selections, selected: Selected, type_: GraphQLObjectType) -> Told:
    fields = [(one.key, *_field(selections, one)) for one in selections.of(selected)]
    checked = type_.is_type_of is not None
    python_type = type_.extensions[DEFINITION].origin

    def obj(value: Any) -> dict[str, Any]:
        if value is None or (checked and not isinstance(value, python_type)):
            raise Unexpected
        return {key: told(read(value)) for key, read, told in fields}

    return obj


def _field(selections: Selections, one: Selected) -> tuple[Callable[[Any], Any], Told]:
    """How a field is read of its object, and what is told of that."""
    if one.name == "__typename":
        return lambda _: one.parent.name, lambda name: name
    return _read(one.definition), payload(selections, one)


def _read(definition: Any) -> Callable[[Any], Any]:
    """The field's resolver, where it is told nothing but its object. Raises Unplannable."""
    resolver = definition.base_resolver
    if resolver is None and not definition.extensions:
        return attrgetter(definition.python_name)
    if resolver is None or definition.extensions or definition.arguments or resolver.is_async:
        raise Unplannable(definition.python_name)
    if not resolver.self_parameter or resolver.info_parameter or resolver.parent_parameter or resolver.root_parameter:
        raise Unplannable(definition.python_name)
    read: Callable[[Any], Any] = resolver.wrapped_func
    return read

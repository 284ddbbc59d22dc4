"""Variables as Python has them: for each input type a function, made once, that goes straight from JSON to its value.

It takes what needs no second thought. Whatever is wrong, or only unusual, raises :class:`Unusual` before anything is
done, and graphql-core, which is asked then, has the rules and the words for it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import MISSING
from typing import Any

from graphql import (
    GraphQLBoolean,
    GraphQLEnumType,
    GraphQLID,
    GraphQLInputField,
    GraphQLInputObjectType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLScalarType,
    GraphQLString,
    Undefined,
    is_required_input_field,
)
from graphql.utilities.coerce_input_value import coerce_default_value
from strawberry.types.base import StrawberryMaybe
from strawberry.types.maybe import Some

from interlock.api.compiled.selection import DEFINITION, Unplannable

Coercion = Callable[[Any], Any]

_EXACT: Mapping[Any, type] = {GraphQLString: str, GraphQLID: str, GraphQLBoolean: bool}
"""Scalars whose values stay as they are, if they are of this type."""


class Unusual(Exception):
    """Left to graphql-core, for this request."""


def coercion(type_: Any) -> Coercion:
    """What makes Strawberry's value of a JSON value for this input type. Raises Unplannable."""
    if isinstance(type_, GraphQLNonNull):
        return _given(type_.of_type)
    given = _given(type_)
    return lambda value: None if value is None else given(value)


def _given(type_: Any) -> Coercion:
    """The same for values that must not be null."""
    if isinstance(type_, GraphQLList):
        return _list(type_.of_type)
    if isinstance(type_, GraphQLInputObjectType):
        return _object(type_)
    if isinstance(type_, GraphQLEnumType):
        return _enum(type_)
    return _exact(_EXACT[type_]) if type_ in _EXACT else _scalar(type_)


def _exact(wanted: type) -> Coercion:
    def exact(value: Any) -> Any:
        if type(value) is not wanted:
            raise Unusual
        return value

    return exact


def _scalar(type_: GraphQLScalarType) -> Coercion:
    def scalar(value: Any) -> Any:
        if value is None:
            raise Unusual
        try:
            coerced = type_.coerce_input_value(value)
        except Exception as error:  # as graphql-core does, whatever a scalar raises
            raise Unusual from error
        if coerced is Undefined:
            raise Unusual
        return coerced

    return scalar


def _enum(type_: GraphQLEnumType) -> Coercion:
    members = {name: type_.coerce_input_value(name) for name in type_.values}

    def member(value: Any) -> Any:
        if type(value) is not str or value not in members:
            raise Unusual
        return members[value]

    return member


def _list(of: Any) -> Coercion:
    item = coercion(of)
    exact = _EXACT.get(of.of_type) if isinstance(of, GraphQLNonNull) else None

    def items(value: Any) -> Any:
        if type(value) is not list:
            raise Unusual
        if exact is not None and set(map(type, value)) <= {exact}:  # a hundred thousand ids are looked at in no time
            return value
        return [item(one) for one in value]

    return items


def _object(type_: GraphQLInputObjectType) -> Coercion:
    definition = type_.extensions[DEFINITION]
    if definition.from_input is not None:
        raise Unplannable(type_.name)
    make, one_of = definition.origin, definition.is_one_of
    known = {name: _field(definition, field) for name, field in type_.fields.items()}
    required = {name for name, field in type_.fields.items() if is_required_input_field(field)}
    absent = {known[name][0]: _absent(field) for name, field in type_.fields.items() if name not in required}
    absent = {name: value for name, value in absent.items() if value is not Undefined}
    copied = [name for name, value in absent.items() if value == []]

    def made(value: Any) -> Any:
        if type(value) is not dict or not required <= value.keys() or (one_of and len(value) != 1):
            raise Unusual
        values = absent.copy()
        for name in copied:
            values[name] = []
        for name, inner in value.items():
            if name not in known or (one_of and inner is None):
                raise Unusual
            python_name, coerce = known[name]
            values[python_name] = coerce(inner)
        return make(**values)

    return made


def _field(definition: Any, field: GraphQLInputField) -> tuple[str, Coercion]:
    """The field's name in Python, and the way of its values."""
    own = field.extensions[DEFINITION]
    if not isinstance(own.resolve_type(type_definition=definition), StrawberryMaybe):
        return own.python_name, coercion(field.type)
    given = _given(field.type)
    return own.python_name, lambda value: Some(given(value))


def _absent(field: GraphQLInputField) -> Any:
    """The value of a field that is not given; Undefined where the class knows. Raises Unplannable."""
    own, default = field.extensions[DEFINITION], coerce_default_value(field)
    if isinstance(default, dict | list) and default != []:
        raise Unplannable("a default value that is made of others")
    if default is Undefined and own.default_value is MISSING and own.default_factory is MISSING:
        return None
    return default

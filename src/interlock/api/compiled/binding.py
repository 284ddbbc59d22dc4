"""The variables of an operation, and the arguments that its root fields get of them: bound directly, or as usual.

Directly: where each argument is one variable or holds none, nothing is looked up in the document at run time. As
usual: graphql-core and Strawberry do it. Both mean the same; both leave what is wrong to graphql-core as a whole.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from functools import partial
from typing import Any, Protocol

from graphql import (
    GraphQLNonNull,
    GraphQLSchema,
    ListValueNode,
    ObjectValueNode,
    OperationDefinitionNode,
    Undefined,
    VariableNode,
    get_nullable_type,
    is_leaf_type,
    type_from_ast,
)
from graphql.execution.values import VariableValues, get_variable_values
from graphql.utilities.coerce_input_value import coerce_default_value, coerce_input_literal
from strawberry.schema.schema_converter import GraphQLCoreConverter
from strawberry.types.arguments import convert_argument

from interlock.api.compiled.coercion import Coercion, Unusual, coercion
from interlock.api.compiled.selection import Selected, Unplannable

Arguments = dict[str, Any]
"""By their names in Python."""


class Binding(Protocol):
    """The way from a request's variables to arguments; in between they are values of the binding's own kind."""

    def values(self, given: Mapping[str, Any]) -> Any:
        """The variables. Raises Unusual and GraphQLError."""

    def one(self, values: Any, name: str) -> Hashable:
        """A variable that decides what is selected."""

    def arguments(self, selected: Selected) -> Callable[[Any], Arguments]:
        """What makes the arguments of a field of the values. Raises Unplannable; what is made, GraphQLError."""


def binding(
    schema: GraphQLSchema, operation: OperationDefinitionNode, converter: GraphQLCoreConverter, *, nested: bool
) -> Binding:
    """``nested``: somewhere a variable stands inside a list or an object."""
    usual = Usual(schema, operation, converter)
    try:
        return usual if nested else Direct(schema, operation, converter)
    except Unplannable:
        return usual


class Usual:
    """By graphql-core, and what Strawberry makes of its values."""

    def __init__(
        self, schema: GraphQLSchema, operation: OperationDefinitionNode, converter: GraphQLCoreConverter
    ) -> None:
        self._schema = schema
        self._definitions = operation.variable_definitions or ()
        self._converter = converter

    def values(self, given: Mapping[str, Any]) -> VariableValues:
        values = get_variable_values(self._schema, self._definitions, dict(given))
        if isinstance(values, list):
            raise Unusual
        return values

    def one(self, values: VariableValues, name: str) -> Hashable:
        found: Hashable = values.coerced.get(name)
        return found

    def arguments(self, selected: Selected) -> Callable[[VariableValues], Arguments]:
        ways = _conversions(selected, self._converter)

        def made(values: VariableValues) -> Arguments:
            given = selected.arguments(values)
            return {name: convert(given[key]) for key, name, convert in ways if key in given}

        return made


class Direct:
    """By functions made of the types of the variables. Raises Unplannable for a default that is more than a leaf."""

    def __init__(
        self, schema: GraphQLSchema, operation: OperationDefinitionNode, converter: GraphQLCoreConverter
    ) -> None:
        self._converter = converter
        self._variables: list[tuple[str, Coercion, Any]] = []
        for definition in operation.variable_definitions or ():
            type_: Any = type_from_ast(schema, definition.type)
            default: Any = Undefined
            if definition.default_value is not None:
                default = _literal(definition.default_value, type_)
                if isinstance(default, dict | list):
                    raise Unplannable(definition.variable.name.value)
            elif not isinstance(type_, GraphQLNonNull):
                default = _ABSENT
            self._variables.append((definition.variable.name.value, coercion(type_), default))

    def values(self, given: Mapping[str, Any]) -> dict[str, Any]:
        values = {}
        for name, coerce, default in self._variables:
            if name in given:
                values[name] = coerce(given[name])
            elif default is Undefined:
                raise Unusual
            elif default is not _ABSENT:
                values[name] = default
        return values

    def one(self, values: dict[str, Any], name: str) -> Hashable:
        found: Hashable = values.get(name)
        return found

    def arguments(self, selected: Selected) -> Callable[[dict[str, Any]], Arguments]:
        fixed: Arguments = {}
        taken: list[tuple[str, str, bool]] = []
        nodes = {one.name.value: one.value for one in selected.details[0].node.arguments or ()}
        for key, name, convert in _conversions(selected, self._converter):
            argument, node = selected.field.args[key], nodes.get(key)
            value = coerce_default_value(argument)
            if isinstance(node, VariableNode):
                taken.append((name, node.name.value, isinstance(argument.type, GraphQLNonNull)))
            elif node is not None:
                value = _literal(node, argument.type)
            if value is not Undefined:
                fixed[name] = convert(value)

        def made(values: dict[str, Any]) -> Arguments:
            arguments = fixed.copy()
            for name, variable, required in taken:
                if variable in values:
                    arguments[name] = values[variable]
                    if required and values[variable] is None:
                        raise Unusual
                elif required:
                    raise Unusual
            return arguments

        return made


_ABSENT = object()


def _literal(node: Any, type_: Any) -> Any:
    """The value of a literal, as graphql-core has it. Raises Unplannable for one that is wrong."""
    value = coerce_input_literal(node, type_)
    if value is Undefined:
        raise Unplannable("a wrong value")
    return value


def holds_variables(node: ListValueNode | ObjectValueNode) -> bool:
    """Whether a variable stands directly inside."""
    inside = node.values if isinstance(node, ListValueNode) else [field.value for field in node.fields]
    return any(isinstance(one, VariableNode) for one in inside)


def _conversions(selected: Selected, converter: GraphQLCoreConverter) -> list[tuple[str, str, Callable[[Any], Any]]]:
    """Of each argument: its names in GraphQL and in Python, and the way from graphql-core's value to Strawberry's."""
    found: list[tuple[str, str, Callable[[Any], Any]]] = []
    for argument in selected.definition.arguments:
        key = converter.config.name_converter.from_argument(argument)
        convert = partial(
            convert_argument,
            type_=argument.type,
            scalar_registry=converter.scalar_registry,
            config=converter.config,
        )
        # graphql-core has made of a leaf what it is in Python
        leaf = is_leaf_type(get_nullable_type(selected.field.args[key].type))
        found.append((key, argument.python_name, _itself if leaf else convert))
    return found


def _itself(value: Any) -> Any:
    return value

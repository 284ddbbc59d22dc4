"""The way of a root field's arguments from a request to what a resolver would be given."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from graphql import get_nullable_type, is_leaf_type
from graphql.execution.values import VariableValues
from strawberry.schema.schema_converter import GraphQLCoreConverter
from strawberry.types.arguments import convert_argument

from interlock.api.compiled.selection import Selected


class Arguments:
    """The arguments of one field of an operation."""

    def __init__(self, selected: Selected, converter: GraphQLCoreConverter) -> None:
        self._selected = selected
        self._conversions = list(_conversions(selected, converter))

    def given(self, variables: VariableValues) -> dict[str, Any]:
        """What is given, by the names of the resolver's parameters. Raises GraphQLError."""
        given = self._selected.arguments(variables)
        return {name: convert(given[key]) for key, name, convert in self._conversions if key in given}


def _conversions(
    selected: Selected, converter: GraphQLCoreConverter
) -> Iterator[tuple[str, str, Callable[[Any], Any]]]:
    """Of each argument: its names in GraphQL and in Python, and the way from one's value to the other's."""
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
        yield key, argument.python_name, _itself if leaf else convert


def _itself(value: Any) -> Any:
    return value

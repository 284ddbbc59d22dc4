"""The fields that an operation selects, collected by graphql-core; and the JSON of an entity's fields."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from graphql import (
    FragmentDefinitionNode,
    GraphQLField,
    GraphQLObjectType,
    GraphQLSchema,
    OperationDefinitionNode,
    get_named_type,
    is_leaf_type,
)
from graphql.execution.collect_fields import FieldDetailsList, FragmentDetails, collect_fields, collect_subfields
from graphql.execution.values import VariableValues, get_argument_values

from interlock.api.types.shown import told_name
from interlock.store import json_text
from interlock.store.json_text import Pieces
from interlock.store.told import Entity

DEFINITION = "strawberry-definition"
"""Where the schema's types and fields keep Strawberry's definitions."""


class Unplannable(Exception):
    """Left to graphql-core."""


@dataclass(frozen=True, slots=True)
class Selected:
    """One field of a selection: its key in the response, and what the schema says of it (nothing of __typename)."""

    key: str
    parent: GraphQLObjectType
    details: FieldDetailsList

    @property
    def name(self) -> str:
        return self.details[0].node.name.value

    @property
    def field(self) -> GraphQLField:
        found: GraphQLField | None = self.parent.fields.get(self.name)
        if found is None:
            raise Unplannable(self.name)  # introspection
        return found

    @property
    def type(self) -> Any:
        return get_named_type(self.field.type)

    @property
    def definition(self) -> Any:
        """Strawberry's definition of the field."""
        return self.field.extensions[DEFINITION]

    def arguments(self, variables: VariableValues) -> dict[str, Any]:
        """Raises GraphQLError."""
        return get_argument_values(self.field, self.details[0].node, variables)


class Selections:
    """One operation with the variables that decide what is selected."""

    def __init__(
        self,
        schema: GraphQLSchema,
        operation: OperationDefinitionNode,
        fragments: Mapping[str, FragmentDefinitionNode],
        variables: VariableValues,
    ) -> None:
        self._schema = schema
        self._operation = operation
        self._fragments = {name: FragmentDetails(fragment) for name, fragment in fragments.items()}
        self._variables = variables

    def root(self, type_: GraphQLObjectType) -> Iterator[Selected]:
        found = collect_fields(self._schema, self._fragments, self._variables, type_, self._operation)
        for key, details in found.grouped_field_set.items():
            yield Selected(key, type_, details)

    def of(self, selected: Selected) -> Iterator[Selected]:
        """What is selected of the object that a field gives. Raises Unplannable for interfaces."""
        type_ = selected.type
        if not isinstance(type_, GraphQLObjectType):
            raise Unplannable(f"{selected.name} is of no object type")
        found = collect_subfields(
            self._schema, self._fragments, self._variables, self._operation, type_, selected.details
        )
        for key, details in found.grouped_field_set.items():
            yield Selected(key, type_, details)

    def obj(self, selected: Selected, tell: Callable[[Selected], Pieces]) -> Pieces:
        """The object that a field gives; ``tell`` makes the JSON of each field selected of it."""
        return json_text.obj(
            (one.key, (f'"{one.parent.name}"',) if one.name == "__typename" else tell(one)) for one in self.of(selected)
        )

    def entity(self, selected: Selected, entity: Entity) -> Pieces:
        """The entity that a field gives, by what the schema's fields say of how they are told."""

        def tell(one: Selected) -> Pieces:
            name = told_name(one.definition)
            if name is None:
                raise Unplannable(one.name)
            if is_leaf_type(one.type):
                return entity.values[name]
            way = entity.ways[name]()
            return way.told(self.entity(one, way.entity))

        return self.obj(selected, tell)

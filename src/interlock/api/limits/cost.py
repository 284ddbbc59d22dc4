"""The cost of an operation: how many fields its answer can have at most, by the sizes of the pages asked for.

Each field counts one, and what stands below a page counts once for each entry that was asked for, and ten times below
a list of which nothing else is known. Each fragment is
priced once; sizes that are variables are filled in for each request.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    GraphQLField,
    GraphQLNamedType,
    GraphQLSchema,
    InlineFragmentNode,
    IntValueNode,
    ListValueNode,
    OperationDefinitionNode,
    OperationType,
    SelectionSetNode,
    ValueNode,
    VariableNode,
    get_named_type,
    get_nullable_type,
    get_operation_ast,
    is_composite_type,
    is_list_type,
)
from strawberry.extensions import SchemaExtension

from interlock.api.limits.size import countable, exceeded, fragments_of
from interlock.api.types.node import DEFAULT_PAGE
from interlock.settings import Settings

_SIZES = ("first", "last", "ids")
"""The arguments that say how many entries a field may have."""
_SOME = 10
"""How many entries are counted of a list without such an argument: attempts of a record, actions, programs."""


class List(NamedTuple):
    """A list whose size is a variable: it stands there so many ``times``, and ``entry`` is what each entry costs."""

    times: int
    variable: str
    otherwise: int
    entry: Cost


class Cost(NamedTuple):
    """What is known beforehand, and what depends on variables."""

    fixed: int = 0
    lists: tuple[List, ...] = ()

    def plus(self, other: Cost) -> Cost:
        return Cost(self.fixed + other.fixed, self.lists + other.lists)

    def times(self, size: int) -> Cost:
        return Cost(size * self.fixed, tuple(one._replace(times=size * one.times) for one in self.lists))

    def total(self, given: Mapping[str, Any]) -> int:
        """With these variables."""
        found = self.fixed
        for times, variable, otherwise, entry in self.lists:
            size = _size(given[variable], DEFAULT_PAGE) if variable in given else otherwise
            found += times * size * entry.total(given)
        return found


def _size(value: Any, otherwise: int) -> int:
    """As GraphQL reads it: 5.0 is a whole number, and one id is a list of it. What is no size is refused elsewhere."""
    match value:
        case None:
            return otherwise
        case list():
            return len(value)
        case int() | float() if value == value // 1:
            return max(int(value), 0)
    return 1


class _Prices:
    """Of the selections of one document, which is valid."""

    def __init__(
        self,
        schema: GraphQLSchema,
        operation: OperationDefinitionNode,
        fragments: Mapping[str, FragmentDefinitionNode],
    ) -> None:
        self._schema = schema
        self._fragments = fragments
        self._known: dict[str, Cost] = {}
        self._defaults = {one.variable.name.value: one.default_value for one in operation.variable_definitions or ()}

    def of(self, selections: SelectionSetNode | None, parent: Any) -> Cost:
        found = Cost()
        for selection in selections.selections if selections else ():
            found = found.plus(self._one(selection, parent))
        return found

    def _one(self, selection: Any, parent: Any) -> Cost:
        if isinstance(selection, FragmentSpreadNode):
            return self._fragment(selection.name.value)
        if isinstance(selection, InlineFragmentNode):
            condition = selection.type_condition
            return self.of(
                selection.selection_set, self._schema.get_type(condition.name.value) if condition else parent
            )
        field = getattr(parent, "fields", {}).get(selection.name.value)  # none for __typename, __schema and __type
        below = self.of(selection.selection_set, get_named_type(field.type) if field else None)
        sizes = {name: _default(field.args[name].default_value) for name in _SIZES if field and name in field.args}
        if sizes:
            return Cost(1).plus(self._many(selection, sizes, below))
        return Cost(1).plus(below.times(_SOME) if field and _is_list(field, parent) else below)

    def _fragment(self, name: str) -> Cost:
        if name not in self._known:
            fragment = self._fragments[name]
            type_ = self._schema.get_type(fragment.type_condition.name.value)
            self._known[name] = self.of(fragment.selection_set, type_)
        return self._known[name]

    def _many(self, selection: FieldNode, sizes: Mapping[str, int], entry: Cost) -> Cost:
        """So many times the entry as the arguments say, or as many as there are without them."""
        otherwise = max(sizes.values())
        nodes = [one.value for one in selection.arguments or () if one.name.value in sizes]
        for node in nodes:
            if isinstance(node, VariableNode):
                name = node.name.value
                return Cost(0, (List(1, name, _literal(self._defaults[name], otherwise), entry),))
        return entry.times(max((_literal(node, otherwise) for node in nodes), default=otherwise))


def _default(value: Any) -> int:
    """The size that an argument says where it is not given; the schema's null means a page."""
    return value if isinstance(value, int) else DEFAULT_PAGE


def _is_list(field: GraphQLField, parent: GraphQLNamedType) -> bool:
    """Whether it is a list of objects. A connection's are its page, which counts with its size already."""
    type_: Any = get_nullable_type(field.type)
    return is_list_type(type_) and is_composite_type(get_named_type(type_)) and not parent.name.endswith("Connection")


def _literal(node: ValueNode | None, otherwise: int) -> int:
    if isinstance(node, IntValueNode):
        return _size(int(node.value), otherwise)
    return len(node.values) if isinstance(node, ListValueNode) else otherwise


def cost_of(
    schema: GraphQLSchema, operation: OperationDefinitionNode, fragments: Mapping[str, FragmentDefinitionNode]
) -> Cost:
    """The cost of an operation of a valid document."""
    prices = _Prices(schema, operation, fragments)
    return prices.of(operation.selection_set, schema.get_root_type(operation.operation))


def too_costly(cost: int, settings: Settings, operation: OperationDefinitionNode) -> GraphQLError | None:
    """The refusal of an operation that costs more than is allowed."""
    if cost <= settings.max_cost:
        return None
    what = "fields at most, each counted for every entry of the pages asked for (`first`, `last`, `ids`)"
    return exceeded("max_cost", what, cost, settings.max_cost, operation)


def told(cost: int, allowed: int) -> dict[str, Any]:
    """What the extensions of an answer say of it."""
    return {"cost": {"asked": countable(cost), "allowed": allowed}}


class Costs(SchemaExtension):
    """Refuses what costs too much, and tells of queries and mutations what they cost."""

    _cost: int | None = None

    def on_validate(self) -> Iterator[None]:
        context = self.execution_context
        document = context.graphql_document
        operation = get_operation_ast(document, context.operation_name) if document else None
        if operation is not None and document is not None and not context.pre_execution_errors:
            schema: Any = context.schema
            settings: Settings = context.context.settings
            cost = cost_of(schema._schema, operation, fragments_of(document)).total(context.variables or {})  # noqa: SLF001
            if wrong := too_costly(cost, settings, operation):
                context.pre_execution_errors = [wrong]
            elif operation.operation != OperationType.SUBSCRIPTION:
                self._cost = cost
        yield

    def get_results(self) -> dict[str, Any]:
        return {} if self._cost is None else told(self._cost, self.execution_context.context.settings.max_cost)

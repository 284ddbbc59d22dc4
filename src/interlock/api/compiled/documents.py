"""From the text of a document to its plan, kept: the text is parsed and validated once, as it is for graphql-core."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from graphql import (
    DocumentNode,
    FragmentDefinitionNode,
    GraphQLError,
    GraphQLIncludeDirective,
    GraphQLSchema,
    GraphQLSkipDirective,
    OperationDefinitionNode,
    OperationType,
    VariableNode,
    Visitor,
    get_operation_ast,
    parse,
    specified_rules,
    validate,
    visit,
)
from graphql.execution.values import VariableValues, get_variable_values
from strawberry.schema.schema_converter import GraphQLCoreConverter
from strawberry.types.arguments import convert_arguments

from interlock.api.compiled.roots import Root, root_of
from interlock.api.compiled.selection import Selected, Selections, Unplannable
from interlock.api.depth import depth_limit
from interlock.api.permissions import required
from interlock.domain.roles import Principal
from interlock.settings import Settings
from interlock.store import json_text
from interlock.store.compose import Composed
from interlock.store.record_json import statement

_MOST_PLANS = 64
"""Of one operation, by its variables in @skip and @include; and statements of one plan, by the shapes of its pages."""


class Statement(NamedTuple):
    """What answers a request: the statement's text and its arguments."""

    text: str
    arguments: Sequence[Any]


@dataclass(slots=True)
class Compiler:
    """What compiling takes, the same for all operations of a server."""

    schema: GraphQLSchema
    converter: GraphQLCoreConverter
    settings: Settings

    def operation(self, text: str, name: str | None) -> Operation | None:
        """The operation to run; None for what graphql-core must see: no query, or one that is not valid."""
        try:
            document = parse(text, max_tokens=self.settings.max_tokens)
            if validate(self.schema, document, [*specified_rules, depth_limit(self.settings.max_depth)]):
                return None
        except (GraphQLError, RecursionError):
            return None
        chosen = get_operation_ast(document, name)
        if chosen is None or chosen.operation != OperationType.QUERY or chosen.directives:
            return None
        return Operation(self, document, chosen)


class _Switches(Visitor):
    """The variables that decide what is selected."""

    def __init__(self) -> None:
        super().__init__()
        self.names: set[str] = set()

    def enter_directive(self, node: Any, *_: Any) -> None:
        if node.name.value in {GraphQLSkipDirective.name, GraphQLIncludeDirective.name}:
            self.names |= {a.value.name.value for a in node.arguments if isinstance(a.value, VariableNode)}


class Operation:
    """A valid query, and its plans."""

    def __init__(self, compiler: Compiler, document: DocumentNode, node: OperationDefinitionNode) -> None:
        self._compiler = compiler
        self._node = node
        definitions = document.definitions
        self._fragments = {d.name.value: d for d in definitions if isinstance(d, FragmentDefinitionNode)}
        switches = _Switches()
        visit(document, switches)
        self._switches = sorted(switches.names)
        self._plans: dict[tuple[Any, ...], Plan | None] = {}

    def plan(self, given: Mapping[str, Any]) -> Planned | None:
        """The plan for these variables, with what they are coerced to; None where graphql-core must see them.

        Raises what :meth:`Plan.statement` does.
        """
        variables = get_variable_values(self._compiler.schema, self._node.variable_definitions or (), dict(given))
        if isinstance(variables, list):
            return None
        key = tuple(variables.coerced.get(name) for name in self._switches)
        if key not in self._plans:
            if len(self._plans) >= _MOST_PLANS:
                self._plans.clear()
            self._plans[key] = self._compile(variables)
        plan = self._plans[key]
        return None if plan is None else Planned(plan, variables)

    def _compile(self, variables: VariableValues) -> Plan | None:
        compiler = self._compiler
        query = compiler.schema.query_type
        assert query is not None
        selections = Selections(compiler.schema, self._node, self._fragments, variables)
        try:
            roots = [(one, root_of(one)) for one in selections.root(query)]
            plan = Plan(compiler, selections, roots)
            plan.statement(variables)  # which finds what cannot be planned
        except Unplannable:
            return None
        return plan


class Planned(NamedTuple):
    """A plan, and the variables that it is asked with."""

    plan: Plan
    variables: VariableValues


class Plan:
    """How an operation is answered by one statement."""

    def __init__(self, compiler: Compiler, selections: Selections, roots: Sequence[tuple[Selected, Root]]) -> None:
        self._compiler = compiler
        self._selections = selections
        self._roots = roots
        self._capabilities = {required(selected.definition) for selected, _ in roots}
        self._statements: dict[tuple[Any, ...], Composed] = {}

    def allows(self, viewer: Principal) -> bool:
        return all(viewer.may(capability) for capability in self._capabilities)

    def statement(self, variables: VariableValues) -> Statement:
        """Raises GraphQLError or InterlockError for arguments that graphql-core must refuse."""
        shapes: list[Any] = []
        values: dict[str, Any] = {}
        for number, (selected, root) in enumerate(self._roots):
            rows = root.rows(self._arguments(selected, variables), self._compiler.settings)
            shapes.append(rows.shape)
            values |= {f"r{number}_{name}": value for name, value in rows.values.items()}
        composed = self._composed(tuple(shapes))
        return Statement(composed.text, composed.arguments(values))

    def _arguments(self, selected: Selected, variables: VariableValues) -> dict[str, Any]:
        """The arguments as the resolver would get them."""
        converter = self._compiler.converter
        arguments = selected.definition.arguments
        given = selected.arguments(variables)
        return convert_arguments(given, arguments, converter.scalar_registry, converter.config)

    def _composed(self, shapes: tuple[Any, ...]) -> Composed:
        if shapes not in self._statements:
            if len(self._statements) >= _MOST_PLANS:
                self._statements.clear()
            told = [
                (selected.key, root.told(self._selections, selected, shape, f"r{number}_"))
                for number, ((selected, root), shape) in enumerate(zip(self._roots, shapes, strict=True))
            ]
            self._statements[shapes] = statement(json_text.obj([("data", json_text.obj(told))]))
        return self._statements[shapes]

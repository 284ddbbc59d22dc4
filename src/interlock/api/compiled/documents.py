"""From the text of a document to its plan, kept: the text is parsed and validated once, as it is for graphql-core."""

from __future__ import annotations

from collections.abc import Awaitable, Mapping
from dataclasses import dataclass
from typing import Any

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
from strawberry import Schema

from interlock.api.compiled.plan import BoundRoot, Plan
from interlock.api.compiled.roots import root_of
from interlock.api.compiled.selection import Selections, Unplannable
from interlock.api.depth import depth_limit
from interlock.domain.roles import Principal
from interlock.service.core import Core
from interlock.settings import Settings

_MOST_PLANS = 64
"""Of one operation, by its variables in @skip and @include."""


class Compiler:
    """Compiles the operations of one server."""

    def __init__(self, core: Core, schema: Schema) -> None:
        self.core = core
        self.schema = schema._schema  # noqa: SLF001 - graphql-core's, which Strawberry shows nowhere else
        self.converter = schema.schema_converter

    def operation(self, text: str, name: str | None) -> Operation | None:
        """The query to run; None for what graphql-core must see: no query, or one that is not valid."""
        found = valid(self.schema, self.core.settings, text, name)
        if found is None or found.node.operation != OperationType.QUERY:
            return None
        return Operation(self, found)


@dataclass(frozen=True, slots=True)
class Valid:
    """An operation of a valid document."""

    document: DocumentNode
    node: OperationDefinitionNode

    @property
    def fragments(self) -> dict[str, FragmentDefinitionNode]:
        definitions = self.document.definitions
        return {one.name.value: one for one in definitions if isinstance(one, FragmentDefinitionNode)}


def valid(schema: GraphQLSchema, settings: Settings, text: str, name: str | None) -> Valid | None:
    """The operation that is meant; None where graphql-core must say what is wrong."""
    try:
        document = parse(text, max_tokens=settings.max_tokens)
        if validate(schema, document, [*specified_rules, depth_limit(settings.max_depth)]):
            return None
    except (GraphQLError, RecursionError):
        return None
    node = get_operation_ast(document, name)
    return None if node is None or node.directives else Valid(document, node)


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

    def __init__(self, compiler: Compiler, valid: Valid) -> None:
        self._compiler = compiler
        self._node = valid.node
        self._fragments = valid.fragments
        switches = _Switches()
        visit(valid.document, switches)
        self._switches = sorted(switches.names)
        self._plans: dict[tuple[Any, ...], Plan | None] = {}

    def answer(self, viewer: Principal, given: Mapping[str, Any]) -> Awaitable[bytes] | None:
        """The answer to come; None where graphql-core must answer, also with an error.

        Raises GraphQLError and InterlockError for arguments that graphql-core must refuse.
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
        return plan.answer(variables) if plan is not None and plan.allows(viewer) else None

    def _compile(self, variables: VariableValues) -> Plan | None:
        compiler = self._compiler
        query = compiler.schema.query_type
        assert query is not None
        selections = Selections(compiler.schema, self._node, self._fragments, variables)
        try:
            roots = [BoundRoot(one, root_of(one), compiler.converter) for one in selections.root(query)]
            plan = Plan(compiler.core, selections, roots)
            plan.statement(variables)  # which finds what cannot be planned
        except Unplannable:
            return None
        return plan

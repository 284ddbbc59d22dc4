"""From the text of a document to its plan, kept: the text is parsed and validated once, as it is for graphql-core."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import orjson
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
    visit,
)
from graphql.execution.values import get_variable_values
from strawberry import Schema
from strawberry.schema.schema import validate_document

from interlock.api.compiled.binding import binding, holds_variables
from interlock.api.compiled.calls import Call
from interlock.api.compiled.coercion import Unusual
from interlock.api.compiled.plan import BoundRoot, Plan
from interlock.api.compiled.roots import root_of
from interlock.api.compiled.selection import Selected, Selections, Unplannable
from interlock.api.context import Session
from interlock.api.limits.cost import cost_of, told
from interlock.api.limits.numbers import infinite
from interlock.api.limits.size import fragments_of, rules
from interlock.api.watching import fields_of, name_of
from interlock.service.core import Core
from interlock.settings import Settings
from interlock.store.compose import Composed

_MOST_PLANS = 64
"""Of one operation, by its variables in @skip and @include."""
_MOST_WRITTEN = 30_000_000
"""Characters of all statements together."""


@lru_cache(1_000)
def _extensions(cost: int, allowed: int) -> bytes:
    """The end of an answer's JSON."""
    return b"," + orjson.dumps({"extensions": told(cost, allowed)})[1:]


def _nothing() -> None:
    """Where nothing is kept, nothing is to be dropped."""


class Compiler:
    """Compiles the operations of one server."""

    def __init__(self, core: Core, schema: Schema) -> None:
        self.core = core
        self.schema = schema._schema  # noqa: SLF001 - graphql-core's, which Strawberry shows nowhere else
        self.converter = schema.schema_converter
        self.forget: Callable[[], None] = _nothing
        """Drops all operations that are kept."""
        self._written = 0

    def operation(self, text: str, name: str | None) -> Operation | None:
        """The operation to run; None for what graphql-core must see: a subscription, or what is not valid."""
        found = valid(self.schema, self.core.settings, text, name)
        if found is None or found.node.operation == OperationType.SUBSCRIPTION:
            return None
        return Operation(self, found)

    def wrote(self, statement: Composed) -> None:
        """A small document may mean a large statement, and another one for each shape of its pages: start anew."""
        self._written += len(statement.text)
        if self._written > _MOST_WRITTEN:
            self._written = 0
            self.forget()


@dataclass(frozen=True, slots=True)
class Valid:
    """An operation of a valid document."""

    document: DocumentNode
    node: OperationDefinitionNode

    @property
    def fragments(self) -> dict[str, FragmentDefinitionNode]:
        return fragments_of(self.document)


def valid(schema: GraphQLSchema, settings: Settings, text: str, name: str | None) -> Valid | None:
    """The operation that is meant; None where graphql-core must say what is wrong."""
    try:
        document = parse(text, max_tokens=settings.max_tokens)
        if infinite(text, document) or validate_document(schema, document, (*specified_rules, *rules(settings))):
            return None
    except (GraphQLError, RecursionError):
        return None
    node = get_operation_ast(document, name)
    return None if node is None or node.directives else Valid(document, node)


class _Variables(Visitor):
    """Where a document has its variables: which decide what is selected, and whether one is part of a larger value."""

    def __init__(self, document: DocumentNode) -> None:
        super().__init__()
        self.switches: set[str] = set()
        self.nested = False
        visit(document, self)

    def enter_directive(self, node: Any, *_: Any) -> None:
        if node.name.value in {GraphQLSkipDirective.name, GraphQLIncludeDirective.name}:
            self.switches |= {a.value.name.value for a in node.arguments or () if isinstance(a.value, VariableNode)}

    def enter_list_value(self, node: Any, *_: Any) -> None:
        self.nested = self.nested or holds_variables(node)

    enter_object_value = enter_list_value


class Operation:
    """A valid query or mutation, and its plans."""

    def __init__(self, compiler: Compiler, found: Valid) -> None:
        self._compiler = compiler
        self._node = node = found.node
        self._fragments = found.fragments
        self.known = (node.operation.value, fields_of(node), name_of(node))
        """As the log has it."""
        variables = _Variables(found.document)
        self._switches = sorted(variables.switches)
        self._binding = binding(compiler.schema, node, compiler.converter, nested=variables.nested)
        self._plans: dict[tuple[Hashable, ...], Plan | Call | None] = {}
        self._cost = cost_of(compiler.schema, node, self._fragments)

    async def answer(self, session: Session, given: Mapping[str, Any]) -> bytes | None:
        """The answer; None where graphql-core must answer, also with an error.

        Raises Unusual, GraphQLError and InterlockError for what graphql-core must refuse.
        """
        settings = self._compiler.core.settings
        cost = self._cost.total(given)
        if cost > settings.max_cost:
            return None
        values = self._binding.values(given)
        key = tuple(self._binding.one(values, name) for name in self._switches)
        if key not in self._plans:
            if len(self._plans) >= _MOST_PLANS:
                self._plans.clear()
            self._plans[key] = self._compile(given)
        plan = self._plans[key]
        if plan is None or session.viewer is None or not plan.allows(session.viewer):
            return None
        answer = await plan.answer(session, values)
        return None if answer is None else answer[:-1] + _extensions(cost, settings.max_cost)

    def _compile(self, given: Mapping[str, Any]) -> Plan | Call | None:
        schema: Any = self._compiler.schema
        variables = get_variable_values(schema, self._node.variable_definitions or (), dict(given))
        if isinstance(variables, list):
            raise Unusual
        selections = Selections(schema, self._node, self._fragments, variables)
        try:
            if self._node.operation == OperationType.MUTATION:
                return self._call(list(selections.root(schema.mutation_type)), selections)
            roots = [
                BoundRoot(one, root_of(one), self._binding.arguments(one)) for one in selections.root(schema.query_type)
            ]
            plan = Plan(self._compiler.core, selections, roots, self._compiler.wrote)
            plan.statement(self._binding.values(given), 0)  # which finds what cannot be planned
        except Unplannable:
            return None
        return plan

    def _call(self, roots: Sequence[Selected], selections: Selections) -> Call:
        """Several mutations, which run one after the other, are left to graphql-core."""
        if len(roots) != 1:
            raise Unplannable("several mutations")
        return Call(selections, roots[0], self._binding.arguments(roots[0]))

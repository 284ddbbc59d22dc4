"""Documents kept parsed and validated: clients send the same few again and again.

Strawberry's own caches keep documents of any size, which fills the memory where arguments stand in the text, and
let a syntax error escape from a subscription.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from functools import lru_cache
from typing import Any

from graphql import DocumentNode, GraphQLError, GraphQLSchema, OperationDefinitionNode, parse
from strawberry.extensions import SchemaExtension
from strawberry.schema.schema import validate_document

from interlock.api.limits.numbers import infinite

KEPT = 50
"""Documents kept, in each place that keeps some."""
_LONGEST = 4_000
"""Characters: what is longer has its arguments in the text, and is not likely to come again; this much may take more
than a megabyte to keep."""


def keepable(text: str, name: str | None = None) -> bool:
    """Whether an operation is short enough to be kept."""
    return len(text) + len(name or "") <= _LONGEST


@lru_cache(maxsize=KEPT)
def _parsed(text: str, **options: Any) -> DocumentNode:
    return parse(text, **options)


@lru_cache(maxsize=KEPT)
def _validated(schema: GraphQLSchema, document: DocumentNode, rules: tuple[Any, ...]) -> Sequence[GraphQLError]:
    return validate_document(schema, document, rules)


class KeptDocuments(SchemaExtension):
    """What is wrong goes the usual way."""

    def on_parse(self) -> Iterator[None]:
        context = self.execution_context
        if self._short:
            assert context.query is not None
            with suppress(GraphQLError, RecursionError):
                context.graphql_document = _parsed(context.query, **context.parse_options)
        yield

    def on_validate(self) -> Iterator[None]:
        context = self.execution_context
        assert context.graphql_document is not None
        if wrong := infinite(context.query or "", context.graphql_document):
            context.pre_execution_errors = [wrong]
        else:
            schema: Any = context.schema
            validated = _validated if self._short else validate_document
            found = validated(schema._schema, context.graphql_document, tuple(context.validation_rules))  # noqa: SLF001
            context.pre_execution_errors = list(found)
        yield

    @property
    def _short(self) -> bool:
        query = self.execution_context.query
        return bool(query) and keepable(query or "")


class NamedOperation(SchemaExtension):
    """Of several operations in a document, the one to run must be named; Strawberry would take the first."""

    def on_validate(self) -> Iterator[None]:
        context = self.execution_context
        document = context.graphql_document
        assert document is not None
        operations = sum(isinstance(one, OperationDefinitionNode) for one in document.definitions)
        if operations > 1 and context._provided_operation_name is None:  # noqa: SLF001 - the other falls back
            context.pre_execution_errors = [
                GraphQLError(f"The document has {operations} operations; say by operationName which one is to run.")
            ]
        yield

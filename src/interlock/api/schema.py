"""The GraphQL schema, put together; and its text, which stands in schema.graphql."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any

import graphql
import strawberry
from strawberry.extensions import AddValidationRules, MaxTokensLimiter
from strawberry.schema.config import StrawberryConfig
from strawberry.tools import merge_types
from strawberry.types import ExecutionResult
from strawberry.types.base import get_object_definition
from strawberry.types.execution import PreExecutionError
from strawberry.types.graphql import OperationType

from interlock.api.context import Session, within
from interlock.api.documents import KeptDocuments, NamedOperation
from interlock.api.errors import PresentErrors, of_request
from interlock.api.execution import EventByEvent
from interlock.api.limits.cost import Costs
from interlock.api.limits.size import rules
from interlock.api.mutations.fleet import FleetMutations
from interlock.api.mutations.keys import KeyMutations
from interlock.api.mutations.labels import LabelMutations
from interlock.api.mutations.registration import RegistrationMutations
from interlock.api.mutations.submission import SubmissionMutations
from interlock.api.mutations.transitions import TransitionMutations
from interlock.api.permissions import root_capabilities
from interlock.api.queries import Query
from interlock.api.scalars import SCALARS
from interlock.api.subscriptions import Subscription
from interlock.settings import Settings

Mutation = merge_types(
    "Mutation",
    (SubmissionMutations, TransitionMutations, LabelMutations, RegistrationMutations, FleetMutations, KeyMutations),
)
get_object_definition(
    Mutation, strict=True
).description = (
    "What can be changed. Expected refusals are in each payload's `errors` and `refusals`: select them always."
)

ROOT_CAPABILITIES = root_capabilities(Query, Mutation, Subscription)


class InterlockSchema(strawberry.Schema):
    """A schema whose operations each run in a context of their own, made by the session."""

    def process_errors(self, errors: Any, execution_context: Any = None) -> None:
        """PresentErrors logs the faults; what a caller can mend is no news for the operator."""

    async def execute(  # type: ignore[override]  # always called with a session, and by keywords
        self, query: str | None, *, context_value: Session, **options: Any
    ) -> ExecutionResult:
        allowed = frozenset(options.pop("allowed_operation_types", OperationType)) - {OperationType.SUBSCRIPTION}
        seconds = context_value.services.core.settings.operation_timeout
        async with within(seconds), context_value.operation() as context:
            return await super().execute(query, context_value=context, allowed_operation_types=allowed, **options)

    async def stream(  # type: ignore[override]  # the same
        self, query: str | None, *, context_value: Session, **options: Any
    ) -> AsyncGenerator[Any, None]:
        whole = super().stream

        async def results() -> AsyncGenerator[Any, None]:
            async with (
                context_value.operation() as context,
                aclosing(await whole(query, context_value=context, **options)) as found,
            ):
                async for result in context_value.until_revoked(found):
                    # whoever is slow to take this result does not keep a connection to the database meanwhile
                    await context.refresh()
                    yield _not_executed(result)

        return results()


def _not_executed(result: Any) -> Any:
    """Variables that do not fit are found by graphql-core's execution, and are no result of one."""
    if not isinstance(result, ExecutionResult) or not of_request(result):
        return result
    return PreExecutionError(data=None, errors=result.errors, extensions=result.extensions)


def build_schema(settings: Settings) -> InterlockSchema:
    """The schema of a server with these settings."""
    asked = list(rules(settings))
    return InterlockSchema(
        query=Query,
        mutation=Mutation,
        subscription=Subscription,
        config=StrawberryConfig(scalar_map=SCALARS),
        execution_context_class=EventByEvent,
        extensions=[
            lambda: MaxTokensLimiter(max_token_count=settings.max_tokens),
            lambda: AddValidationRules(asked),
            KeptDocuments,
            NamedOperation,
            Costs,
            PresentErrors,
        ],
    )


def schema_text() -> str:
    """The schema's text, with every description and directive, and everything in the order of its name.

    Sorted is what is printed, not what is served: there enum values and fields stand in the order that people need.
    """
    text = build_schema(Settings()).as_str()
    # @oneOf is GraphQL's own and needs no definition; without one, the printer knows it
    whole = graphql.build_schema(text.replace("directive @oneOf on INPUT_OBJECT\n\n", ""))
    return graphql.print_schema(graphql.lexicographic_sort_schema(whole)) + "\n"

"""How graphql-core executes an operation here: as it always does, but subscriptions keep nothing of past events."""

from __future__ import annotations

from typing import Any

from graphql import Executor
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext


class EventByEvent(StrawberryGraphQLCoreExecutionContext):
    """graphql-core 3.3.2 keeps the fields collected for each event as long as the subscription lives.

    It remembers them by the identity of lists that it makes anew for every event, so no later event has use of them.
    """

    def build_per_event_executor(self, payload: Any) -> Executor[Any]:
        executor = super().build_per_event_executor(payload)
        executor._relevant_sub_fields = {}  # noqa: SLF001 - there is no other way to forget them
        return executor

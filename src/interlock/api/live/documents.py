"""From a subscribe message to what is followed: a channel, a place in it, and how its events are told."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from graphql import GraphQLError, OperationType
from strawberry import Schema

from interlock.api.compiled.binding import Usual
from interlock.api.compiled.coercion import Unusual
from interlock.api.compiled.documents import Valid, valid
from interlock.api.compiled.selection import Selections, Unplannable
from interlock.api.context import Services
from interlock.api.documents import KEPT, keepable
from interlock.api.inputs import ChangeTest
from interlock.api.live.telling import Telling, Tellings
from interlock.api.permissions import required
from interlock.api.watching import fields_of, name_of
from interlock.domain.cursor import FeedCursor
from interlock.domain.errors import InterlockError
from interlock.domain.roles import Principal
from interlock.service.channels import Channel
from interlock.service.noting import present


@dataclass(frozen=True, slots=True)
class Followed:
    """A subscription to the feed. ``live`` says that it begins now."""

    channel: Channel
    cursor: FeedCursor
    live: bool
    telling: Telling


class LiveDocuments:
    """The subscriptions that can be shared."""

    def __init__(self, services: Services, schema: Schema) -> None:
        self._services = services
        self._schema = schema._schema  # noqa: SLF001 - graphql-core's, which Strawberry shows nowhere else
        self._converter = schema.schema_converter
        self._tellings = Tellings(services.core.settings.feed_memory)
        self._valid = lru_cache(KEPT)(self._subscription)

    async def followed(
        self, viewer: Principal, text: str, given: Mapping[str, Any] | None, name: str | None
    ) -> Followed | None:
        """What the viewer is to follow; None where graphql-core must see to it, also with an error."""
        found = self._valid(text, name) if keepable(text, name) else None
        if found is None:
            return None
        present().known(found.node.operation.value, fields_of(found.node), name_of(found.node))
        try:
            return await self._planned(viewer, found, given or {})
        except (Unusual, GraphQLError, InterlockError, Unplannable):
            return None

    def _subscription(self, text: str, name: str | None) -> Valid | None:
        found = valid(self._schema, self._services.core.settings, text, name)
        return found if found is not None and found.node.operation == OperationType.SUBSCRIPTION else None

    async def _planned(self, viewer: Principal, found: Valid, given: Mapping[str, Any]) -> Followed | None:
        binding = Usual(self._schema, found.node, self._converter)
        variables = binding.values(given)
        type_ = self._schema.subscription_type
        assert type_ is not None
        selections = Selections(self._schema, found.node, found.fragments, variables)
        (root,) = selections.root(type_)  # a valid subscription has no more
        if root.name != "statusChanges" or not viewer.may(required(root.definition)):
            return None
        telling = self._tellings.of(selections, root)
        arguments = binding.arguments(root)(variables)
        after = arguments.get("after")
        channel = self._services.channels.of(ChangeTest.of(arguments.get("filter")))
        return Followed(channel, await self._services.feed.start(after), after is None, telling)

"""The subscriptions: to the feed, and to the managers."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Annotated

import strawberry

from interlock.api.context import Info
from interlock.api.inputs import ChangeTest, StatusChangeFilter
from interlock.api.permissions import requires
from interlock.api.types.manager import Manager
from interlock.api.types.status_change import StatusChange
from interlock.domain.roles import Capability


@strawberry.type(description="What can be followed.")
class Subscription:
    @strawberry.subscription(
        description="The feed as it grows: every transition once, in order, without gaps. Resume with the cursor of "
        "the last one processed.",
        extensions=requires(Capability.READ),
    )
    async def status_changes(
        self,
        info: Info,
        after: Annotated[
            str | None,
            strawberry.argument(description="A cursor: of an event, or `feedCursor`. Without it, from now on."),
        ] = None,
        filter: Annotated[  # noqa: A002 - the argument's name in GraphQL
            StatusChangeFilter | None,
            strawberry.argument(description="Which changes; all of them without it."),
        ] = None,
    ) -> AsyncGenerator[StatusChange, None]:
        services = info.context.services
        channel = services.channels.of(ChangeTest.of(filter))
        cursor = await services.feed.start(after)
        async with aclosing(channel.follow(cursor, live=after is None)) as batches:
            async for batch in batches:
                for placed in batch.events:
                    yield StatusChange.placed(placed)
                    # the next event's record is read anew
                    await info.context.refresh()

    @strawberry.subscription(
        description="Compute managers as they change: each that registered, was heard, took or returned tasks, or "
        "left; at first all that are there, and those heard within the last hour. So nothing is missed by who queries "
        "`managers` and subscribes then. Of what happens to one within a second the last state is told, and of one "
        "that falls silent nothing: its `heartbeatAt` grows old.",
        extensions=requires(Capability.READ),
    )
    async def manager_changes(self, info: Info) -> AsyncGenerator[Manager, None]:
        async with aclosing(info.context.services.fleet.follow()) as rows:
            async for row in rows:
                yield Manager.of(row)

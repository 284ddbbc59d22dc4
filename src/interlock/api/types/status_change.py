"""Events as GraphQL has them: one committed transition each."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import strawberry

from interlock.api.context import Info
from interlock.api.scalars import BigInt
from interlock.domain.ids import IdType, encode
from interlock.domain.lifecycle import Action, ActorKind, RecordStatus, Target
from interlock.service.feed import PlacedEvent
from interlock.store.feed import EventRow

if TYPE_CHECKING:
    from interlock.api.types.record import Record


@strawberry.type(description="One committed transition of a record; its creation is one too.")
class StatusChange:
    event: strawberry.Private[EventRow]
    placed_at: strawberry.Private[str | None]

    @classmethod
    def of(cls, event: EventRow) -> StatusChange:
        return cls(event=event, placed_at=None)

    @classmethod
    def placed(cls, placed: PlacedEvent) -> StatusChange:
        return cls(event=placed.event, placed_at=str(placed.cursor))

    @strawberry.field(description="Pass it as `after` to go on behind this event; null where it was read by record.")
    def cursor(self) -> str | None:
        return self.placed_at

    @strawberry.field(description="Its place in the feed, without gaps; null where it was read by record.")
    def position(self) -> BigInt | None:
        return None if self.event.position is None or self.placed_at is None else BigInt(self.event.position)

    @strawberry.field(description="The id of the record, also when that is gone.")
    def record_id(self) -> strawberry.ID:
        return strawberry.ID(encode(IdType.RECORD, self.event.record_id))

    @strawberry.field(description="The record as it is now; null when it was killed.")
    async def record(self, info: Info) -> Annotated[Record, strawberry.lazy("interlock.api.types.record")] | None:
        from interlock.api.types.record import Record  # noqa: PLC0415 - the types refer to each other

        row = await info.context.records.load(self.event.record_id)
        return None if row is None else Record.of(row)

    @strawberry.field(name="from", description="The status it left; null for its creation.")
    def source(self) -> RecordStatus | None:
        return self.event.source

    @strawberry.field(description="Where it went.")
    def to(self) -> Target:
        return Target.KILLED if self.event.target is None else Target(self.event.target)

    @strawberry.field(description="The verb.")
    def action(self) -> Action:
        return self.event.action

    @strawberry.field(description="What kind of actor did it.")
    def actor(self) -> ActorKind:
        return self.event.actor

    @strawberry.field(description="Who did it: a principal, a manager, or a database session's user.")
    def who(self) -> str:
        return self.event.who

    @strawberry.field(description="Why, as the actor said.")
    def reason(self) -> str | None:
        return self.event.reason

    @strawberry.field(description="When, by the database's clock.")
    def at(self) -> datetime:
        return self.event.at

    @strawberry.field(description="How many attempts the record had then.")
    def attempt(self) -> int:
        return self.event.attempt

    @strawberry.field(description="The record's owner then.")
    def owner(self) -> str:
        return self.event.owner

    @strawberry.field(description="The record's campaign then.")
    def campaign(self) -> str | None:
        return self.event.campaign

    @strawberry.field(description="The record's tag then.")
    def tag(self) -> str:
        return self.event.tag

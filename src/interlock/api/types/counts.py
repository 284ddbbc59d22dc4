"""Counts and groups of errors as GraphQL has them."""

from __future__ import annotations

from datetime import datetime
from typing import TypeAlias

import strawberry
from strawberry.dataloader import DataLoader

from interlock.api.scalars import BigInt
from interlock.domain.ids import IdType, encode
from interlock.domain.lifecycle import RecordStatus
from interlock.store import counts
from interlock.store.oldest import Group

Oldest: TypeAlias = DataLoader[Group, datetime | None]
"""Reads since when each group's oldest record is in its status, for all groups together."""


@strawberry.type(description="How many records share these labels; labels that were not asked for are null.")
class StatusCount:
    status: RecordStatus | None = strawberry.field(
        description="The status that they share; null unless grouped by STATUS."
    )
    tag: str | None = strawberry.field(description="The tag that they share; null unless grouped by TAG.")
    campaign: str | None = strawberry.field(
        description="The campaign that they share; null also for records without one."
    )
    owner: str | None = strawberry.field(description="The principal that owns them; null unless grouped by OWNER.")
    kind: str | None = strawberry.field(description="The kind that they share; null unless grouped by KIND.")
    count: BigInt = strawberry.field(description="How many records are in this group.")
    group: strawberry.Private[Group]
    oldest: strawberry.Private[Oldest]

    @strawberry.field(
        description="Since when the record that is longest in this status and group is in it; null for COMPLETE and "
        "FAILED, where records rest, and unless grouped by STATUS."
    )
    async def oldest_since(self) -> datetime | None:
        return None if self.status is None else await self.oldest.load(self.group)

    @classmethod
    def of(cls, count: counts.Count, oldest: Oldest) -> StatusCount:
        values = count.values
        return cls(
            group=tuple(values.values()),
            oldest=oldest,
            status=None if (status := values.get("status")) is None else RecordStatus(status),
            tag=values.get("tag"),
            campaign=values.get("campaign"),
            owner=values.get("owner"),
            kind=values.get("kind"),
            count=BigInt(count.count),
        )


@strawberry.type(description="Records in ERROR or FAILED that share a type of error.")
class ErrorGroup:
    error_type: str = strawberry.field(description="The type, as managers gave it.")
    status: RecordStatus = strawberry.field(description="ERROR, or FAILED where they were given up.")
    count: BigInt = strawberry.field(description="How many records are in this group.")
    first_since: datetime = strawberry.field(description="Since when the first of them is there.")
    last_since: datetime = strawberry.field(description="Since when the last of them is there.")
    example_id: strawberry.ID = strawberry.field(description="The id of one such record, to look at.")
    example_message: str | None = strawberry.field(description="What its last attempt said.")

    @classmethod
    def of(cls, group: counts.ErrorGroup) -> ErrorGroup:
        return cls(
            error_type=group.error_type,
            status=group.status,
            count=BigInt(group.count),
            first_since=group.first_since,
            last_since=group.last_since,
            example_id=strawberry.ID(encode(IdType.RECORD, group.example_id)),
            example_message=group.example_message,
        )

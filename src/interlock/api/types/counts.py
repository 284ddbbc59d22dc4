"""Counts and groups of errors as GraphQL has them."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, TypeAlias

import strawberry
from strawberry.dataloader import DataLoader

from interlock.api.scalars import BigInt
from interlock.domain.errors import InvalidInput
from interlock.domain.ids import IdType, encode
from interlock.domain.lifecycle import RecordStatus
from interlock.store import counts, error_groups
from interlock.store.error_groups import LOOKED_AT, GroupKey
from interlock.store.oldest import Group

Oldest: TypeAlias = DataLoader[Group, datetime | None]
"""Reads since when each group's oldest record is in its status, for all groups together."""
Failing: TypeAlias = DataLoader[GroupKey, list[error_groups.FailingManager]]
"""Reads on which managers each group's errors happened, for all groups together."""


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


@strawberry.type(description="A manager on which errors of a group happened.")
class FailingManager:
    manager_id: strawberry.ID = strawberry.field(description="The id of the manager, which `manager` takes.")
    name: str = strawberry.field(description="The name by which it registered.")
    count: int = strawberry.field(description="How many of the group's newest errors happened on it.")


@strawberry.type(description="Records in ERROR or FAILED that share a type of error; by MESSAGE, also a pattern.")
class ErrorGroup:
    error_type: str = strawberry.field(
        description="The type, as managers gave it; `*` by MESSAGE for those of more types than are told apart."
    )
    status: RecordStatus = strawberry.field(description="ERROR, or FAILED where they were given up.")
    count: BigInt = strawberry.field(description="How many records are in this group.")
    first_since: datetime = strawberry.field(description="Since when the first of them is there.")
    last_since: datetime = strawberry.field(description="Since when the last of them is there.")
    example_id: strawberry.ID = strawberry.field(description="The id of one such record, to look at.")
    example_message: str | None = strawberry.field(description="What its last attempt said.")
    pattern: strawberry.ID | None = strawberry.field(
        description="What `RecordFilter.errorPattern` takes, to act on this group; null by TYPE, and for errors that "
        "get theirs in a moment."
    )
    message: str | None = strawberry.field(
        description="What their messages have in common, with placeholders such as `<n>` for what differs; `…` for "
        "those beyond the patterns that are told apart of one type. Null where `pattern` is."
    )
    key: strawberry.Private[GroupKey | None]
    failing: strawberry.Private[Failing]

    @strawberry.field(
        description=f"The managers on which the newest {LOOKED_AT} errors of the group happened, those with most of "
        "them first; none by TYPE."
    )
    async def managers(
        self, first: Annotated[int, strawberry.argument(description="How many at most.")] = 10
    ) -> list[FailingManager]:
        if first < 0:
            raise InvalidInput(f"is {first}; it must not be negative.", "first")
        found = [] if self.key is None else await self.failing.load(self.key)
        return [
            FailingManager(manager_id=strawberry.ID(encode(IdType.MANAGER, one.id)), name=one.name, count=one.count)
            for one in found[:first]
        ]

    @classmethod
    def of(cls, group: error_groups.ErrorGroup, failing: Failing) -> ErrorGroup:
        return cls(
            error_type=group.error_type,
            status=group.status,
            count=BigInt(group.count),
            first_since=group.first_since,
            last_since=group.last_since,
            example_id=strawberry.ID(encode(IdType.RECORD, group.example_id)),
            example_message=group.example_message,
            pattern=None if group.pattern_id is None else strawberry.ID(encode(IdType.ERROR_PATTERN, group.pattern_id)),
            message=group.pattern,
            key=None if group.pattern_id is None else (group.pattern_id, group.status),
            failing=failing,
        )

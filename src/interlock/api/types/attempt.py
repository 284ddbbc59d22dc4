"""Attempts as GraphQL has them."""

from __future__ import annotations

from datetime import datetime

import strawberry

from interlock.api.context import Info
from interlock.api.types.enums import AttemptOutcome
from interlock.api.types.manager import Manager
from interlock.store.details import AttemptRow


@strawberry.type(description="Why an attempt failed, as its manager gave it.")
class AttemptError:
    row: strawberry.Private[AttemptRow]
    type: str = strawberry.field(description="A short name for programs and the retry policy, such as `lease_expired`.")

    @strawberry.field(description="The reason, for people.")
    def message(self, info: Info) -> str | None:
        return info.context.allowance.plain(self.row.error_message)

    @strawberry.field(description="Where it happened.")
    def traceback(self, info: Info) -> str | None:
        return info.context.allowance.plain(self.row.traceback)


@strawberry.type(description="One run of a task by one manager.")
class Attempt:
    row: strawberry.Private[AttemptRow]

    @classmethod
    def of(cls, row: AttemptRow) -> Attempt:
        return cls(row=row)

    @strawberry.field(description="From 1 on; it goes on counting when a task is regenerated.")
    def number(self) -> int:
        return self.row.number

    @strawberry.field(description="The manager that ran it.")
    async def manager(self, info: Info) -> Manager | None:
        row = await info.context.managers.load(self.row.manager_id)
        return None if row is None else Manager.of(row)

    @strawberry.field(description="When the manager claimed it.")
    def claimed_at(self) -> datetime:
        return self.row.claimed_at

    @strawberry.field(description="When its lease runs out, while it runs.")
    def lease_expires_at(self) -> datetime | None:
        return self.row.lease_expires_at if self.row.ended_at is None else None

    @strawberry.field(description="When its outcome was known; null while it runs.")
    def ended_at(self) -> datetime | None:
        return self.row.ended_at

    @strawberry.field(description="What became of it.")
    def outcome(self) -> AttemptOutcome:
        return AttemptOutcome(self.row.outcome or AttemptOutcome.RUNNING)

    @strawberry.field(description="Why it failed, where it did.")
    def error(self) -> AttemptError | None:
        row = self.row
        if row.error_type is None:
            return None
        return AttemptError(row=row, type=row.error_type)

    @strawberry.field(description="What it wrote to its standard output, if that was returned.")
    def stdout(self, info: Info) -> str | None:
        return info.context.allowance.plain(self.row.stdout)

    @strawberry.field(description="What it wrote to its standard error, if that was returned.")
    def stderr(self, info: Info) -> str | None:
        return info.context.allowance.plain(self.row.stderr)

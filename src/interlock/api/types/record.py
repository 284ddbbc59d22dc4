"""Records and tasks as GraphQL has them. Each shows a row; what hangs on it is loaded for all rows of a level."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Annotated, Any

import strawberry
from strawberry.scalars import JSON

from interlock.api import scalars
from interlock.api.context import Info
from interlock.api.limits.allowance import ROW
from interlock.api.types.attempt import Attempt
from interlock.api.types.manager import Manager
from interlock.api.types.matrix import PermittedAction
from interlock.api.types.node import Node
from interlock.api.types.shown import of_row, told
from interlock.api.types.status_change import StatusChange
from interlock.domain import matrix
from interlock.domain.errors import TooMany
from interlock.domain.ids import IdType, encode
from interlock.domain.lifecycle import STATUSES_WITH_TASK, Action, RecordStatus, TaskStatus
from interlock.domain.retry import rule_for
from interlock.domain.roles import Capability
from interlock.service.permitted import Standing, judge
from interlock.store.details import TaskDetail
from interlock.store.records import RecordRow

IncludeDenied = Annotated[
    bool,
    strawberry.argument(description="Also those that are not open, each with the reason and what is instead."),
]


def _json(text: str | None, info: Info) -> JSON | None:
    """Stored JSON as a value of the answer."""
    return scalars.told(text, info.context.allowance)


def _programs(self: Any, info: Info) -> list[str]:
    programs: list[str] = self.row.programs
    info.context.allowance.tell(sum(map(len, programs)))
    return programs


def _error_pattern(self: Any) -> strawberry.ID | None:
    found: int | None = self.row.error_pattern
    return None if found is None else strawberry.ID(encode(IdType.ERROR_PATTERN, found))


async def _permitted(row: RecordRow, info: Info, include_denied: bool) -> list[PermittedAction]:
    context = info.context
    holder = None
    if row.status == RecordStatus.RUNNING and context.viewer.may(Capability.RUN_TASKS):
        task = await context.tasks.load(row.id)
        if task is not None and task.manager_id is not None:
            manager = await context.managers.load(task.manager_id)
            holder = None if manager is None else manager.principal_id
    standing = Standing(row.status, row.owner_id, holder, (row.kind, row.kind_version) in context.installed)
    if row.status in matrix.sources(Action.REGENERATE):  # the only one that asks for more
        standing = replace(standing, specified=await context.specified.load(row.id) is not None)
    judgements = judge(standing, context.viewer, include_denied=include_denied)
    context.allowance.spend(ROW * len(judgements))
    return [PermittedAction(judgement=one) for one in judgements]


@strawberry.type(description="Where a record stands with the server's retry policy.")
class RetryState:
    used: int = strawberry.field(description="Retries by the server since submission, or since a person stepped in.")
    allowed: int = strawberry.field(description="How many the policy allows for the record's present error type.")
    next_at: datetime | None = strawberry.field(description="When the server will retry; null where it will not.")


@strawberry.type(description="The permanent account of one computation: what was asked, and what was answered.")
class Record(Node):
    row: strawberry.Private[RecordRow]

    @classmethod
    def of(cls, row: RecordRow) -> Record:
        return cls(id=strawberry.ID(encode(IdType.RECORD, row.id)), row=row)

    status: RecordStatus = of_row("status", "Its condition.")
    since: datetime = of_row("since", "Since when it is in this status.")
    kind: str = of_row("kind", "The name of its kind: what its specification means, and how its task is built.")
    kind_version: int = of_row("kind_version", "The version of the kind that is pinned on it.")
    owner: str = of_row("owner", "The name of the principal that submitted it.")
    campaign: str | None = of_row("campaign", "The label that groups the records of one purpose.")
    tag: str = of_row("tag", "The label by which managers choose tasks.")
    priority: int = of_row("priority", "From 0 to 9; higher is claimed first.")
    required_programs: list[str] = strawberry.field(
        resolver=_programs,
        description="The programs that a manager must offer to run its task.",
        metadata=told("programs"),
    )
    submitted_at: datetime = of_row("submitted_at", "The moment of its submission, by the database's clock.")
    attempt_count: int = of_row("attempt", "How many times a manager has claimed it.")
    error_type: str | None = of_row("error_type", "The type of its last error, while it is in ERROR or FAILED.")
    error_pattern: strawberry.ID | None = strawberry.field(
        resolver=_error_pattern,
        description="The pattern of its last error, which finds those like it: see `errorGroups(by: MESSAGE)`.",
        metadata=told("error_pattern_id"),
    )

    @strawberry.field(description="What was asked, as its kind has it.", metadata=told("specification"))
    async def specification(self, info: Info) -> JSON:
        return _json(await info.context.specifications.load(self.row.id), info) or JSON({})

    @strawberry.field(description="What was answered; null until it is complete.", metadata=told("result"))
    async def result(self, info: Info) -> JSON | None:
        return _json(await info.context.results.load(self.row.id), info)

    @strawberry.field(description="Where it stands with the server's retry policy.")
    def retry(self, info: Info) -> RetryState:
        rule = rule_for(self.row.error_type or "", info.context.settings.retry_policy)
        pending = self.row.retry_at if self.row.status == RecordStatus.ERROR else None
        return RetryState(used=self.row.retries, allowed=rule.retries, next_at=pending)

    @strawberry.field(description="Its runnable work; null once it is complete or failed.", metadata=told("task"))
    async def task(self, info: Info) -> Task | None:
        if self.row.status not in STATUSES_WITH_TASK:
            return None
        detail = await info.context.tasks.load(self.row.id)
        return None if detail is None else Task.of(self.row, detail)

    @strawberry.field(description="Every run of it, the first one first.")
    async def attempts(self, info: Info) -> list[Attempt]:
        return [Attempt.of(row) for row in await info.context.attempts.load(self.row.id) or ()]

    @strawberry.field(description="Its first transitions, in the order in which they happened.")
    async def events(
        self, info: Info, first: Annotated[int, strawberry.argument(description="How many at most.")] = 100
    ) -> list[StatusChange]:
        if not 0 <= first <= info.context.settings.max_page:
            raise TooMany(f"is {first}; it must be from 0 to {info.context.settings.max_page}.", "first")
        return [StatusChange.of(row) for row in await info.context.events(first).load(self.row.id) or ()]

    @strawberry.field(description="The actions that are open to the viewer on this record now.")
    async def permitted_actions(self, info: Info, include_denied: IncludeDenied = False) -> list[PermittedAction]:
        return await _permitted(self.row, info, include_denied)


@strawberry.type(description="A record's runnable work: a Python function with its arguments. It goes with its record.")
class Task(Node):
    row: strawberry.Private[RecordRow]
    detail: strawberry.Private[TaskDetail]

    @classmethod
    def of(cls, row: RecordRow, detail: TaskDetail) -> Task:
        return cls(id=strawberry.ID(encode(IdType.TASK, row.id)), row=row, detail=detail)

    status: TaskStatus = of_row("status", "Its condition: always its record's.", TaskStatus)
    required_programs: list[str] = strawberry.field(
        resolver=_programs, description="The programs that a manager must offer to run it.", metadata=told("programs")
    )
    tag: str = of_row("tag", "The label by which managers choose it.")
    priority: int = of_row("priority", "From 0 to 9; higher is claimed first.")

    @strawberry.field(description="The record that it computes.", metadata=told("record"))
    def record(self) -> Record:
        return Record.of(self.row)

    @strawberry.field(
        description="The Python function to call, as `package.module:function`.", metadata=told("function")
    )
    def function(self) -> str:
        return self.detail.function

    @strawberry.field(description="Its positional arguments: a list.", metadata=told("args"))
    def args(self, info: Info) -> JSON:
        return _json(self.detail.args, info) or JSON([])

    @strawberry.field(description="Its keyword arguments: an object.", metadata=told("kwargs"))
    def kwargs(self, info: Info) -> JSON:
        return _json(self.detail.kwargs, info) or JSON({})

    @strawberry.field(description="The manager that holds its lease, while it runs.")
    async def manager(self, info: Info) -> Manager | None:
        if self.detail.manager_id is None:
            return None
        row = await info.context.managers.load(self.detail.manager_id)
        return None if row is None else Manager.of(row)

    @strawberry.field(
        description="When its lease runs out unless it is renewed, while it runs.", metadata=told("lease_expires_at")
    )
    def lease_expires_at(self) -> datetime | None:
        return self.detail.lease_expires_at

    @strawberry.field(description="The actions that are open to the viewer on its record now.")
    async def permitted_actions(self, info: Info, include_denied: IncludeDenied = False) -> list[PermittedAction]:
        return await _permitted(self.row, info, include_denied)

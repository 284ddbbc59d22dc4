"""The queries. Their root fields say which rows; all of one query share one snapshot of the database."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from typing import Annotated

import strawberry
from strawberry.dataloader import DataLoader

from interlock.api.context import Info
from interlock.api.inputs import ChangeTest, RecordFilter, StatusChangeFilter, wanted
from interlock.api.limits.allowance import size_of
from interlock.api.lists import record_list
from interlock.api.permissions import requires
from interlock.api.types.counts import ErrorGroup, Failing, Oldest, StatusCount
from interlock.api.types.enums import CountGroup, ErrorGrouping, RecordOrder
from interlock.api.types.key import ApiKey, Kind, Viewer
from interlock.api.types.manager import Manager
from interlock.api.types.matrix import TransitionMatrix
from interlock.api.types.node import DEFAULT_PAGE, Connection, Edge, Node, Page, connect, page
from interlock.api.types.record import Record, Task
from interlock.api.types.status_change import StatusChange
from interlock.api.types.throughput import ThroughputPoint
from interlock.domain.cursor import list_cursor
from interlock.domain.errors import InvalidInput, TooMany
from interlock.domain.ids import IdType, parse, parse_any
from interlock.domain.roles import Capability
from interlock.service.feed import feed_cursor, scan_feed
from interlock.store import counts, error_groups
from interlock.store.error_groups import FailingManager, GroupKey
from interlock.store.identity import keys
from interlock.store.managers import manager_page
from interlock.store.oldest import Group, oldest
from interlock.store.records import record_page
from interlock.store.throughput import throughput

First = Annotated[int | None, strawberry.argument(description="The first so many (100 unless said otherwise).")]
After = Annotated[str | None, strawberry.argument(description="Those behind this cursor.")]
Last = Annotated[int | None, strawberry.argument(description="The last so many.")]
Before = Annotated[str | None, strawberry.argument(description="Those in front of this cursor.")]
Where = Annotated[RecordFilter | None, strawberry.argument(description="Which records; all of them without it.")]
Order = Annotated[RecordOrder, strawberry.argument(description="By which end of the list to begin.")]
RecordId = Annotated[strawberry.ID, strawberry.argument(description="The record's id, such as `rec_4711`.")]
TaskId = Annotated[strawberry.ID, strawberry.argument(description="The task's id, such as `task_4711`.")]
ManagerId = Annotated[strawberry.ID, strawberry.argument(description="What `activateManager` gave, or a list.")]
AnyId = Annotated[strawberry.ID, strawberry.argument(description="Of a record, a task or a manager.")]

_READ = requires(Capability.READ)
_MOST_IDS = 1_000
_MOST_STEPS = 2_000
_MINUTE, _DAY = 60, 86_400
"""Seconds."""


async def _node(info: Info, kind: IdType, number: int) -> Node | None:
    context = info.context
    if kind == IdType.MANAGER:
        manager = await context.managers.load(number)
        return None if manager is None else Manager.of(manager)
    if kind in {IdType.KEY, IdType.ERROR_PATTERN}:
        return None
    row = await context.records.load(number)
    if row is None:
        return None
    if kind == IdType.RECORD:
        return Record.of(row)
    detail = await context.tasks.load(number)
    return None if detail is None else Task.of(row, detail)


@strawberry.type(description="What can be asked. All root fields of one query see the same state of the database.")
class Query:
    @strawberry.field(description="Who asks, and what the role allows.", extensions=_READ)
    def viewer(self, info: Info) -> Viewer:
        return Viewer(principal=info.context.viewer)

    @strawberry.field(description="The permitted transitions, as data.", extensions=_READ)
    def transition_matrix(self) -> TransitionMatrix:
        return TransitionMatrix()

    @strawberry.field(description="Records, page by page.", extensions=_READ)
    async def records(
        self,
        info: Info,
        filter: Where = None,  # noqa: A002 - the argument's name in GraphQL
        order_by: Order = RecordOrder.OLDEST_FIRST,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> Connection[Record]:
        wanted = record_list(info.context.settings.max_page, filter, order_by, first, after, last, before)
        rows = await info.context.read(lambda connection: record_page(connection, wanted.source))
        info.context.allowance.spend(size_of(rows))
        return connect([Edge(cursor=list_cursor(row.id), node=Record.of(row)) for row in rows], wanted.asked)

    @strawberry.field(description="One record; null where there is none, or none any more.", extensions=_READ)
    async def record(self, info: Info, id: RecordId) -> Record | None:  # noqa: A002
        row = await info.context.records.load(parse(IdType.RECORD, id, "id"))
        return None if row is None else Record.of(row)

    @strawberry.field(description="Tasks, page by page: the work that there is to do.", extensions=_READ)
    async def tasks(
        self,
        info: Info,
        filter: Where = None,  # noqa: A002
        order_by: Order = RecordOrder.OLDEST_FIRST,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> Connection[Task]:
        most = info.context.settings.max_page
        wanted = record_list(most, filter, order_by, first, after, last, before, with_task=True)
        rows = await info.context.read(lambda connection: record_page(connection, wanted.source))
        info.context.allowance.spend(size_of(rows))
        found = await info.context.tasks.load_many([row.id for row in rows])
        pairs = [(row, detail) for row, detail in zip(rows, found, strict=True) if detail is not None]
        return connect([Edge(cursor=list_cursor(r.id), node=Task.of(r, detail)) for r, detail in pairs], wanted.asked)

    @strawberry.field(description="One task; null where its record has none.", extensions=_READ)
    async def task(self, info: Info, id: TaskId) -> Task | None:  # noqa: A002
        found = await _node(info, IdType.TASK, parse(IdType.TASK, id, "id"))
        return found if isinstance(found, Task) else None

    @strawberry.field(description="Anything by its id.", extensions=_READ)
    async def node(self, info: Info, id: AnyId) -> Node | None:  # noqa: A002
        return await _node(info, *parse_any(id, "id"))

    @strawberry.field(description="Several things by their ids, in the order asked.", extensions=_READ)
    async def nodes(
        self,
        info: Info,
        ids: Annotated[
            list[strawberry.ID], strawberry.argument(description="Of records, tasks or managers; at most 1,000.")
        ],
    ) -> list[Node | None]:
        if len(ids) > _MOST_IDS:
            raise TooMany(f"has {len(ids)} ids; at most {_MOST_IDS} are allowed.", "ids")
        wanted = [parse_any(text, f"ids.{i}") for i, text in enumerate(ids)]
        return list(await asyncio.gather(*(_node(info, kind, number) for kind, number in wanted)))

    @strawberry.field(
        description="How many records there are, by group; maintained, so it costs the same at any number.",
        extensions=_READ,
    )
    async def status_counts(
        self,
        info: Info,
        group_by: Annotated[
            list[CountGroup], strawberry.argument(description="One count for each combination of these.")
        ] = (CountGroup.STATUS,),  # type: ignore[assignment]  # a default must not be mutable
        filter: Where = None,  # noqa: A002
    ) -> list[StatusCount]:
        groups = [group.lower() for group in dict.fromkeys(group_by)]
        where = wanted(filter)
        for name, given in (("errorType", where.error_type), ("errorPattern", where.error_pattern)):
            if given is not None:
                raise InvalidInput("Counts do not know errors apart; ask errorGroups.", f"filter.{name}")
        found = await info.context.read(lambda connection: counts.status_counts(connection, groups, where))

        async def since(wanted: list[Group]) -> list[datetime | None]:
            found = await info.context.read(lambda connection: oldest(connection, groups, where))
            return [found.get(group) for group in wanted]

        together: Oldest = DataLoader(since)
        return [StatusCount.of(count, together) for count in found]

    @strawberry.field(
        description="Records in ERROR or FAILED by type of error, or by what messages have in common, most frequent "
        "first.",
        extensions=_READ,
    )
    async def error_groups(
        self,
        info: Info,
        by: Annotated[
            ErrorGrouping, strawberry.argument(description="What the errors of a group share, besides their status.")
        ] = ErrorGrouping.TYPE,
        filter: Where = None,  # noqa: A002
        first: Annotated[int, strawberry.argument(description="How many groups at most.")] = 100,
    ) -> list[ErrorGroup]:
        limit = page(first, None, None, None, info.context.settings.max_page).limit
        where, by_pattern = wanted(filter), by == ErrorGrouping.MESSAGE
        found = await info.context.read(
            lambda connection: error_groups.error_groups(connection, where, limit, by_pattern=by_pattern)
        )
        info.context.allowance.spend(size_of(found))

        async def managers(keys: list[GroupKey]) -> list[list[FailingManager]]:
            found = await info.context.read(lambda connection: error_groups.failing_managers(connection, keys, where))
            return [found.get(key, []) for key in keys]

        failing: Failing = DataLoader(managers)
        return [ErrorGroup.of(group, failing) for group in found]

    @strawberry.field(
        description="How many transitions there were in each step of time up to now, the present one included: just "
        "those that lie before this query's `feedCursor`. Counted since this server knows of it, and kept for a week.",
        extensions=_READ,
    )
    async def throughput(
        self,
        info: Info,
        since: Annotated[datetime, strawberry.argument(description="From the step on in which this moment lies.")],
        step: Annotated[
            int, strawberry.argument(description="Seconds of each step: whole minutes, and a day at most.")
        ] = _MINUTE,
    ) -> list[ThroughputPoint]:
        if step % _MINUTE or not _MINUTE <= step <= _DAY:
            raise InvalidInput(f"is {step}; it must be a multiple of {_MINUTE}, from {_MINUTE} to {_DAY}.", "step")
        length = timedelta(seconds=step)
        points = await info.context.read(lambda connection: throughput(connection, since, length, _MOST_STEPS + 1))
        if len(points) > _MOST_STEPS:
            raise TooMany(f"is {step}, which is more than {_MOST_STEPS} steps since then; choose longer ones.", "step")
        return [ThroughputPoint(point=point) for point in points]

    @strawberry.field(
        description="The feed: every transition once, in order, without gaps. Follow `pageInfo.endCursor`, here or in "
        "the subscription of the same name.",
        extensions=_READ,
    )
    async def status_changes(
        self,
        info: Info,
        after: Annotated[
            str | None,
            strawberry.argument(description="A cursor of the feed; without it, from the oldest kept."),
        ] = None,
        first: Annotated[int, strawberry.argument(description="How many at most.")] = DEFAULT_PAGE,
        filter: Annotated[  # noqa: A002
            StatusChangeFilter | None,
            strawberry.argument(description="Which changes; all of them without it."),
        ] = None,
    ) -> Connection[StatusChange]:
        limit = page(first, None, None, None, info.context.settings.max_page).limit
        test = ChangeTest.of(filter)
        scan = await info.context.read(lambda connection: scan_feed(connection, after, limit, test))
        info.context.allowance.spend(size_of([one.event for one in scan.found]))
        edges = [Edge(cursor=str(one.cursor), node=StatusChange.placed(one)) for one in scan.found]
        connection = connect(edges, Page(limit, None, None, backward=False))
        connection.page_info.has_next_page = scan.more
        connection.page_info.has_previous_page = after is not None
        connection.page_info.end_cursor = str(scan.end)
        return connection

    @strawberry.field(
        description="The position in the feed of exactly this query's snapshot: what follows it is what this query "
        "did not show.",
        extensions=_READ,
    )
    async def feed_cursor(self, info: Info) -> str:
        return await info.context.read(feed_cursor)

    @strawberry.field(description="One compute manager.", extensions=_READ)
    async def manager(self, info: Info, id: ManagerId) -> Manager | None:  # noqa: A002
        row = await info.context.managers.load(parse(IdType.MANAGER, id, "id"))
        return None if row is None else Manager.of(row)

    @strawberry.field(
        description="Compute managers, page by page, in the order of their registration.", extensions=_READ
    )
    async def managers(
        self,
        info: Info,
        active: Annotated[
            bool | None, strawberry.argument(description="Only those that are (or are not) there.")
        ] = None,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> Connection[Manager]:
        asked = page(first, after, last, before, info.context.settings.max_page)
        rows = await info.context.read(
            lambda connection: manager_page(
                connection,
                active=active,
                after=asked.after,
                before=asked.before,
                limit=asked.limit + 1,
                backward=asked.backward,
            )
        )
        info.context.allowance.spend(size_of(rows))
        return connect([Edge(cursor=list_cursor(row.id), node=Manager.of(row)) for row in rows], asked)

    @strawberry.field(description="The kinds of record that this server knows.", extensions=_READ)
    def kinds(self, info: Info) -> list[Kind]:
        return [Kind(name=k.name, version=k.version, description=k.description) for k in info.context.kinds]

    @strawberry.field(
        description="The API keys, newest first; never the keys themselves.",
        extensions=requires(Capability.ADMINISTER),
    )
    async def keys(self, info: Info) -> list[ApiKey]:
        return [ApiKey.of(row) for row in await info.context.read(keys)]

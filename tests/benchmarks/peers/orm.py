"""Plain Strawberry with SQLAlchemy's ORM, as the documentation of both shows it: models, a session, a DataLoader."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import strawberry
import uvloop
from sqlalchemy import ForeignKey, select
from sqlalchemy.dialects.postgresql import ENUM
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, joinedload, mapped_column, relationship
from strawberry.asgi import GraphQL
from strawberry.dataloader import DataLoader

from benchmarks.peers import asgi
from interlock.domain.lifecycle import RecordStatus, TaskStatus

engine = create_async_engine(
    asgi.DATABASE_URL.replace("postgresql://", "postgresql+asyncpg://"),
    pool_size=asgi.POOL_SIZE,
    max_overflow=0,
    connect_args={"server_settings": asgi.SESSION},
)
new_session = async_sessionmaker(engine, expire_on_commit=False)


class Base(DeclarativeBase):
    """Of all models."""


class LaneModel(Base):
    __tablename__ = "lane"
    id: Mapped[int] = mapped_column(primary_key=True)
    tag: Mapped[str]


class PrincipalModel(Base):
    __tablename__ = "principal"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]


class CohortModel(Base):
    __tablename__ = "cohort"
    id: Mapped[int] = mapped_column(primary_key=True)
    lane_id: Mapped[int] = mapped_column(ForeignKey("lane.id"))
    owner_id: Mapped[int] = mapped_column(ForeignKey("principal.id"))
    campaign: Mapped[str | None]
    kind: Mapped[str]
    lane: Mapped[LaneModel] = relationship()
    owner: Mapped[PrincipalModel] = relationship()


class RecordModel(Base):
    __tablename__ = "record"
    part: Mapped[int] = mapped_column(primary_key=True)
    id: Mapped[int] = mapped_column(primary_key=True)
    status: Mapped[str] = mapped_column(ENUM(*RecordStatus, name="record_status"))
    priority: Mapped[int]
    cohort_id: Mapped[int] = mapped_column(ForeignKey("cohort.id"))
    attempt: Mapped[int]
    since: Mapped[datetime]
    submitted_at: Mapped[datetime]
    error_type: Mapped[str | None]
    cohort: Mapped[CohortModel] = relationship()


class TaskModel(Base):
    __tablename__ = "task"
    part: Mapped[int] = mapped_column(primary_key=True)
    record_id: Mapped[int] = mapped_column(primary_key=True)
    function: Mapped[str]


strawberry.enum(RecordStatus)
strawberry.enum(TaskStatus)


@strawberry.type
class Task:
    id: strawberry.ID
    status: TaskStatus
    function: str
    tag: str
    priority: int


@strawberry.type
class Record:
    model: strawberry.Private[RecordModel]
    id: strawberry.ID
    status: RecordStatus
    since: datetime
    kind: str
    campaign: str | None
    tag: str
    priority: int
    owner: str
    submitted_at: datetime
    attempt_count: int
    error_type: str | None

    @classmethod
    def of(cls, model: RecordModel) -> Record:
        return cls(
            model=model,
            id=strawberry.ID(f"rec_{model.id}"),
            status=RecordStatus(model.status),
            since=model.since,
            kind=model.cohort.kind,
            campaign=model.cohort.campaign,
            tag=model.cohort.lane.tag,
            priority=model.priority,
            owner=model.cohort.owner.name,
            submitted_at=model.submitted_at,
            attempt_count=model.attempt,
            error_type=model.error_type,
        )

    @strawberry.field
    async def task(self, info: strawberry.Info) -> Task | None:
        found = await info.context["tasks"].load(self.model.id)
        if found is None:
            return None
        status = TaskStatus(self.model.status)
        return Task(
            id=strawberry.ID(f"task_{self.model.id}"),
            status=status,
            function=found.function,
            tag=self.tag,
            priority=self.priority,
        )


@strawberry.type
class Edge:
    cursor: str
    node: Record


@strawberry.type
class PageInfo:
    has_next_page: bool
    has_previous_page: bool
    start_cursor: str | None
    end_cursor: str | None


@strawberry.type
class Connection:
    edges: list[Edge]
    page_info: PageInfo


_LABELS = (
    joinedload(RecordModel.cohort).joinedload(CohortModel.lane),
    joinedload(RecordModel.cohort).joinedload(CohortModel.owner),
)


def task_loader(session: AsyncSession) -> DataLoader[int, TaskModel | None]:
    """All tasks of a page in one statement."""

    async def load(ids: list[int]) -> list[TaskModel | None]:
        found = await session.scalars(select(TaskModel).where(TaskModel.part == 0, TaskModel.record_id.in_(ids)))
        by_id = {model.record_id: model for model in found}
        return [by_id.get(one) for one in ids]

    return DataLoader(load)


@strawberry.type
class Query:
    @strawberry.field
    async def records(self, info: strawberry.Info, first: int = 100, after: str | None = None) -> Connection:
        session: AsyncSession = info.context["session"]
        wanted = select(RecordModel).where(RecordModel.part == 0).order_by(RecordModel.id).limit(first + 1)
        if after is not None:
            wanted = wanted.where(RecordModel.id > int(after))
        models = (await session.scalars(wanted.options(*_LABELS))).all()
        edges = [Edge(cursor=str(model.id), node=Record.of(model)) for model in models[:first]]
        page_info = PageInfo(
            has_next_page=len(models) > first,
            has_previous_page=after is not None,
            start_cursor=edges[0].cursor if edges else None,
            end_cursor=edges[-1].cursor if edges else None,
        )
        return Connection(edges=edges, page_info=page_info)

    @strawberry.field
    async def record(self, info: strawberry.Info, id: strawberry.ID) -> Record | None:  # noqa: A002 - its name in GraphQL
        session: AsyncSession = info.context["session"]
        number = int(id.removeprefix("rec_"))
        wanted = select(RecordModel).where(RecordModel.part == 0, RecordModel.id == number)
        model = await session.scalar(wanted.options(*_LABELS))
        return None if model is None else Record.of(model)


class App(GraphQL[Any, None]):
    """Each request has a session and a loader of its own."""

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        async with new_session() as scope["session"]:
            await super().__call__(scope, receive, send)

    async def get_context(self, request: Any, response: Any) -> Any:
        del response
        session = request.scope["session"]
        return {"session": session, "tasks": task_loader(session)}


if __name__ == "__main__":
    uvloop.run(asgi.serve(App(strawberry.Schema(Query))))

"""Reading records: a source says which rows; what is read of them is the same for all sources."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from typing import Any

import asyncpg
from sqlalchemy import ARRAY, BigInteger, ColumnElement, FromClause, Select, bindparam, func, select

from interlock.domain.lifecycle import STATUSES_WITH_TASK, RecordStatus
from interlock.domain.model import RecordFilter
from interlock.store.compose import Composed, compose
from interlock.store.connection import Connection
from interlock.store.page import ERRORED, LABELS, PART, Shape, page_rows
from interlock.store.tables import cohort, lane, principal, record


@dataclass(frozen=True, slots=True)
class RecordRow:
    """A record with its labels. ``programs`` are what its task requires."""

    id: int
    status: RecordStatus
    since: datetime
    priority: int
    attempt: int
    retries: int
    retry_at: datetime | None
    error_type: str | None
    error_pattern: int | None
    submitted_at: datetime
    kind: str
    kind_version: int
    campaign: str | None
    tag: str
    programs: list[str]
    owner_id: int
    owner: str


@dataclass(frozen=True, slots=True)
class RecordSource:
    """Which records, in id order: a page of those that pass the filter, strictly between the two cursors.

    ``backward`` takes the page from the end. ``with_task`` keeps to records that have a task.
    """

    where: RecordFilter = field(default_factory=RecordFilter)
    after: int | None = None
    before: int | None = None
    limit: int = 100
    backward: bool = False
    with_task: bool = False


_OWN = (
    "id", "status", "since", "priority", "attempt", "retries", "retry_at", "error_type", "error_pattern",
    "submitted_at",
)  # fmt: skip


def record_columns(row: FromClause = record) -> dict[str, ColumnElement[Any]]:
    """What :class:`RecordRow` is read from, in its order; ``row`` is the table, or rows of it."""
    return {
        **{name: row.c[name] for name in _OWN},
        **{name: cohort.c[name] for name in ("kind", "kind_version", "campaign")},
        **{name: lane.c[name] for name in ("tag", "programs")},
        "owner_id": cohort.c.owner_id,
        "owner": principal.c.name,
    }


def labelled(*columns: ColumnElement[Any], row: FromClause = record) -> Select[Any]:
    """These columns of records with their labels."""
    return (
        select(*columns)
        .join_from(row, cohort, cohort.c.id == row.c.cohort_id)
        .join(lane, lane.c.id == cohort.c.lane_id)
        .join(principal, principal.c.id == cohort.c.owner_id)
    )


def _rows(row: FromClause = record) -> Select[Any]:
    return labelled(*(column.label(name) for name, column in record_columns(row).items()), row=row)


@lru_cache(maxsize=1000)  # whoever asks for pages of every size must not fill the memory
def _page(shape: Shape) -> Composed:
    page = page_rows(shape)
    return compose(_rows(page).order_by(page.c.id.desc() if shape.backward else page.c.id))


IN_IDS = record.c.id == func.any(bindparam("ids", type_=ARRAY(BigInteger), value=None))
_BY_ID = compose(_rows().where(PART, IN_IDS))


def _record(row: asyncpg.Record) -> RecordRow:
    values: dict[str, Any] = dict(row)
    values["status"] = RecordStatus(values["status"])
    return RecordRow(**values)


def _statuses(source: RecordSource) -> list[RecordStatus] | None:
    """The statuses to look in; None for all of them."""
    where = source.where
    statuses = None if where.status is None else set(where.status)
    if source.with_task:
        statuses = set(STATUSES_WITH_TASK) if statuses is None else statuses & STATUSES_WITH_TASK
    if statuses is None and (where.error_type is not None or where.error_pattern is not None):
        statuses = set(ERRORED)
    return None if statuses is None else sorted(statuses)


def page_shape(source: RecordSource) -> Shape:
    return Shape(
        labels=tuple(name for name, _ in LABELS if getattr(source.where, name) is not None),
        statuses=_statuses(source) is not None,
        errors=source.where.error_type is not None,
        patterns=source.where.error_pattern is not None,
        after=source.after is not None,
        before=source.before is not None,
        backward=source.backward,
        limit=int(source.limit),
    )


def page_values(source: RecordSource) -> dict[str, Any]:
    """The parameters of the statement that has the source's shape."""
    return {
        "after": source.after,
        "before": source.before,
        "status": _statuses(source),
        # each is a way to rows, so only once
        "error_type": sorted(set(source.where.error_type or ())),
        "error_pattern": sorted(set(source.where.error_pattern or ())),
        **{name: getattr(source.where, name) for name, _ in LABELS},
    }


async def record_page(connection: Connection, source: RecordSource) -> list[RecordRow]:
    """The rows of a source, in the order of its direction."""
    statement = _page(page_shape(source))
    rows = await connection.fetch(statement.text, *statement.arguments(page_values(source)))
    return [_record(row) for row in rows]


async def records_by_id(connection: Connection, ids: Sequence[int]) -> dict[int, RecordRow]:
    """The records of these ids that exist."""
    rows = await connection.fetch(_BY_ID.text, *_BY_ID.arguments({"ids": list(ids)}))
    return {row["id"]: _record(row) for row in rows}

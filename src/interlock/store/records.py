"""Reading records: a source says which rows; what is read of them is the same for all sources.

Every way of filtering is served by an index, whatever the size of the table: labels resolve to cohorts (few), and
each pair of cohort and status gives its first rows in id order, which are then merged.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from typing import Any

import asyncpg
from sqlalchemy import (
    ARRAY,
    BigInteger,
    ColumnElement,
    FromClause,
    Select,
    Text,
    bindparam,
    column,
    func,
    literal_column,
    select,
)

from interlock.domain.lifecycle import STATUSES_WITH_TASK, RecordStatus
from interlock.domain.model import RecordFilter
from interlock.store.compose import Composed, compose
from interlock.store.connection import Connection
from interlock.store.tables import STATUS, cohort, lane, principal, record


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


_ERRORED = (RecordStatus.ERROR, RecordStatus.FAILED)
_WITH_ERROR: list[ColumnElement[Any]] = [literal_column(f"'{status}'") for status in _ERRORED]
_LABELS = (
    ("tag", lane.c.tag),
    ("campaign", cohort.c.campaign),
    ("owner", principal.c.name),
    ("kind", cohort.c.kind),
)


_OWN = ("id", "status", "since", "priority", "attempt", "retries", "retry_at", "error_type", "submitted_at")


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


def _texts(name: str) -> Any:
    return bindparam(name, type_=ARRAY(Text), value=None)


def _cohorts(labels: tuple[str, ...], prefix: str) -> Any:
    chosen = (
        select(cohort.c.id)
        .join(lane, lane.c.id == cohort.c.lane_id)
        .join(principal, principal.c.id == cohort.c.owner_id)
    )
    for name, label in _LABELS:
        if name in labels:
            chosen = chosen.where(label == func.any(_texts(prefix + name)))
    return chosen.subquery("cohorts")


def _each(name: str, element: Any, prefix: str) -> Any:
    """One row for each value of an array parameter, in column ``value``."""
    array = bindparam(prefix + name, type_=ARRAY(element), value=None)
    return func.unnest(array).table_valued(column("value", element)).render_derived(name=f"each_{name}")


@dataclass(frozen=True, slots=True)
class Shape:
    """What tells one statement for a page from another: everything else is a parameter."""

    labels: tuple[str, ...]
    statuses: bool
    errors: bool
    after: bool
    before: bool
    backward: bool
    limit: int


def page_rows(shape: Shape, prefix: str = "") -> Any:
    """The records of a page as a subquery; its parameters are :func:`page_values`, their names after the prefix."""
    limit: ColumnElement[Any] = literal_column(str(shape.limit))
    rows = select(record).where(record.c.part == literal_column("0"))
    if shape.after:
        rows = rows.where(record.c.id > bindparam(f"{prefix}after", type_=BigInteger, value=None))
    if shape.before:
        rows = rows.where(record.c.id < bindparam(f"{prefix}before", type_=BigInteger, value=None))
    ways: list[Any] = []
    if shape.labels or shape.errors:
        ways.append(cohorts := _cohorts(shape.labels, prefix))
        rows = rows.where(record.c.cohort_id == cohorts.c.id)
    if shape.errors:
        ways.append(errors := _each("error_type", Text, prefix))
        rows = rows.where(record.c.error_type == errors.c.value, record.c.status.in_(_WITH_ERROR))
    if shape.statuses:
        ways.append(statuses := _each("status", STATUS, prefix))
        rows = rows.where(record.c.status == statuses.c.value)
    rows = rows.order_by(record.c.id.desc() if shape.backward else record.c.id).limit(limit)
    if not ways:
        return rows.subquery("page")
    each = rows.lateral("found")
    found = select(each).select_from(*ways, each)
    return found.order_by(each.c.id.desc() if shape.backward else each.c.id).limit(limit).subquery("page")


@lru_cache(maxsize=1000)  # whoever asks for pages of every size must not fill the memory
def _page(shape: Shape) -> Composed:
    page = page_rows(shape)
    return compose(_rows(page).order_by(page.c.id.desc() if shape.backward else page.c.id))


PART = record.c.part == literal_column("0")
IN_IDS = record.c.id == func.any(bindparam("ids", type_=ARRAY(BigInteger), value=None))
_BY_ID = compose(_rows().where(PART, IN_IDS))


def _record(row: asyncpg.Record) -> RecordRow:
    values: dict[str, Any] = dict(row)
    values["status"] = RecordStatus(values["status"])
    return RecordRow(**values)


def _statuses(source: RecordSource) -> list[RecordStatus] | None:
    """The statuses to look in, each of them a way to rows; None where the ids alone lead to them."""
    where = source.where
    statuses = None if where.status is None else set(where.status)
    if source.with_task:
        statuses = set(STATUSES_WITH_TASK) if statuses is None else statuses & STATUSES_WITH_TASK
    if statuses is None and where.error_type is not None:
        statuses = set(_ERRORED)
    if statuses is None and any(getattr(where, name) is not None for name, _ in _LABELS):
        statuses = set(RecordStatus)
    return None if statuses is None else sorted(statuses)


def page_shape(source: RecordSource) -> Shape:
    return Shape(
        labels=tuple(name for name, _ in _LABELS if getattr(source.where, name) is not None),
        statuses=_statuses(source) is not None,
        errors=source.where.error_type is not None,
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
        "error_type": sorted(set(source.where.error_type or ())),  # each is a way to rows, so only once
        **{name: getattr(source.where, name) for name, _ in _LABELS},
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

"""What can be told of records and what hangs on them, as JSON that PostgreSQL builds (see store/json_text.py).

The names are those that the API's fields give (see api/types/shown.py).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import ColumnElement, FromClause, LargeBinary, Text, and_, cast, func, literal_column, select

from interlock.domain.ids import IdType
from interlock.domain.lifecycle import RecordStatus
from interlock.store import json_text
from interlock.store.json_text import Pieces
from interlock.store.records import record_columns
from interlock.store.tables import attempt, record, result, specification, task

_PART: ColumnElement[int] = literal_column("0")


@dataclass(frozen=True)
class Entity:
    """A row inside a statement under construction: its values, and its ways to other rows."""

    values: Mapping[str, Pieces]
    ways: Mapping[str, Callable[[], Way]] = field(default_factory=dict)


@dataclass(frozen=True)
class Way:
    """From a row to the one that belongs to it; ``told`` makes of its JSON what stands in the first one's."""

    entity: Entity
    told: Callable[[Pieces], Pieces]


def list_cursor(key: ColumnElement[Any]) -> Pieces:
    """What domain/cursor.py makes of the key."""
    plain = cast(json_text.text(("l~", key)), LargeBinary)  # no backslash, so the bytes are the text's
    packed = func.encode(plain, literal_column("'base64'"))  # of digits, base64 makes no + and no /
    return json_text.quoted((func.rtrim(packed, literal_column("'='")),))


def record_entity(row: FromClause = record, task_of: Callable[[Entity], Way] | None = None) -> Entity:
    """A record of the table, or of rows of it, with the labels that store/records.py joins.

    ``task_of``: its way to its task, where that is not to be looked up by itself.
    """
    values = {name: json_text.value(column) for name, column in record_columns(row).items()}
    values |= {
        "node_id": _id(IdType.RECORD, row.c.id),
        "error_pattern_id": json_text.unless_null(row.c.error_pattern, _id(IdType.ERROR_PATTERN, row.c.error_pattern)),
        "specification": _kept(row, specification, "{}"),
        "result": _kept(row, result),
    }
    entity = Entity(values, {"task": lambda: task_of(entity) if task_of else _task(row, entity)})
    return entity


def _task(row: FromClause, of: Entity) -> Way:
    mine = task.alias()
    of_record = and_(mine.c.part == _PART, mine.c.record_id == row.c.id)
    return Way(
        task_entity(row, of, mine),
        lambda pieces: _or_null(mine, select(json_text.text(pieces)).select_from(mine).where(of_record)),
    )


def task_entity(row: FromClause, of: Entity, mine: FromClause) -> Entity:
    """The task that ``mine`` has of a record."""
    own = {column.name: json_text.value(column) for column in (mine.c.function, mine.c.args, mine.c.kwargs)}
    own |= {"node_id": _id(IdType.TASK, row.c.id), "lease_expires_at": _lease_end(row)}
    return Entity({**of.values, **own}, {"record": lambda: Way(of, lambda pieces: pieces)})


def _lease_end(row: FromClause) -> Pieces:
    open_one = attempt.alias()
    end = json_text.text(json_text.value(open_one.c.lease_expires_at))
    return _or_null(
        open_one,
        select(end).where(
            row.c.status == literal_column(f"'{RecordStatus.RUNNING}'"),
            open_one.c.part == _PART,
            open_one.c.record_id == row.c.id,
            open_one.c.number == row.c.attempt,
            open_one.c.ended_at.is_(None),
        ),
    )


def _kept(row: FromClause, table: FromClause, absent: str = json_text.NULL) -> Pieces:
    """The JSON that a side table keeps of the record, as it stands there."""
    of_record = and_(table.c.part == _PART, table.c.record_id == row.c.id)
    return _or_null(table, select(cast(table.c.body, Text)).where(of_record), absent)


def _id(kind: IdType, key: ColumnElement[Any]) -> Pieces:
    return json_text.quoted((f"{kind}_", key))


def _or_null(table: FromClause, query: Any, absent: str = json_text.NULL) -> Pieces:
    """The JSON of at most one row of the table, for the record of the query around it."""
    found = query.correlate_except(table).scalar_subquery()
    return (func.coalesce(found, literal_column(f"'{absent}'")),)

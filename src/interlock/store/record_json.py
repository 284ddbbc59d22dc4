"""Records as JSON that PostgreSQL builds: a page of them with what Relay tells of it, or some by their ids."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    LargeBinary,
    Select,
    Text,
    bindparam,
    case,
    func,
    literal_column,
    select,
)
from sqlalchemy.dialects.postgresql import aggregate_order_by

from interlock.store import json_text
from interlock.store.bounded import fits
from interlock.store.compose import Composed, compose
from interlock.store.json_text import Pieces
from interlock.store.page import PART, Shape, page_rows
from interlock.store.records import IN_IDS, labelled
from interlock.store.tables import record
from interlock.store.told import Entity, list_cursor, record_entity


@dataclass(frozen=True, slots=True)
class PageShape:
    """What tells one page's JSON from another's; its rows are one more than the page, where there is more.

    ``reversed``: the page was read from its end. ``behind`` and ``in_front``: it is bounded by a cursor there.
    """

    rows: Shape
    reversed: bool
    behind: bool
    in_front: bool


class JsonPage:
    """One page under construction: what is told of each row, and of the whole."""

    def __init__(self, shape: PageShape, prefix: str) -> None:
        self._rows = page_rows(shape.rows, prefix)
        self.entity: Entity = record_entity(self._rows)
        self.cursor = list_cursor(self._rows.c.id)
        self._shape = shape
        self._kept: ColumnElement[bool] = literal_column(f"place <= {shape.rows.limit - 1}")
        self._told: list[Any] = []
        self._unbounded = False

    def each(self, pieces: Pieces) -> Pieces:
        """The array of what is told of each row."""
        name = f"told_{len(self._told)}"
        self._told.append(json_text.text(pieces).label(name))
        place: ColumnElement[int] = literal_column("place DESC" if self._shape.reversed else "place")
        told: Any = aggregate_order_by(literal_column("','"), place)
        kept = self._kept
        if json_text.unbounded(pieces):
            self._unbounded = True
            kept &= literal_column("fits")
        return json_text.array(func.string_agg(literal_column(name, Text), told).filter(kept))

    def has_next(self) -> Pieces:
        return json_text.truth(literal_column(str(self._shape.in_front)) if self._shape.reversed else self._more())

    def has_previous(self) -> Pieces:
        return json_text.truth(self._more() if self._shape.reversed else literal_column(str(self._shape.behind)))

    def start_cursor(self) -> Pieces:
        return self._end(func.max if self._descending else func.min)

    def end_cursor(self) -> Pieces:
        return self._end(func.min if self._descending else func.max)

    def json(self, pieces: Pieces) -> Pieces:
        """The whole, as a value in a statement."""
        key = self._rows.c.id
        place = func.row_number().over(order_by=key.desc() if self._shape.rows.backward else key).label("place")
        rows: Any = labelled(key.label("id"), place, *self._told, row=self._rows)
        if self._unbounded:
            made = rows.offset(literal_column("0")).subquery("made")
            names = [told.name for told in self._told]
            rows = select(made, fits(names, f"place <= {self._shape.rows.limit - 1}").label("fits"))
        rows = rows.subquery()
        one: ColumnElement[Any] = literal_column("()")  # one group, also of no rows, and where nothing is told of them
        return (select(json_text.text(pieces)).select_from(rows).group_by(one).scalar_subquery(),)

    @property
    def _descending(self) -> bool:
        return self._shape.rows.backward != self._shape.reversed

    def _more(self) -> ColumnElement[Any]:
        return literal_column(f"count(*) > {self._shape.rows.limit - 1}")

    def _end(self, aggregate: Any) -> Pieces:
        key = aggregate(literal_column("id")).filter(self._kept)
        return json_text.unless_null(key, list_cursor(key))


def one_record(pieces: Pieces, prefix: str) -> Pieces:
    """The pieces told of the record whose id is the parameter ``id`` (after the prefix), or null."""
    wanted = record.c.id == bindparam(f"{prefix}id", type_=BigInteger, value=None)
    query = labelled(json_text.text(pieces).label("told")).where(PART, wanted)
    if json_text.unbounded(pieces):
        query = _fitting(query)
    return (func.coalesce(query.scalar_subquery(), literal_column(f"'{json_text.NULL}'")),)


def statement(pieces: Pieces) -> Composed:
    """The statement that answers with the pieces, as the bytes of their text."""
    return compose(select(_bytes(pieces)))


def by_ids_statement(pieces: Pieces) -> Composed:
    """The statement that answers with (id, bytes) for each record of the parameter ``ids`` that exists."""
    query = labelled(record.c.id, _bytes(pieces).label("told")).where(PART, IN_IDS)
    return compose(_fitting(query) if json_text.unbounded(pieces) else query)


def _fitting(query: Select[Any]) -> Select[Any]:
    """The same rows, as long as what they tell is within the bound."""
    made = query.offset(literal_column("0")).subquery("made")
    columns: list[Any] = list(made.c)
    return select(*columns[:-1], case((fits(["told"]), made.c.told)))


def _bytes(pieces: Pieces) -> ColumnElement[Any]:
    """Bytes, so that nobody decodes and encodes what goes out as it is."""
    return func.convert_to(json_text.text(pieces), literal_column("'UTF8'"), type_=LargeBinary)

"""A page of records as JSON that PostgreSQL builds, with what Relay tells of it.

What its records share is not made for each of them: labels are written once for each cohort, tasks are found together.
OFFSET 0 keeps subqueries as they are written: PostgreSQL cannot know how few rows a page has, and would go for each.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from typing import Any

from sqlalchemy import Column, ColumnElement, Text, func, literal_column, select
from sqlalchemy.dialects.postgresql import aggregate_order_by
from sqlalchemy.sql import visitors

from interlock.store import json_text
from interlock.store.bounded import fits
from interlock.store.json_text import Pieces
from interlock.store.page import Shape, page_rows
from interlock.store.tables import cohort, lane, principal, task
from interlock.store.told import Entity, Way, list_cursor, record_entity, task_entity

_KEY: ColumnElement[int] = literal_column("id")
_FENCE: ColumnElement[int] = literal_column("0")
_PART: ColumnElement[int] = literal_column("0")


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
        self._shape = shape
        self._size: ColumnElement[int] = literal_column(str(shape.rows.limit - 1))
        self._read: Any = select(page_rows(shape.rows, prefix)).cte(f"{prefix}page").prefix_with("MATERIALIZED")
        order = self._read.c.id.desc() if shape.rows.backward else self._read.c.id
        self._rows: Any = select(self._read).order_by(order).limit(self._size).subquery("kept")
        self._labels = _Labels()
        self._tasks: Any = None
        self.entity: Entity = record_entity(self._rows, self._task)
        self.cursor = list_cursor(self._rows.c.id)
        self._told: list[Any] = []
        self._unbounded = False

    def each(self, pieces: Pieces) -> Pieces:
        """The array of what is told of each row."""
        name = f"told_{len(self._told)}"
        self._told.append(json_text.text(self._labels.apart(pieces)).label(name))
        order: Any = aggregate_order_by(literal_column("','"), _KEY.desc() if self._descending else _KEY)
        told: Any = func.string_agg(literal_column(name, Text), order)
        if json_text.unbounded(pieces):
            self._unbounded = True
            told = told.filter(literal_column("fits"))
        return json_text.array(told)

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
        rows: Any = select(self._rows.c.id, *self._told).select_from(self._joined())
        if self._unbounded:
            made = rows.offset(_FENCE).subquery("made")
            rows = select(made, fits([told.name for told in self._told]).label("fits"))
        # HAVING makes one group, also of no rows, and where nothing is told of them
        whole = select(json_text.text(pieces)).select_from(rows.subquery()).having(literal_column("TRUE"))
        return (whole.scalar_subquery(),)

    def _joined(self) -> Any:
        """The rows with what is found for them: by outer joins, of which PostgreSQL knows how many rows they have."""
        joined = self._rows
        if self._labels.told:
            labels = self._labels.subquery(self._every("cohort_id"))
            joined = joined.outerjoin(labels, labels.c.id == self._rows.c.cohort_id)
        if self._tasks is not None:
            joined = joined.outerjoin(self._tasks, self._tasks.c.record_id == self._rows.c.id)
        return joined

    def _task(self, of: Entity) -> Way:
        if self._tasks is None:
            mine = select(task).where(task.c.part == _PART, task.c.record_id == self._every("id"))
            self._tasks = mine.offset(_FENCE).subquery("tasks")
        key = self._tasks.c.record_id
        entity = task_entity(self._rows, of, self._tasks)
        return Way(entity, lambda pieces: json_text.unless_null(key, self._labels.apart(pieces)))

    def _every(self, name: str) -> ColumnElement[Any]:
        """Any of the values that a column has in this page."""
        return func.any(func.array(select(self._read.c[name]).scalar_subquery()))

    @property
    def _descending(self) -> bool:
        return self._shape.rows.backward != self._shape.reversed

    def _more(self) -> ColumnElement[Any]:
        return select(func.count()).select_from(self._read).scalar_subquery() > self._size

    def _end(self, aggregate: Any) -> Pieces:
        key = aggregate(_KEY)
        return json_text.unless_null(key, list_cursor(key))


class _Labels:
    """What is told of records' labels, made once for each cohort."""

    def __init__(self) -> None:
        self.told: list[Any] = []

    def apart(self, pieces: Pieces) -> Pieces:
        """The same pieces; those side by side that need nothing but labels have become a column of this subquery."""
        kept: list[str | ColumnElement[Any]] = []
        for ours, run in groupby(pieces, _needs_labels_only):
            side_by_side = tuple(run)
            if ours and not all(isinstance(piece, str) for piece in side_by_side):
                name = f"label_{len(self.told)}"
                self.told.append(json_text.text(side_by_side).label(name))
                kept.append(literal_column(f"labels.{name}", Text))
            else:
                kept += side_by_side
        return tuple(kept)

    def subquery(self, cohorts: ColumnElement[Any]) -> Any:
        of_cohort = cohort.join(lane, lane.c.id == cohort.c.lane_id).join(
            principal, principal.c.id == cohort.c.owner_id
        )
        found = select(cohort.c.id, *self.told).select_from(of_cohort).where(cohort.c.id == cohorts)
        return found.offset(_FENCE).subquery("labels")


def _needs_labels_only(piece: str | ColumnElement[Any]) -> bool:
    if isinstance(piece, str):
        return True
    tables = {part.table for part in visitors.iterate(piece) if isinstance(part, Column)}
    return bool(tables) and tables <= {cohort, lane, principal}

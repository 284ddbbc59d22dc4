"""Which records a page has: every way of filtering is served by an index, whatever the size of the table.

Labels resolve to cohorts, which are few. Each pair of cohort and status is a way to records, in id order, and the
page is merged from all ways; it costs what the ways cost, however many records lie behind them. Before that, the next
few records are looked at, whatever their labels: those of a campaign mostly lie side by side.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    ARRAY,
    BigInteger,
    ColumnElement,
    Integer,
    Text,
    and_,
    bindparam,
    case,
    column,
    func,
    literal_column,
    select,
    tuple_,
    union_all,
)

from interlock.domain.lifecycle import RecordStatus
from interlock.store.tables import STATUS, cohort, error_pattern, lane, principal, record

LABELS = (
    ("tag", lane.c.tag),
    ("campaign", cohort.c.campaign),
    ("owner", principal.c.name),
    ("kind", cohort.c.kind),
)
"""What of a filter resolves to cohorts, and the column that it is compared with."""
ERRORED = (RecordStatus.ERROR, RecordStatus.FAILED)
"""The statuses in which records are found by the type or pattern of their error."""
PART = record.c.part == literal_column("0")

_FIRST: ColumnElement[int] = literal_column(f"'{-(2**63)}'::bigint")
_LAST: ColumnElement[int] = literal_column(f"'{2**63 - 1}'::bigint")
_REACH = 10
"""Records looked at, whatever their labels, for each that the page may have."""


@dataclass(frozen=True, slots=True)
class Shape:
    """What tells one statement for a page from another: everything else is a parameter."""

    labels: tuple[str, ...]
    statuses: bool
    errors: bool  # with statuses only
    patterns: bool  # the same
    after: bool
    before: bool
    backward: bool
    limit: int


def page_rows(shape: Shape, prefix: str = "") -> Any:
    """The records of a page as a subquery; its parameters are those of records.page_values, after the prefix."""
    first: ColumnElement[int] = _FIRST
    last: ColumnElement[int] = _LAST
    if shape.after:
        first = bindparam(f"{prefix}after", type_=BigInteger, value=None) + literal_column("1")
    if shape.before:
        last = bindparam(f"{prefix}before", type_=BigInteger, value=None) - literal_column("1")
    page = _Page(shape, prefix, first, last)
    if shape.labels:
        ids = page.labelled()
        return select(record).join_from(ids, record, and_(PART, record.c.id == ids.c.id)).subquery("page")
    return page.rows().subquery("page")


@dataclass(frozen=True, slots=True)
class _Page:
    shape: Shape
    prefix: str
    first: ColumnElement[int]
    last: ColumnElement[int]

    def rows(self) -> Any:
        """The records, whatever their labels."""
        if self.shape.statuses:
            return self._merged(self._ways({}), record.c)
        return self._next(record.c, self.shape.limit)

    def labelled(self) -> Any:
        """The ids of a page of these labels: of what lies near if that is enough, else of all ways."""
        cohorts = self._cohorts()
        merged = self._merged(self._ways({"cohort_id": cohorts.c.id}), [record.c.id]).subquery("merged")
        if self.shape.statuses:
            return merged
        near = self._near(cohorts).cte(f"{self.prefix}near").prefix_with("MATERIALIZED")
        enough = select(func.count()).select_from(near).scalar_subquery() == self._limit
        return union_all(select(near.c.id).where(enough), select(merged.c.id).where(~enough)).subquery("ids")

    def _next(self, columns: Any, limit: int) -> Any:
        """The next of all records."""
        rows = select(*columns).where(PART, record.c.id.between(self.first, self.last))
        return rows.order_by(self._ordered(record.c.id)).limit(literal_column(str(limit)))

    def _near(self, cohorts: Any) -> Any:
        """Those of the next records that have the labels.

        None where statuses are asked for: the records of one lie apart, each in another block.
        """
        window = self._next([record.c.id, record.c.cohort_id], _REACH * self.shape.limit).subquery("window")
        rows = select(window.c.id).join_from(window, cohorts, window.c.cohort_id == cohorts.c.id)
        return rows.order_by(self._ordered(window.c.id)).limit(self._limit)

    def _cohorts(self) -> Any:
        chosen = (
            select(cohort.c.id)
            .join(lane, lane.c.id == cohort.c.lane_id)
            .join(principal, principal.c.id == cohort.c.owner_id)
        )
        for name, label in LABELS:
            if name in self.shape.labels:
                chosen = chosen.where(label == func.any(self._array(name, Text)))
        return chosen.cte(f"{self.prefix}cohorts").prefix_with("MATERIALIZED")

    def _array(self, name: str, element: Any) -> ColumnElement[Any]:
        return bindparam(self.prefix + name, type_=ARRAY(element), value=None)

    def _ways(self, leading: dict[str, ColumnElement[Any]]) -> Any:
        """The ways to records: values that lead an index up to the ids, those given first."""
        if self.shape.patterns:
            leading["error_pattern"] = _each("error_pattern", Integer, self._patterns())
        elif self.shape.errors:
            leading["error_type"] = _each("error_type", Text, self._array("error_type", Text))
        every: ColumnElement[Any] = literal_column("enum_range(NULL::record_status)")
        leading["status"] = _each("status", STATUS, self._array("status", STATUS) if self.shape.statuses else every)
        return select(*(value.label(name) for name, value in leading.items())).subquery("ways")

    def _patterns(self) -> ColumnElement[Any]:
        """Each pattern is of one type: where both are asked for, those of other types fall away."""
        asked = self._array("error_pattern", Integer)
        if not self.shape.errors:
            return asked
        of_types = error_pattern.c.error_type == func.any(self._array("error_type", Text))
        return func.array(
            select(error_pattern.c.id).where(error_pattern.c.id == func.any(asked), of_types).scalar_subquery()
        )

    def _merged(self, ways: Any, columns: Any) -> Any:
        """These columns of the first records of all ways.

        They lie in the ways whose heads come first, as many as are wanted; none lies beyond the last of these.
        """
        head = self._of_way(ways, ways, (self.first, self.last), [record.c.id], literal_column("1"))
        heads = select(*ways.c, head.c.id).select_from(ways, head)
        nearest = heads.order_by(self._ordered(head.c.id)).limit(self._limit).subquery("nearest")
        furthest = (func.min if self.shape.backward else func.max)(nearest.c.id).over()
        bound = self.first if self.shape.backward else self.last
        end = case((func.count().over() == self._limit, furthest), else_=bound)
        ends = select(nearest, end.label("end")).subquery("ends")
        bounds = (ends.c.end, ends.c.id) if self.shape.backward else (ends.c.id, ends.c.end)
        each = self._of_way(ways, ends, bounds, columns, self._limit)
        found = select(*(each.c[key.name] for key in columns)).select_from(ends, each)
        return found.order_by(self._ordered(each.c.id)).limit(self._limit)

    def _of_way(self, ways: Any, way: Any, bounds: tuple[Any, Any], columns: Any, limit: ColumnElement[Any]) -> Any:
        """The first records of one way, between these ids.

        As a range of rows (a, b, id) rather than a = .. AND b = ..: only one index has their order, so that
        PostgreSQL never takes the primary key and reads on until it meets a label that it believes to be frequent.
        """
        names = [key.name for key in ways.c]
        keys = tuple_(*(record.c[name] for name in names), record.c.id)
        first, last = (tuple_(*(way.c[name] for name in names), bound) for bound in bounds)
        found = select(*columns).where(PART, keys >= first, keys <= last)
        if self.shape.patterns:
            found = found.where(record.c.error_pattern.is_not(None))
        elif self.shape.errors:
            found = found.where(record.c.status.in_(literal_column(f"'{status}'") for status in ERRORED))
        return found.order_by(*map(self._ordered, keys)).limit(limit).lateral()

    @property
    def _limit(self) -> ColumnElement[Any]:
        return literal_column(str(self.shape.limit))

    def _ordered(self, key: ColumnElement[Any]) -> ColumnElement[Any]:
        return key.desc() if self.shape.backward else key


def _each(name: str, element: Any, array: ColumnElement[Any]) -> ColumnElement[Any]:
    """One row for each value of an array."""
    values = func.unnest(array).table_valued(column("value", element)).render_derived(name=f"each_{name}")
    value: ColumnElement[Any] = values.c.value
    return value

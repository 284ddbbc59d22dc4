"""Which records a page has: every way of filtering is served by an index, whatever the size of the table.

Labels resolve to cohorts, which are few. Each pair of cohort and status is a way to records, in id order, and the
page is merged from all ways; it costs what the ways cost, however many records lie behind them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    ARRAY,
    BigInteger,
    ColumnElement,
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
from interlock.store.tables import STATUS, cohort, lane, principal, record

LABELS = (
    ("tag", lane.c.tag),
    ("campaign", cohort.c.campaign),
    ("owner", principal.c.name),
    ("kind", cohort.c.kind),
)
"""What of a filter resolves to cohorts, and the column that it is compared with."""
ERRORED = (RecordStatus.ERROR, RecordStatus.FAILED)
"""The statuses in which records are found by their error type."""
PART = record.c.part == literal_column("0")

_FIRST: ColumnElement[int] = literal_column(f"'{-(2**63)}'::bigint")
_LAST: ColumnElement[int] = literal_column(f"'{2**63 - 1}'::bigint")
_REACH = 10
"""Records looked at, for each that the page may have, before all ways are gone."""


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
    """The records of a page as a subquery; its parameters are those of records.page_values, after the prefix."""
    first: ColumnElement[int] = _FIRST
    last: ColumnElement[int] = _LAST
    if shape.after:
        first = bindparam(f"{prefix}after", type_=BigInteger, value=None) + literal_column("1")
    if shape.before:
        last = bindparam(f"{prefix}before", type_=BigInteger, value=None) - literal_column("1")
    page = _Page(shape, prefix, first, last)
    ways = _ways(shape, prefix)
    if ways is None:
        return page.first_rows(record.c, shape.limit).subquery("page")
    if not (shape.labels or shape.errors):  # a handful of ways
        return page.merged(ways, record.c)
    ids = page.ids(ways)
    return select(record).join_from(ids, record, and_(PART, record.c.id == ids.c.id)).subquery("page")


def _ways(shape: Shape, prefix: str) -> Any:
    """The ways to the records of a page: values that lead an index up to its ids. None where the ids alone do."""

    def each(name: str, element: Any) -> ColumnElement[Any]:
        array = bindparam(prefix + name, type_=ARRAY(element), value=None)
        values = func.unnest(array).table_valued(column("value", element)).render_derived(name=f"each_{name}")
        found: ColumnElement[Any] = values.c.value
        return found

    leading: dict[str, ColumnElement[Any]] = {}
    if shape.labels or shape.errors:
        leading["cohort_id"] = _cohorts(shape.labels, prefix).c.id
    if shape.errors:
        leading["error_type"] = each("error_type", Text)
    if shape.statuses:
        leading["status"] = each("status", STATUS)
    rows = select(*(value.label(name) for name, value in leading.items()))
    return rows.cte(f"{prefix}ways").prefix_with("MATERIALIZED") if leading else None


def _cohorts(labels: tuple[str, ...], prefix: str) -> Any:
    chosen = (
        select(cohort.c.id)
        .join(lane, lane.c.id == cohort.c.lane_id)
        .join(principal, principal.c.id == cohort.c.owner_id)
    )
    for name, label in LABELS:
        if name in labels:
            values = bindparam(prefix + name, type_=ARRAY(Text), value=None)
            chosen = chosen.where(label == func.any(values))
    return chosen.subquery("cohorts")


def _count(rows: Any) -> Any:
    return select(func.count()).select_from(rows).scalar_subquery()


@dataclass(frozen=True, slots=True)
class _Page:
    shape: Shape
    prefix: str
    first: ColumnElement[int]
    last: ColumnElement[int]

    def first_rows(self, columns: Any, limit: int) -> Any:
        """The first of all records between the cursors."""
        rows = select(*columns).where(PART, record.c.id.between(self.first, self.last))
        return rows.order_by(self._ordered(record.c.id)).limit(literal_column(str(limit)))

    def ids(self, ways: Any) -> Any:
        """The ids of the page, by whichever is quicker: what lies near, or all ways."""
        near = self._near(ways).cte(f"{self.prefix}near").prefix_with("MATERIALIZED")
        merged = self.merged(ways, [record.c.id])
        enough = _count(near) == self._limit
        return union_all(select(near.c.id).where(enough), select(merged.c.id).where(~enough)).subquery("ids")

    def _near(self, ways: Any) -> Any:
        """Those of the next records that belong to a way; none where there are fewer ways than the page is long."""
        names = [key.name for key in ways.c]
        limit = _REACH * self.shape.limit
        window = self.first_rows([record.c.id, *(record.c[name] for name in names)], limit).subquery("window")
        belongs = and_(*(window.c[name] == ways.c[name] for name in names))
        found = select(window.c.id).join_from(window, ways, belongs).where(_count(ways) > self._limit)
        return found.order_by(self._ordered(window.c.id)).limit(self._limit)

    def merged(self, ways: Any, columns: Any) -> Any:
        """These columns of the first records of all ways.

        They lie in the ways whose heads come first, as many as the page is long; none lies beyond the last of these.
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
        return found.order_by(self._ordered(each.c.id)).limit(self._limit).subquery("page")

    def _of_way(self, ways: Any, way: Any, bounds: tuple[Any, Any], columns: Any, limit: ColumnElement[Any]) -> Any:
        """The first records of one way, between these ids.

        As a range of rows (a, b, id) rather than a = .. AND b = ..: only one index has their order, so that
        PostgreSQL never takes the primary key and reads on until it meets a label that it believes to be frequent.
        """
        names = [key.name for key in ways.c]
        keys = tuple_(*(record.c[name] for name in names), record.c.id)
        first, last = (tuple_(*(way.c[name] for name in names), bound) for bound in bounds)
        found = select(*columns).where(PART, keys >= first, keys <= last)
        if self.shape.errors:
            found = found.where(record.c.status.in_(literal_column(f"'{status}'") for status in ERRORED))
        return found.order_by(*map(self._ordered, keys)).limit(limit).lateral()

    @property
    def _limit(self) -> ColumnElement[Any]:
        return literal_column(str(self.shape.limit))

    def _ordered(self, key: ColumnElement[Any]) -> ColumnElement[Any]:
        return key.desc() if self.shape.backward else key

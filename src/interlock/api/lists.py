"""Lists of records and tasks: their arguments as the source of their rows, for resolvers and compiled operations."""

from __future__ import annotations

from dataclasses import dataclass

from interlock.api.inputs import RecordFilter, wanted
from interlock.api.types.enums import RecordOrder
from interlock.api.types.node import Page, page
from interlock.store.records import RecordSource


@dataclass(frozen=True, slots=True)
class RecordList:
    """A page asked for, and where its rows are: one more than asked for, which tells that there is more."""

    asked: Page
    source: RecordSource


def record_list(
    most: int,
    filter: RecordFilter | None = None,  # noqa: A002 - the argument's name in GraphQL
    order_by: RecordOrder = RecordOrder.OLDEST_FIRST,
    first: int | None = None,
    after: str | None = None,
    last: int | None = None,
    before: str | None = None,
    *,
    with_task: bool = False,
) -> RecordList:
    """Raises InvalidInput, TooMany and InvalidCursor, which name the argument.

    Newest first is the same list read from its end: what comes after is what has a lower id.
    """
    asked = page(first, after, last, before, most)
    newest_first = order_by == RecordOrder.NEWEST_FIRST
    lower, upper = (asked.before, asked.after) if newest_first else (asked.after, asked.before)
    source = RecordSource(
        where=wanted(filter),
        after=lower,
        before=upper,
        limit=asked.limit + 1,
        backward=asked.backward != newest_first,
        with_task=with_task,
    )
    return RecordList(asked, source)

"""Relay's Node interface and connections, with readable ids and keyset cursors."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

import strawberry
from strawberry.relay import PageInfo

from interlock.api.types.shown import told
from interlock.domain.cursor import parse_list_cursor
from interlock.domain.errors import InvalidInput, TooMany

DEFAULT_PAGE = 100

Item = TypeVar("Item")


@strawberry.interface(description="Something with an id, as Relay has it.")
class Node:
    id: strawberry.ID = strawberry.field(
        description="Unique across types; opaque, though it can be read.", metadata=told("node_id")
    )


@strawberry.type(description="One entry of a list.")
class Edge(Generic[Item]):
    cursor: str = strawberry.field(description="Where the entry stands in its list, for `after` and `before`.")
    node: Item = strawberry.field(description="The entry itself.")


@strawberry.type(description="One page of a list.")
class Connection(Generic[Item]):
    edges: list[Edge[Item]] = strawberry.field(description="The entries, each with its cursor.")
    page_info: PageInfo = strawberry.field(description="Whether there is more, and where to go on.")

    @strawberry.field(description="The entries without their cursors.")
    def nodes(self) -> list[Item]:
        return [edge.node for edge in self.edges]


@dataclass(frozen=True, slots=True)
class Page:
    """Relay's four arguments, checked: ``limit`` entries between two keys, from the end where ``backward``."""

    limit: int
    after: int | None
    before: int | None
    backward: bool


def page(first: int | None, after: str | None, last: int | None, before: str | None, most: int) -> Page:
    """Check Relay's arguments. Raises InvalidInput, TooMany and InvalidCursor, which name the argument."""
    if first is not None and last is not None:
        raise InvalidInput("Pass `first` or `last`, not both: one page has one direction.", "last")
    name, asked = ("last", last) if last is not None else ("first", DEFAULT_PAGE if first is None else first)
    assert asked is not None
    if asked < 0:
        raise InvalidInput(f"is {asked}; a page cannot have fewer than 0 entries.", name)
    if asked > most:
        raise TooMany(f"is {asked}; a page has at most {most} entries. Follow `pageInfo` for more.", name)
    return Page(
        asked,
        None if after is None else parse_list_cursor(after, "after"),
        None if before is None else parse_list_cursor(before, "before"),
        last is not None,
    )


def connect(edges: Sequence[Edge[Item]], wanted: Page) -> Connection[Item]:
    """The connection of what was found; ``edges`` hold one entry more than asked for where there is more."""
    more = len(edges) > wanted.limit
    kept = list(edges[: wanted.limit])
    if wanted.backward:
        kept.reverse()
    return Connection(
        edges=kept,
        page_info=PageInfo(
            has_next_page=wanted.before is not None if wanted.backward else more,
            has_previous_page=more if wanted.backward else wanted.after is not None,
            start_cursor=kept[0].cursor if kept else None,
            end_cursor=kept[-1].cursor if kept else None,
        ),
    )

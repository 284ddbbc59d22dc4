"""The root fields that can be compiled: which rows their arguments mean, and the JSON of what is selected."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from interlock.api.compiled.selection import Selected, Selections, Unplannable
from interlock.api.lists import record_list
from interlock.domain.ids import IdType, parse
from interlock.settings import Settings
from interlock.store.json_text import Pieces
from interlock.store.page_json import JsonPage, PageShape
from interlock.store.record_json import one_record
from interlock.store.records import page_shape, page_values
from interlock.store.told import record_entity


@dataclass(frozen=True, slots=True)
class Rows:
    """What a root field's arguments mean: ``shape`` is what makes another statement, ``values`` its parameters."""

    shape: Any
    values: Mapping[str, Any]


class Root(Protocol):
    """A root field that can be compiled."""

    def rows(self, arguments: dict[str, Any], settings: Settings) -> Rows:
        """Raises InterlockError for arguments that mean nothing."""

    def told(self, selections: Selections, selected: Selected, shape: Any, prefix: str) -> Pieces:
        """The field's JSON; the statement's parameters have their names after the prefix. Raises Unplannable."""


class OneRecord:
    """``record(id)``."""

    def rows(self, arguments: dict[str, Any], settings: Settings) -> Rows:
        del settings
        return Rows(None, {"id": parse(IdType.RECORD, arguments["id"], "id")})

    def told(self, selections: Selections, selected: Selected, shape: Any, prefix: str) -> Pieces:
        del shape
        return one_record(selections.entity(selected, record_entity()), prefix)


@dataclass(frozen=True, slots=True)
class RecordPage:
    """``records(...)``, and ``tasks(...)`` by way of their records."""

    of_tasks: bool

    def rows(self, arguments: dict[str, Any], settings: Settings) -> Rows:
        found = record_list(settings.max_page, with_task=self.of_tasks, **arguments)
        shape = PageShape(
            rows=page_shape(found.source),
            reversed=found.asked.backward,
            behind=found.asked.after is not None,
            in_front=found.asked.before is not None,
        )
        return Rows(shape, page_values(found.source))

    def told(self, selections: Selections, selected: Selected, shape: Any, prefix: str) -> Pieces:
        page = JsonPage(shape, prefix)

        def node(one: Selected) -> Pieces:
            if not self.of_tasks:
                return selections.entity(one, page.entity)
            way = page.entity.ways["task"]()
            return way.told(selections.entity(one, way.entity))

        def edge(one: Selected) -> Pieces:
            return {"cursor": lambda _: page.cursor, "node": node}[one.name](one)

        def info(one: Selected) -> Pieces:
            return {
                "hasNextPage": page.has_next,
                "hasPreviousPage": page.has_previous,
                "startCursor": page.start_cursor,
                "endCursor": page.end_cursor,
            }[one.name]()

        def connection(one: Selected) -> Pieces:
            if one.name == "pageInfo":
                return selections.obj(one, info)
            return page.each({"edges": lambda: selections.obj(one, edge), "nodes": lambda: node(one)}[one.name]())

        return page.json(selections.obj(selected, connection))


ROOTS: Mapping[str, Root] = {
    "record": OneRecord(),
    "records": RecordPage(of_tasks=False),
    "tasks": RecordPage(of_tasks=True),
}
"""By the names of the fields of Query."""


def root_of(selected: Selected) -> Root:
    """Raises Unplannable."""
    if selected.name not in ROOTS:
        raise Unplannable(selected.name)
    return ROOTS[selected.name]


Shapes = tuple[Hashable, ...]
"""The shapes of an operation's root fields: what decides its statement."""

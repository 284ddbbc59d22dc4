"""An event as the JSON of a selection, made once for all who select the same."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from weakref import WeakValueDictionary

import orjson
from graphql import get_nullable_type, is_leaf_type, is_non_null_type

from interlock.api.compiled.selection import Selected, Selections, Unplannable
from interlock.api.types.status_change import StatusChange
from interlock.domain.cursor import FeedCursor
from interlock.service.feed import PlacedEvent
from interlock.service.recent import Recent

Signature = tuple[tuple[str, str], ...]
"""What is selected, as (key in the response, field): the field itself, and then those of the event."""


class Telling:
    """One selection of an event."""

    def __init__(self, tellings: Tellings, key: str, fields: dict[str, Callable[[StatusChange], Any]]) -> None:
        self._known = tellings.known
        self._key = key
        self._fields = list(fields.items())

    def of(self, placed: PlacedEvent) -> bytes:
        """The payload of its ``next`` message."""
        told = self._known.get((self, placed.cursor))
        if told is None:
            told = self._told(StatusChange.placed(placed))
            self._known.keep((self, placed.cursor), told)
        return told

    def _told(self, change: StatusChange) -> bytes:
        return orjson.dumps({"data": {self._key: {key: tell(change) for key, tell in self._fields}}})


class Tellings:
    """The tellings in use, by what they select."""

    def __init__(self, most: int) -> None:
        self.known: Recent[tuple[Telling, FeedCursor], bytes] = Recent(most)
        self._tellings: WeakValueDictionary[Signature, Telling] = WeakValueDictionary()

    def of(self, selections: Selections, selected: Selected) -> Telling:
        """Raises Unplannable for a selection that takes more than the event."""
        fields = list(selections.of(selected))
        signature = ((selected.key, selected.name), *((one.key, one.name) for one in fields))
        telling = self._tellings.get(signature)
        if telling is None:
            telling = Telling(self, selected.key, {one.key: _way(one) for one in fields})
            self._tellings[signature] = telling
        return telling


def _way(selected: Selected) -> Callable[[StatusChange], Any]:
    """How a field is read and written, as graphql-core would."""
    if selected.name == "__typename":
        name = selected.parent.name
        return lambda _: name
    field = selected.field
    leaf: Any = get_nullable_type(field.type)
    resolver = selected.definition.base_resolver
    if field.args or not is_leaf_type(leaf) or resolver.is_async or resolver.info_parameter is not None:
        raise Unplannable(selected.name)
    resolve, serialize = resolver.wrapped_func, leaf.serialize
    required = is_non_null_type(field.type)

    def tell(change: StatusChange) -> Any:
        value = resolve(change)
        if value is None and required:
            raise TypeError(f"{selected.name} must not be null")
        return None if value is None else serialize(value)

    return tell

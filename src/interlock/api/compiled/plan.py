"""A plan: how an operation is answered by one statement, which requests for one record each may share."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from interlock.api.compiled.binding import Arguments
from interlock.api.compiled.roots import OneRecord, Root, Rows
from interlock.api.compiled.selection import Selected, Selections
from interlock.api.compiled.together import Together
from interlock.api.context import Session
from interlock.api.permissions import required
from interlock.domain.roles import Principal
from interlock.service.core import Core
from interlock.settings import Settings
from interlock.store import json_text
from interlock.store.bounded import MOST, WHOLE, bounded
from interlock.store.compose import Composed
from interlock.store.json_text import Pieces
from interlock.store.record_json import by_ids_statement, statement
from interlock.store.told import record_entity

_MOST_STATEMENTS = 64
"""Of one plan, by the shapes of its pages."""


class BoundRoot:
    """A root field of an operation, and the way of its arguments to its rows."""

    def __init__(self, selected: Selected, root: Root, arguments: Callable[[Any], Arguments]) -> None:
        self.selected = selected
        self.root = root
        self.capability = required(selected.definition)
        self._arguments = arguments

    def rows(self, values: Any, settings: Settings) -> Rows:
        """Raises Unusual, GraphQLError and InterlockError."""
        return self.root.rows(self._arguments(values), settings)


class Plan:
    """An operation's roots, and its statements: one for each combination of shapes that their pages have."""

    def __init__(
        self, core: Core, selections: Selections, roots: Sequence[BoundRoot], wrote: Callable[[Composed], None]
    ) -> None:
        self._core = core
        self._wrote = wrote
        self._selections = selections
        self._roots = roots
        self._capabilities = frozenset(root.capability for root in roots)
        self._statements: dict[tuple[Any, ...], Composed] = {}
        self._together = self._shared()

    def allows(self, viewer: Principal) -> bool:
        return viewer.may_all(self._capabilities)

    def answer(self, session: Session, values: Any) -> Awaitable[bytes]:
        """The response's body to come, of at most about the session's size. Raises what :meth:`statement` does."""
        if self._together is not None:
            (root,) = self._roots
            return self._together.answer(root.rows(values, self._core.settings).values["id"], session.size)
        return self._fetch(*self.statement(values, session.size))

    async def _fetch(self, text: str, arguments: Sequence[Any]) -> bytes:
        with bounded():
            found: bytes = await self._core.database.one(lambda connection: connection.fetchval(text, *arguments))
            return found

    def statement(self, values: Any, most: int) -> tuple[str, Sequence[Any]]:
        """The statement and its arguments. Raises what ``rows`` does, and Unplannable at first."""
        shapes: list[Any] = []
        parameters: dict[str, Any] = {MOST: most // max(1, len(self._roots)), WHOLE: most}
        for number, root in enumerate(self._roots):
            rows = root.rows(values, self._core.settings)
            shapes.append(rows.shape)
            parameters |= {f"r{number}_{name}": value for name, value in rows.values.items()}
        composed = self._composed(tuple(shapes))
        return composed.text, composed.arguments(parameters)

    def _composed(self, shapes: tuple[Any, ...]) -> Composed:
        if shapes not in self._statements:
            if len(self._statements) >= _MOST_STATEMENTS:
                self._statements.clear()
            told = [
                (one.selected.key, one.root.told(self._selections, one.selected, shape, f"r{number}_"))
                for number, (one, shape) in enumerate(zip(self._roots, shapes, strict=True))
            ]
            composed = self._statements[shapes] = statement(_response(told))
            self._wrote(composed)
        return self._statements[shapes]

    def _shared(self) -> Together | None:
        """The way for an operation that is one record."""
        if len(self._roots) != 1 or not isinstance(self._roots[0].root, OneRecord):
            return None
        selected = self._roots[0].selected
        told = _response([(selected.key, self._selections.entity(selected, record_entity()))])
        absent = f'{{"data":{{"{selected.key}":{json_text.NULL}}}}}'.encode()
        composed = by_ids_statement(told)
        self._wrote(composed)
        return Together(self._core, composed, absent)


def _response(told: Sequence[tuple[str, Pieces]]) -> Pieces:
    return json_text.obj([("data", json_text.obj(told))])

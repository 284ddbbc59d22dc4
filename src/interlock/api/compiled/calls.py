"""A mutation of one root field: its resolver is called as Strawberry calls it, past graphql-core."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import orjson

from interlock.api.compiled.binding import Arguments
from interlock.api.compiled.payloads import payload
from interlock.api.compiled.selection import Selected, Selections, Unplannable
from interlock.api.context import Context, Outcome, Session, within
from interlock.api.permissions import required
from interlock.domain.roles import Principal


@dataclass(frozen=True, slots=True)
class _Info:
    """All that resolvers of mutations ask of Strawberry's ``Info``."""

    context: Context
    field_name: str


class Call:
    """How such an operation is answered. Raises Unplannable."""

    def __init__(self, selections: Selections, selected: Selected, arguments: Callable[[Any], Arguments]) -> None:
        definition = selected.definition
        resolver = definition.base_resolver
        if len(definition.extensions) != 1 or not resolver.is_async or resolver.info_parameter is None:
            raise Unplannable(selected.name)
        self._capability = required(definition)
        self._arguments = arguments
        self._resolver = resolver.wrapped_func
        self._source = [None] if resolver.self_parameter else []
        self._info = resolver.info_parameter.name
        self._field = selected.name
        self._told = payload(selections, selected)
        self._head = f'{{"data":{{"{selected.key}":'.encode()

    def allows(self, viewer: Principal) -> bool:
        return viewer.may(self._capability)

    async def answer(self, session: Session, values: Any) -> bytes | None:
        """The response's body; None where graphql-core must answer, which then takes what the session has.

        Raises Unusual before anything is done.
        """
        arguments = self._arguments(values)
        context = session.context()
        arguments[self._info] = _Info(context, self._field)
        try:
            async with within(context.settings.operation_timeout):
                found = await self._resolver(*self._source, **arguments)
        except Exception as error:  # noqa: BLE001 - graphql-core makes of it what it makes of any
            session.outcome = Outcome(error=error)
            return None
        finally:
            await context.refresh()
        session.outcome = Outcome(found)
        try:
            return self._head + orjson.dumps(self._told(found)) + b"}}"
        except Exception:  # noqa: BLE001 - what it is, is said by graphql-core
            return None

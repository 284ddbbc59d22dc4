"""What all actors share: the stage on which they meet, and calls that are noted whatever becomes of them."""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from random import Random
from typing import Any

from chaos.actors.connection import Broken, Connection, Unreached
from chaos.history import Call, History, Outcome
from chaos.world import World

_PATIENCE = (1.0, 3.0, 10.0)
"""Seconds that a caller waits for an answer: some give up while the server is still at work."""
_PAUSE = (0.02, 0.3)
"""Seconds before a call is tried again."""
_MOST_FAULTS = 3
"""Times that a call is tried again that was answered with an unexpected fault."""
AGAIN = frozenset({"UNAVAILABLE", "DEADLINE_EXCEEDED", "INTERNAL"})
"""Errors after which it is open whether the call was done."""


class Unforeseen(AssertionError):
    """An answer that the load does not reckon with: then it is the load that is wrong."""


@dataclass
class Stage:
    """A run under way. ``stopping``: the load is over; ``over``: the drain is, too.

    ``focus``: what people do more often, or less, than usual.
    """

    world: World
    history: History
    focus: Mapping[str, int] = field(default_factory=dict)
    stopping: asyncio.Event = field(default_factory=asyncio.Event)
    over: asyncio.Event = field(default_factory=asyncio.Event)
    records: list[str] = field(default_factory=list)
    """What people know of each other's records."""
    numbers: itertools.count[int] = field(default_factory=lambda: itertools.count(1))


class Actor:
    """One of those who act, with the key of the principal that has its name."""

    def __init__(self, stage: Stage, name: str, key: str) -> None:
        self.stage = stage
        self.name = name
        self.key = key
        self.random = Random(f"{stage.history.seed}:{name}")
        self._idle: dict[str, list[Connection]] = {}
        self._marks = itertools.count(1)

    async def run(self) -> None:
        """What it does, until the load is over."""
        raise NotImplementedError

    def mark(self) -> str:
        """A reason that no other call has."""
        return f"{self.name} {next(self._marks)}"

    async def pause(self, shortest: float, longest: float) -> None:
        """Wait, but not beyond the end of the load."""
        await until(self.stage.stopping, self.random.uniform(shortest, longest))

    async def wait(self, seconds: float) -> None:
        """Wait, but not beyond the end of all."""
        await until(self.stage.over, seconds)

    async def call(
        self,
        document: str,
        given: Mapping[str, Any],
        *,
        key: str | None = None,
        mark: str | None = None,
        repeat: bool = True,
    ) -> dict[str, Any] | None:
        """Try until there is an answer, at one server or another; None where there was none.

        ``repeat`` is False for what must not be done twice.
        """
        faults = 0
        while not self.stage.over.is_set():
            call = await self.tried(document, given, key=key, mark=mark)
            if call is not None and call.outcome != Outcome.UNKNOWN:
                return dict(call.answer)
            faults += call is not None and call.fault == "INTERNAL"
            if (call is not None and not repeat) or faults > _MOST_FAULTS:
                return None
            await asyncio.sleep(self.random.uniform(*_PAUSE))
        return None

    async def tried(
        self,
        document: str,
        given: Mapping[str, Any],
        *,
        key: str | None = None,
        mark: str | None = None,
        fresh: bool = False,
    ) -> Call | None:
        """One try, at a server by chance; None where that was not reached. ``fresh``: over a connection of its own."""
        server = self.random.randrange(len(self.stage.world.servers))
        number, begun = next(self.stage.numbers), time.time()
        outcome, answer, fault = Outcome.UNKNOWN, {}, None
        try:
            answer = await self._payload(server, document, given, fresh=fresh)
            outcome = Outcome.REFUSED if answer.get("errors") else Outcome.OK
        except Unreached:
            return None
        except Broken as error:
            fault = str(error)
        if code := answer.pop("fault", None):
            outcome, fault = Outcome.UNKNOWN, code
        operation = document.partition("{ ")[2].partition("(")[0]
        call = Call(
            number, self.name, server, operation, given, begun, time.time(), outcome, answer, fault, key, mark
        )  # fmt: skip
        self.stage.history.calls.append(call)
        return call

    async def _payload(self, server: int, document: str, given: Mapping[str, Any], *, fresh: bool) -> dict[str, Any]:
        """The payload of a mutation of one root field, or the ``fault`` that it was answered with."""
        answer = await self.execute(server, document, {"input": given}, fresh=fresh)
        if code := fault_of(answer):
            return {"fault": code}
        (payload,) = answer["data"].values()
        return dict(payload)

    async def execute(
        self, server: int, document: str, variables: Mapping[str, Any], *, fresh: bool = False
    ) -> dict[str, Any]:
        """The answer of one server. Raises Broken and Unreached."""
        url = self.stage.world.servers[server].url
        idle = self._idle.setdefault(url, [])
        connection = idle.pop() if idle and not fresh else Connection(url, self.key)
        try:
            answer = await connection.execute(document, variables, self.random.choice(_PATIENCE))
        except BaseException:
            connection.close()
            raise
        idle.append(connection)
        return answer

    async def ask(self, document: str, **variables: Any) -> tuple[int, dict[str, Any]] | None:
        """A server by chance, and the data of its answer to a query; None where it cannot be had just now."""
        server = self.random.randrange(len(self.stage.world.servers))
        try:
            answer = await self.execute(server, document, variables)
        except (Broken, Unreached):
            return None
        return None if fault_of(answer) else (server, answer["data"])

    def close(self) -> None:
        for connection in itertools.chain(*self._idle.values()):
            connection.close()


async def until(event: asyncio.Event, seconds: float) -> bool:
    """Wait for the event, but not longer; whether it has come."""
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await event.wait()
    return event.is_set()


def fault_of(answer: Mapping[str, Any]) -> str | None:
    """The code of the error that there is instead of an answer. Raises Unforeseen for one that no fault explains."""
    if not (errors := answer.get("errors")):
        return None
    code = str(errors[0].get("extensions", {}).get("code"))
    if code not in AGAIN:
        raise Unforeseen(errors)
    return code

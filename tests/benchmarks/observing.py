"""What log and metrics cost of a transition and of a claim: all that is done for one request, against the request.

The request goes to a real server over HTTP; what it does for log and metrics is done here on top, in turn with it, by
the very same code, with the log written to a file.
"""

from __future__ import annotations

import itertools
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable
from contextlib import redirect_stderr
from typing import Any

import structlog

from benchmarks.measuring.ground import Ground, ground
from benchmarks.measuring.pairs import Result
from benchmarks.queues.http import Http
from interlock.api.watching import Watch
from interlock.domain.lifecycle import Action
from interlock.domain.outcomes import Code
from interlock.logs import configure, context
from interlock.service.metrics import Metrics
from interlock.service.noting import note, note_counts, note_record, present
from support.api import CLAIM

_PAIRS = 15
_CALLS = 200
_CLAIMED = 10
_MOST = 2.0
"""Per cent."""

_SCOPE = {
    "type": "http", "method": "POST", "path": "/graphql", "scheme": "http",
    "headers": [(b"host", b"h"), (b"authorization", b"Bearer k"), (b"content-type", b"application/json")],
}  # fmt: skip


class Telling:
    """All that is done for the log and the metrics of one request."""

    def __init__(self) -> None:
        self._log = structlog.get_logger()
        self._metrics = Metrics()
        self._watch = Watch(self._metrics, None)

    async def request(self, name: str, action: Action, facts: Callable[[], None]) -> None:
        async def send(_: Any) -> None: ...

        watched = self._watch.request(_SCOPE, send)
        context()["actor"] = "bench"
        present().known("mutation", (name,), None)
        operation = present()
        noted = operation.noted = {}
        began = time.perf_counter()
        facts()
        self._metrics.moved(action, Code.MOVED)
        operation.told = True
        self._log.info(name, outcome="done", **noted, ms=round((time.perf_counter() - began) * 1_000, 2))
        await watched.send({"type": "http.response.start", "status": 200, "headers": []})
        await watched.send({"type": "http.response.body", "body": b""})
        watched.end()

    async def transition(self) -> None:
        def facts() -> None:
            note_counts({Code.MOVED: 1})
            note_record(4711, 1)

        await self.request("hold", Action.HOLD, facts)

    async def claim(self) -> None:
        def facts() -> None:
            self._metrics.claims.observe(0.002)
            for _ in range(_CLAIMED):
                self._metrics.waits.observe(5.0)
            note(manager="mgr_1", claimed=_CLAIMED)

        await self.request("claimTasks", Action.CLAIM, facts)


async def _each(work: Callable[[], Awaitable[object]]) -> float:
    """Microseconds that it takes."""
    began = time.perf_counter()
    for _ in range(_CALLS):
        await work()
    return (time.perf_counter() - began) / _CALLS * 1e6


async def _share(name: str, request: Callable[[], Awaitable[object]], told: Callable[[], Awaitable[object]]) -> Result:
    """The median share, in per cent."""
    await _each(told)
    shares = []
    for _ in range(_PAIRS):
        whole = await _each(request)
        shares.append(100 * await _each(told) / whole)
    return Result.limit(f"log and metrics of {name}", statistics.median(shares), _MOST, "% of its time")


async def run() -> list[Result]:
    """Both, on one server."""
    with tempfile.TemporaryFile("w") as log, redirect_stderr(log):
        configure()
        telling = Telling()
        async with ground() as g:
            return [
                await _share("a single transition", await _moves(g), telling.transition),
                await _share("a claim of 10", await _claims(g), telling.claim),
            ]


async def _moves(g: Ground) -> Callable[[], Awaitable[object]]:
    ids = await g.client.submit(_CALLS)
    http = await Http.connect(g.client.url, g.client.key)
    turn = itertools.count()

    async def move() -> None:
        number = next(turn)
        name = "hold" if number // _CALLS % 2 == 0 else "release"
        document = _MOVE.format(Name=name.title(), name=name)
        assert (await http.call(document, {"target": {"ids": [ids[number % _CALLS]]}}))["moved"] == 1

    return move


async def _claims(g: Ground) -> Callable[[], Awaitable[object]]:
    await g.client.submit(_CLAIMED * _CALLS * _PAIRS, tag="claims")
    key = (await g.client.call(_KEY, name="cluster", role="MANAGER"))["key"]
    http = await Http.connect(g.client.url, key)
    manager = await http.call(_ACTIVATE, {"name": "bench", "tags": ["claims"], "programs": []})
    given = {"managerId": manager["manager"]["id"], "limit": _CLAIMED}

    async def claim() -> None:
        assert len((await http.call(CLAIM, given))["leases"]) == _CLAIMED

    return claim


_KEY = "mutation ($input: CreateKeyInput!) { createKey(input: $input) { key errors { message } } }"
_ACTIVATE = (
    "mutation ($input: ActivateManagerInput!) { activateManager(input: $input) { manager { id } errors { message } } }"
)
_MOVE = "mutation ($input: {Name}Input!) {{ {name}(input: $input) {{ moved errors {{ message }} }} }}"

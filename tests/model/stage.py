"""Servers for examples: one after the other in one loop, each really listening, on a database of its own.

An example must find nothing of another, or it could neither be repeated nor shrunk. A clone of the migrated template
and the services on it take a tenth of a second, most of which passes while the example before still runs. What each
server would derive anew from the same settings and documents is derived once for all of them.
"""

from __future__ import annotations

import asyncio
import json
import threading
from collections import Counter
from collections.abc import Coroutine, Mapping
from concurrent.futures import Future
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from http.client import HTTPConnection
from typing import Any, TypeVar

import httpx
import pytest
import uvloop

from interlock.api.compiled.documents import valid
from interlock.api.context import Services
from interlock.api.schema import build_schema
from interlock.app import running
from interlock.domain.kinds import KindRegistry
from interlock.domain.retry import LEASE_EXPIRED, MANAGER_LEFT, RetryRule
from interlock.domain.roles import Role
from interlock.kinds.python import KIND
from interlock.service.identity import create_key
from interlock.service.upkeep import look_after
from interlock.store.embedded import EmbeddedPostgres
from model.account import Person
from support.api import Client
from support.clusters import cloned
from support.following import Change, collecting, until_length
from support.kinds import Mineral
from support.server_settings import tuned
from support.serving import listening

Result = TypeVar("Result")

CAST = {
    "olga": Role.OPERATOR,
    "alice": Role.SUBMITTER,
    "bob": Role.SUBMITTER,
    "ada": Role.ADMIN,
    "vera": Role.VIEWER,
    "north": Role.MANAGER,
    "south": Role.MANAGER,
}
POLICY = (
    RetryRule(LEASE_EXPIRED, 2, backoff=10, factor=3, longest=20),
    RetryRule(MANAGER_LEFT, 1, backoff=30),
    RetryRule("flaky", 1, backoff=5),
    RetryRule("instant", 2, backoff=0),
    RetryRule("*", 0),
)
KINDS = {"python": 1, "mineral": 1}
"""The kinds that are installed when an example begins, and their versions."""
# Keys are forgotten whenever the server looks for such as are old.
SETTINGS = tuned(retry_policy=POLICY, key_retention=timedelta(0))
_PATIENCE = timedelta(seconds=5)
"""After which the feed has not shown what it should."""


@dataclass
class World:
    """One example's server."""

    services: Services
    people: dict[str, Person]
    port: int
    url: str
    exits: AsyncExitStack
    loop: asyncio.AbstractEventLoop
    http: httpx.AsyncClient
    _connection: HTTPConnection | None = None

    def post(self, person: Person, query: str, variables: dict[str, Any]) -> dict[str, Any]:
        """The answer to one request, over a connection that stays open."""
        if self._connection is None:
            self._connection = HTTPConnection("127.0.0.1", self.port, timeout=60)
        head = {"Authorization": f"Bearer {person.key}", "Content-Type": "application/json"}
        self._connection.request("POST", "/graphql", json.dumps({"query": query, "variables": variables}), head)
        answer: dict[str, Any] = json.loads(self._connection.getresponse().read())
        return answer

    def look_after(self, now: datetime, *, rare: bool) -> dict[str, int]:
        return self.run(look_after(self.services.core, now, rare=rare))

    def install(self, versions: Mapping[str, int]) -> None:
        """From now on, these kinds are installed, in these versions."""
        made = {name: KIND if name == "python" else Mineral(version) for name, version in versions.items()}
        self.services.core.kinds = KindRegistry(made)

    def follow(self, person: Person, after: str) -> list[Change]:
        """What a subscription brings, in a list that grows until the end."""
        client = Client(self.http, self.url, person.key)
        return self.run(self.exits.enter_async_context(collecting(client, after)))

    def wait_for(self, changes: list[Change], count: int) -> None:
        """Return when there are so many."""
        self.run(until_length(changes, count, _PATIENCE.total_seconds()))

    def run(self, work: Coroutine[Any, Any, Result]) -> Result:
        return asyncio.run_coroutine_threadsafe(work, self.loop).result()

    def hang_up(self) -> None:
        if self._connection is not None:
            self._connection.close()


class Stage:
    """The loop, and the server of the next example, which is made ready while this one runs."""

    def __init__(self, cluster: EmbeddedPostgres, template: str) -> None:
        self._cluster, self._template = cluster, template
        self._patch = pytest.MonkeyPatch()
        self._patch.setattr("interlock.api.http.view.build_schema", lru_cache(build_schema))
        self._patch.setattr("interlock.api.compiled.documents.valid", lru_cache(valid))
        self._loop = uvloop.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="stage")
        self._thread.start()
        self._http = httpx.AsyncClient()
        self._next = self._begin(self._made())
        self._leaving: list[Future[None]] = []
        self.patience = _PATIENCE
        self.steps = 0
        """Taken in all examples."""
        self.met: Counter[tuple[str, ...]] = Counter()
        """The rows of the tables that examples met which ended well."""

    def _begin(self, work: Coroutine[Any, Any, Result]) -> Future[Result]:
        return asyncio.run_coroutine_threadsafe(work, self._loop)

    async def _made(self) -> World:
        async with AsyncExitStack() as exits:
            database = await exits.enter_async_context(cloned(self._cluster, self._template))
            services = await exits.enter_async_context(running(SETTINGS, database))
            url = await exits.enter_async_context(listening(services))
            people = {}
            for name, role in CAST.items():
                people[name] = Person(name, role, (await create_key(services.core, name, role)).secret)
            port = int(url.rsplit(":", 1)[1])
            return World(services, people, port, url, exits.pop_all(), self._loop, self._http)
        raise AssertionError("unreachable")

    def open(self) -> World:
        world = self._next.result()
        self._next = self._begin(self._made())
        world.install(KINDS)
        return world

    def close(self, world: World) -> None:
        """Its server leaves while the next example begins."""
        world.hang_up()
        self._leaving = [leaving for leaving in self._leaving if not leaving.done() or leaving.result()]
        self._leaving.append(self._begin(world.exits.aclose()))

    def end(self) -> None:
        self.close(self._next.result())
        for leaving in self._leaving:
            leaving.result()
        self._begin(self._http.aclose()).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()
        self._patch.undo()

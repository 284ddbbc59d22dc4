"""A small real load: clients that submit, hold, release, claim, return and follow, and note what they were told.

Each repeats a call under its key until it is answered, at whatever server. So what they were told is exact, and what
the feed has must be just that (see accounts.py).
"""

from __future__ import annotations

import asyncio
import itertools
import time
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from random import Random
from typing import Any

import httpx

from chaos.calling import Caller
from chaos.following import Follower
from chaos.world import LEASE, World
from interlock.domain.roles import Role
from support.api import ACTIVATE, CLAIM, MOVE, RETURN, SUBMIT

PAUSE = 0.02
"""Seconds between two calls of one client: a load that two processors bear with servers, database and faults."""


@dataclass
class Told:
    """What the clients were told that was done."""

    submitted: list[str] = field(default_factory=list)
    moved: dict[str, int] = field(default_factory=lambda: {"hold": 0, "release": 0})
    results: dict[str, Any] = field(default_factory=dict)
    """What was accepted, by record."""
    lost: list[str] = field(default_factory=list)
    """Codes of the returns that were refused."""


class Load:
    """``seed``: of everything that is left to chance; ``campaign``: what its records bear."""

    def __init__(self, world: World, seed: int = 0) -> None:
        self.world = world
        self.random = Random(seed)
        self.campaign = f"load-{uuid.uuid4().hex[:8]}"
        self.told = Told()
        self.followers = [Follower(world, Random(seed + number)) for number in range(2)]
        self._stop = asyncio.Event()
        self._http = httpx.AsyncClient()
        self._names = itertools.count()
        self.callers: list[Caller] = []

    def _caller(self, role: Role) -> Caller:
        caller = Caller(self.world.servers, self._http, self.world.keys[role], Random(self.random.random()))
        self.callers.append(caller)
        return caller

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """At work while the block lasts, and until what was begun then is done."""
        for follower in self.followers:
            await follower.begin()
        people = [self._submit, self._submit, self._hold]
        try:
            async with asyncio.TaskGroup() as group:
                working = asyncio.Event()
                managers = [group.create_task(self._work(working)) for _ in range(2)]
                busy = [group.create_task(self._again(one)) for one in people]
                yield
                self._stop.set()
                await asyncio.gather(*busy)
                await self._release_all()
                working.set()
                await asyncio.gather(*managers)
        except BaseException:
            self.end()
            raise
        finally:
            await self._http.aclose()

    def end(self) -> None:
        """Follow no more."""
        for follower in self.followers:
            follower.end()

    async def answered(self, within: float) -> None:
        """Back when every client was answered anew, without an error. Raises TimeoutError."""
        since = time.monotonic()
        callers = list(self.callers)
        async with asyncio.timeout(within):
            while any(caller.answered < since for caller in callers):  # noqa: ASYNC110 - they note the time
                await asyncio.sleep(PAUSE)

    async def _again(self, act: Callable[[Caller], Awaitable[None]]) -> None:
        caller = self._caller(Role.OPERATOR)
        while not self._stop.is_set():
            await act(caller)
            await asyncio.sleep(PAUSE)

    async def _submit(self, caller: Caller) -> None:
        count = caller.random.randint(1, 4)
        specifications = [{"function": "math:sqrt", "args": [number]} for number in range(count)]
        payload = await caller.call(
            SUBMIT, kind="python", specifications=specifications, campaign=self.campaign, tag="load", key=True
        )
        assert len(payload["ids"]) == count
        self.told.submitted += payload["ids"]

    async def _hold(self, caller: Caller) -> None:
        """Hold some, and release some: by filter and by ids."""
        action = caller.random.choice(("hold", "release"))
        some = self.told.submitted[-10:] if action == "hold" else self.told.submitted
        ids = caller.random.sample(some, min(len(some), 3))
        if ids:
            await self._move(caller, action, {"ids": ids})

    async def _move(self, caller: Caller, action: str, target: dict[str, Any]) -> None:
        document = MOVE.format(Name=action.capitalize(), name=action)
        payload = await caller.call(document, target=target, key=True)
        self.told.moved[action] += payload["moved"]

    async def _release_all(self) -> None:
        target = {"filter": {"campaign": [self.campaign], "status": ["HOLD"]}}
        await self._move(self._caller(Role.OPERATOR), "release", target)

    async def _work(self, until: asyncio.Event) -> None:
        """A manager, until there is nothing left to do."""
        caller = self._caller(Role.MANAGER)
        name = f"{self.campaign}-{next(self._names)}"
        activated = await caller.call(ACTIVATE, name=name, tags=["load"], programs=[], leaseSeconds=LEASE)
        manager = activated["manager"]["id"]
        while True:
            payload = await caller.call(CLAIM, managerId=manager, limit=5, claimKey=uuid.uuid4().hex)
            if payload["leases"]:
                await self._return(caller, manager, payload["leases"])
            elif until.is_set() and await self._all_done(caller):
                return
            await asyncio.sleep(PAUSE)

    async def _return(self, caller: Caller, manager: str, leases: list[dict[str, Any]]) -> None:
        results = {lease["token"]: {"of": lease["recordId"], "attempt": lease["attempt"]} for lease in leases}
        returns = [{"token": token, "outcome": {"result": result}} for token, result in results.items()]
        payload = await caller.call(RETURN, managerId=manager, returns=returns)
        for lease, answer in zip(leases, payload["answers"], strict=True):
            if answer["code"] in {"ACCEPTED", "ALREADY_ACCEPTED"}:
                assert lease["recordId"] not in self.told.results, f"{lease['recordId']} was completed twice"
                self.told.results[lease["recordId"]] = results[lease["token"]]
            else:
                self.told.lost.append(answer["code"])

    async def _all_done(self, caller: Caller) -> bool:
        query = "query ($c: [String!]!) { statusCounts(filter: {campaign: $c}) { status count } }"
        counts = (await caller.execute(query, c=[self.campaign]))["statusCounts"]
        return {one["status"] for one in counts if one["count"]} <= {"COMPLETE"}

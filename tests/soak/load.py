"""The load of a busy place: people submit, hold, retry and kill in bulk, managers compute, dashboards look and follow."""

from __future__ import annotations

import asyncio
import itertools
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import aclosing, asynccontextmanager
from random import Random
from typing import Any

import httpx

from chaos.actors.connection import Connection
from chaos.world import LEASE, World
from interlock.domain.roles import Role
from support.api import ACTIVATE, CLAIM, DEACTIVATE, FOLLOW, HEARTBEAT, MOVE, RETURN, SUBMIT, Client

BATCH = 50
"""Specifications of one submission, and tasks of one claim."""
_CAMPAIGNS = 50
_MANAGERS, _PEOPLE, _LOOKERS, _STREAMS, _SOCKETS = 3, 2, 2, 10, 2
_ERRORS = 0.08
"""The share of tasks that end in an error; half of those are lost with their machine, and tried again."""
_VANISH = 0.02
"""The share of claims after which a manager is never heard of again."""
_KILLED = 0.1
"""The share of times that a person kills what was held."""
_WAITING = 4_000
"""So many wait at most: people do not submit for ever what nobody computes."""
_PATIENCE = 60.0
_LOOKS = (
    "{ feedCursor statusCounts(groupBy: [STATUS, TAG]) { status tag count } }",
    "{ records(first: 50, filter: {status: [ERROR]}) { nodes { id status attempts { number error { type } } } } }",
    "{ records(last: 20) { nodes { id status task { tag priority } events { action who } } } }",
    "{ errorGroups { errorType count exampleMessage } }",
    "{ managers(active: true) { nodes { name runningCount heartbeatAt } } }",
)


class Load:
    """``done``: how much of each kind of work was answered."""

    def __init__(self, world: World) -> None:
        self.done: dict[str, int] = {}
        self._world = world
        self._random = Random(0)
        self._names = itertools.count(1)
        self._stop = asyncio.Event()

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """At work while the block lasts; what fails ends it."""
        async with httpx.AsyncClient() as self._http, asyncio.TaskGroup() as group:
            tasks = [
                group.create_task(self._again(role, act))
                for role, act, count in (
                    (Role.OPERATOR, self._person, _PEOPLE),
                    (Role.VIEWER, self._looker, _LOOKERS),
                    (Role.VIEWER, self._stream, _STREAMS),
                    (Role.VIEWER, self._socket, _SOCKETS),
                )
                for _ in range(count)
            ]
            tasks += [group.create_task(self._manager()) for _ in range(_MANAGERS)]
            yield
            self._stop.set()
            await asyncio.gather(*tasks)

    def _connection(self, role: Role) -> Connection:
        return Connection(self._random.choice(self._world.servers).url, self._world.keys[role])

    async def _again(self, role: Role, act: Callable[[Connection], Awaitable[None]]) -> None:
        while not self._stop.is_set():
            connection = self._connection(role)
            try:
                for _ in range(100):  # then over another connection, to another server
                    if self._stop.is_set():
                        break
                    await act(connection)
            finally:
                connection.close()

    async def _call(self, connection: Connection, document: str, **given: Any) -> dict[str, Any]:
        data = await self._ask(connection, document, {"input": given})
        (payload,) = data.values()
        assert payload["errors"] == [], payload
        return dict(payload)

    async def _ask(self, connection: Connection, document: str, variables: Mapping[str, Any]) -> dict[str, Any]:
        answer = await connection.execute(document, variables, _PATIENCE)
        assert "errors" not in answer, answer["errors"]
        return dict(answer["data"])

    def _count(self, what: str, more: int) -> None:
        self.done[what] = self.done.get(what, 0) + more

    async def _person(self, connection: Connection) -> None:
        """Submits to a campaign, and holds, releases and retries all of it; now and then what is held is killed instead."""
        counts = await self._ask(connection, "{ statusCounts(filter: {status: [WAITING]}) { count } }", {})
        waiting = sum(int(one["count"]) for one in counts["statusCounts"])
        campaign = f"campaign {next(self._names) % _CAMPAIGNS}"
        if waiting < _WAITING:
            specifications = [{"function": "math:sqrt", "args": [number]} for number in range(BATCH)]
            made = await self._call(
                connection, SUBMIT, kind="python", specifications=specifications, campaign=campaign,
                tag=f"tag {self._random.randrange(5)}", idempotencyKey=uuid.uuid4().hex,
            )  # fmt: skip
            self._count("submitted", made["submitted"])
        kills = self._random.random() < _KILLED
        for action in ("hold", *(("kill",) if kills else ()), "release", "retry"):
            where = {"campaign": [campaign], "status": ["HOLD"]} if action == "kill" else {"campaign": [campaign]}
            moved = await self._call(
                connection, MOVE.format(Name=action.capitalize(), name=action), target={"filter": where},
                reason="soak", idempotencyKey=uuid.uuid4().hex,
            )  # fmt: skip
            self._count(action, moved["moved"])

    async def _looker(self, connection: Connection) -> None:
        await self._ask(connection, self._random.choice(_LOOKS), {})
        self._count("queries", 1)
        await asyncio.sleep(0.05)

    async def _stream(self, connection: Connection) -> None:
        """Follows a campaign by server-sent events for a while, and leaves without a word."""
        wanted = {"filter": {"campaign": [f"campaign {self._random.randrange(_CAMPAIGNS)}"]}}
        await self._follow(connection.stream(FOLLOW, wanted))

    async def _socket(self, connection: Connection) -> None:
        """Follows everything by WebSocket for a while."""
        del connection
        url = self._random.choice(self._world.servers).url
        async with Client(self._http, url, self._world.keys[Role.VIEWER]).follow() as changes:
            await self._follow(changes)

    async def _follow(self, changes: Any) -> None:
        until = asyncio.get_running_loop().time() + self._random.uniform(0.5, 8.0)
        try:
            async with aclosing(changes), asyncio.timeout_at(until):
                async for _ in changes:
                    self._count("events followed", 1)
        except TimeoutError:
            self._count("subscriptions", 1)

    async def _manager(self) -> None:
        """One after another: some leave in order, some vanish."""
        while not self._stop.is_set():
            connection = self._connection(Role.MANAGER)
            try:
                await self._career(connection, f"soak {next(self._names)}")
            finally:
                connection.close()

    async def _career(self, connection: Connection, name: str) -> None:
        made = await self._call(
            connection, ACTIVATE, name=name, tags=["tag 1", "tag 2", "*"], programs=[], leaseSeconds=LEASE
        )
        manager = made["manager"]["id"]
        for _ in range(60):
            claimed = await self._call(connection, CLAIM, managerId=manager, limit=BATCH, claimKey=uuid.uuid4().hex)
            leases = claimed["leases"]
            self._count("claimed", len(leases))
            if self._stop.is_set() or self._random.random() < _VANISH:
                return
            await self._call(connection, HEARTBEAT, managerId=manager, tokens=[lease["token"] for lease in leases])
            if leases:
                returns = [{"token": lease["token"], "outcome": self._outcome()} for lease in leases]
                answered = await self._call(connection, RETURN, managerId=manager, returns=returns)
                self._count("returned", sum(one["code"] == "ACCEPTED" for one in answered["answers"]))
            else:
                await asyncio.sleep(0.1)
        await self._call(connection, DEACTIVATE, managerId=manager)

    def _outcome(self) -> dict[str, Any]:
        if self._random.random() >= _ERRORS:
            return {"result": {"energy": self._random.random(), "text": "x" * 200}}
        error = self._random.choice(("worker_lost", "scf_not_converged"))
        return {"error": {"type": error, "message": f"after {self._random.randrange(1_000)} cycles"}}

"""What moves do for themselves, as clients: records of a tag of their own, managers, and an end of both."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from random import Random
from typing import Any

import httpx

from chaos.calling import Caller
from chaos.world import NEMESIS, World
from interlock.domain.roles import Role
from support.api import ACTIVATE, CLAIM, MOVE, RETURN, SUBMIT

_BETWEEN = 0.1
_PATIENCE = 60.0
_STATUSES = "query ($ids: [ID!]!) { nodes(ids: $ids) { ... on Record { status } } }"
_LEFT = "query ($c: [String!]!) { statusCounts(filter: {campaign: $c}) { status count } }"
_SLEEP = "manager.tasks:sleep"


@dataclass
class Own:
    """``tag`` is that of this move's records, and their campaign."""

    user: Caller
    worker: Caller
    tag: str

    async def submit(self, count: int, seconds: float = 0.0) -> list[str]:
        """Records of a function that takes so long, where somebody runs it."""
        specifications = [{"function": _SLEEP, "args": [seconds]}] * count
        payload = await self.user.call(
            SUBMIT, kind="python", specifications=specifications, tag=self.tag, campaign=self.tag, key=True
        )
        ids: list[str] = payload["ids"]
        return ids

    async def move(self, action: str, ids: Sequence[str]) -> dict[str, Any]:
        document = MOVE.format(Name=action.capitalize(), name=action)
        return await self.user.call(document, target={"ids": list(ids)}, key=True)

    async def manager(self, lease: int = 60) -> str:
        """The id of a manager that serves this tag only."""
        name = f"{self.tag}-{uuid.uuid4().hex[:8]}"
        payload = await self.worker.call(ACTIVATE, name=name, tags=[self.tag], programs=[], leaseSeconds=lease)
        return str(payload["manager"]["id"])

    async def claim(self, manager: str, limit: int) -> list[str]:
        """The tokens, once there is something to claim."""
        async with asyncio.timeout(_PATIENCE):
            while True:
                payload = await self.worker.call(CLAIM, managerId=manager, limit=limit, claimKey=uuid.uuid4().hex)
                if payload["leases"]:
                    return [lease["token"] for lease in payload["leases"]]
                await asyncio.sleep(_BETWEEN)

    async def give_back(self, manager: str, tokens: Sequence[str], result: Any) -> list[str]:
        """The codes of the answers."""
        returns = [{"token": token, "outcome": {"result": result}} for token in tokens]
        payload = await self.worker.call(RETURN, managerId=manager, returns=returns)
        return [answer["code"] for answer in payload["answers"]]

    async def statuses(self, ids: Sequence[str]) -> list[str | None]:
        nodes = (await self.user.execute(_STATUSES, ids=list(ids)))["nodes"]
        return [node and node["status"] for node in nodes]

    async def reached(self, ids: Sequence[str], *statuses: str, within: float = _PATIENCE) -> None:
        """Back when all have one of the statuses. Raises TimeoutError."""
        async with asyncio.timeout(within):
            while not set(await self.statuses(ids)) <= set(statuses):  # noqa: ASYNC110 - they are far away
                await asyncio.sleep(_BETWEEN)

    async def clear(self) -> None:
        """Kill what is left, once the server has put back into the queue what it gave up."""
        live = {"status": ["WAITING", "RUNNING", "HOLD"], "campaign": [self.tag]}
        document = MOVE.format(Name="Kill", name="kill")
        async with asyncio.timeout(_PATIENCE):
            while True:
                await self.user.call(document, target={"filter": live}, key=True)
                counts = (await self.user.execute(_LEFT, c=[self.tag]))["statusCounts"]
                if {one["status"] for one in counts if one["count"]} <= {"COMPLETE"}:
                    return
                await asyncio.sleep(_BETWEEN)


@asynccontextmanager
async def own(world: World, random: Random) -> AsyncIterator[Own]:
    """At the end only what is complete is left of what the move made."""
    async with httpx.AsyncClient() as http:
        user, worker = [
            Caller(world.servers, http, await world.key(f"{NEMESIS}-{role.lower()}", role), random)
            for role in (Role.OPERATOR, Role.MANAGER)
        ]
        made = Own(user, worker, f"{NEMESIS}-{uuid.uuid4().hex[:8]}")
        try:
            yield made
        finally:
            await made.clear()

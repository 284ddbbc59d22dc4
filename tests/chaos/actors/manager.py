"""Managers: they claim, beat, and return; sometimes late, twice or with other content; and some vanish."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

from chaos.actors.actor import Actor, Stage
from chaos.actors.user import TAGS
from support.api import ACTIVATE, DEACTIVATE, HEARTBEAT

LEASES = "leases { token recordId attempt expiresAt } errors { code message path }"
CLAIM = f"mutation ($input: ClaimTasksInput!) {{ claimTasks(input: $input) {{ {LEASES} }} }}"
RETURN = (
    f"mutation ($input: ReturnTasksInput!) {{ returnTasks(input: $input) {{ answers {{ token code }} {LEASES} }} }}"
)
_FATES = {"done": 48, "failed": 16, "lost": 8, "unstarted": 5, "late": 9, "kept": 10, "forgotten": 4}
"""What becomes of a claimed task, in shares."""
_PAUSE = (0.0, 0.15)

Lease = dict[str, Any]


class Manager(Actor):
    """A compute manager that is not to be relied on. Its leases always last as long: a promise is never shortened."""

    id = ""
    _aside: asyncio.TaskGroup
    """For tasks that are returned some time or other."""

    def __init__(self, stage: Stage, name: str, key: str) -> None:
        super().__init__(stage, name, key)
        self.lease = self.random.randint(1, 2)

    async def run(self) -> None:
        """Until the load is over; then it is as if it had vanished."""
        async with asyncio.TaskGroup() as self._aside:
            while not self.stage.stopping.is_set():
                if not await self.activate():
                    continue
                leases: list[Lease] = []
                for _ in range(self.random.randint(5, 25)):
                    if not self.stage.stopping.is_set():
                        leases = await self._turn(leases)
                if self.random.random() < 0.6:
                    await self._leave(leases)

    async def activate(self) -> bool:
        given = {"name": self.name, "tags": self.tags(), "programs": [], "leaseSeconds": self.lease}
        payload = await self.call(ACTIVATE, given)
        if payload is None or payload["errors"]:
            return False
        self.id = payload["manager"]["id"]
        return True

    def tags(self) -> Sequence[str]:
        """Not `*`: some moves have work of their own."""
        return self.random.sample(TAGS, self.random.randint(1, len(TAGS)))

    async def claim(self, limit: int) -> list[Lease]:
        key = self.mark()
        given = {"managerId": self.id, "limit": limit, "claimKey": key}
        payload = await self.call(CLAIM, given, key=key)
        if payload is not None and self.random.random() < 0.1:
            await self.tried(CLAIM, given, key=key)
        return [] if payload is None else list(payload["leases"])

    async def _turn(self, leases: list[Lease]) -> list[Lease]:
        """Do something of each lease; those that came with the return are next."""
        leases = leases or await self.claim(self.random.randint(1, 8))
        fates = self.random.choices(list(_FATES), list(_FATES.values()), k=len(leases))
        prompt: list[tuple[Lease, str]] = []
        for lease, fate in zip(leases, fates, strict=True):
            match fate:
                case "late":
                    self._aside.create_task(self._late(lease))
                case "kept":
                    self._aside.create_task(self._kept(lease))
                case "forgotten":
                    pass
                case _:
                    prompt.append((lease, fate))
        await self.pause(*_PAUSE)
        if not prompt:
            return []
        following = self.random.randint(1, 8) if self.random.random() < 0.4 else 0
        return await self.give_back([(lease["token"], self.outcome(lease, fate)) for lease, fate in prompt], following)

    def outcome(self, lease: Lease, fate: str = "done", variant: int = 0) -> dict[str, Any]:
        """What is said of a task; a result tells whose it is."""
        match fate:
            case "failed":
                return {"error": {"type": "boom", "message": f"variant {variant}"}}
            case "lost":
                return {"error": {"type": "worker_lost", "message": f"variant {variant}"}}
            case "unstarted":
                return {"unstarted": True}
        return {"result": {"token": lease["token"], "by": self.name, "variant": variant}}

    async def give_back(self, returns: Sequence[tuple[str, dict[str, Any]]], following: int = 0) -> list[Lease]:
        """Return them, perhaps twice, perhaps with other content afterwards; what was claimed with it."""
        given: dict[str, Any] = {
            "managerId": self.id,
            "returns": [{"token": token, "outcome": outcome} for token, outcome in returns],
        }
        key = None
        if following:
            key = self.mark()
            given["claim"] = {"limit": following, "claimKey": key}
        payload = await self.call(RETURN, given, key=key)
        if self.random.random() < 0.1:
            await self.tried(RETURN, given, key=key)
        if self.random.random() < 0.1:
            token, outcome = returns[0]
            other = (
                {"error": {"type": "boom", "message": "other"}} if "result" in outcome else {"result": {"token": token}}
            )
            await self.tried(RETURN, {"managerId": self.id, "returns": [{"token": token, "outcome": other}]})
        return [] if payload is None else list(payload["leases"])

    async def beat(self, tokens: Sequence[str]) -> set[str]:
        """Those that are not lost."""
        payload = await self.call(HEARTBEAT, {"managerId": self.id, "tokens": list(tokens)}, repeat=False)
        return set(tokens) - {one["token"] for one in payload["lost"]} if payload is not None else set(tokens)

    async def _late(self, lease: Lease) -> None:
        """Answer when the lease has run out, or nearly; perhaps with a sign of life just before."""
        await self.pause(0.8 * self.lease, (1.5 if self.random.random() < 0.5 else 3.5) * self.lease)
        if self.random.random() < 0.6:
            await self.beat([lease["token"]])
            await self.pause(0.0, 0.5)
        await self.give_back([(lease["token"], self.outcome(lease, self.random.choice(["done", "lost"])))])

    async def _kept(self, lease: Lease) -> None:
        """Keep the lease alive for a while, though not always in time."""
        for _ in range(self.random.randint(2, 6)):
            await self.pause(0.4 * self.lease, 1.1 * self.lease)
            if lease["token"] not in await self.beat([lease["token"]]):
                return
        await self.give_back([(lease["token"], self.outcome(lease))])

    async def _leave(self, leases: Sequence[Lease]) -> None:
        unstarted = [lease["token"] for lease in leases if self.random.random() < 0.7]
        await self.call(DEACTIVATE, {"managerId": self.id, "unstarted": unstarted})

"""A manager that can be relied on: it completes whatever there is, until nothing is left."""

from __future__ import annotations

from collections.abc import Sequence

from chaos.actors.actor import Stage
from chaos.actors.manager import Manager

_LIMIT = 100
_LEASE = 5
"""Seconds."""
_PAUSE = 0.05


class Healer(Manager):
    """At work once the faults have stopped."""

    def __init__(self, stage: Stage, name: str, key: str) -> None:
        super().__init__(stage, name, key)
        self.lease = _LEASE

    def tags(self) -> Sequence[str]:
        return ["*"]

    async def run(self) -> None:
        while not await self.activate():
            await self.wait(_PAUSE)
        while not self.stage.over.is_set():
            leases = await self.claim(_LIMIT)
            if leases:
                await self.give_back([(lease["token"], self.outcome(lease)) for lease in leases])
            else:
                await self.wait(_PAUSE)

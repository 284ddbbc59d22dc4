"""A manager that can be relied on: it completes whatever there is, until nothing is left."""

from __future__ import annotations

from chaos.actors.manager import Manager

_LIMIT = 100
_LEASE = 5
"""Seconds."""
_PAUSE = 0.05


class Healer(Manager):
    """At work once the faults have stopped."""

    async def run(self) -> None:
        while not await self.activate(_LEASE):
            await self.wait(_PAUSE)
        while not self.stage.over.is_set():
            leases = await self.claim(_LIMIT)
            if leases:
                await self.give_back([(lease["token"], self.outcome(lease)) for lease in leases])
            else:
                await self.wait(_PAUSE)

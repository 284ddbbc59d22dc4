"""How a manager goes: by itself, or forgotten by whoever runs the deployment when it is gone without a word."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from interlock.domain.errors import InvalidInput, NotFound
from interlock.domain.lifecycle import ActorKind
from interlock.domain.model import Act
from interlock.domain.retry import MANAGER_LEFT
from interlock.service.core import SERVER, Core
from interlock.store.connection import Connection
from interlock.store.managers import ManagerRow, deactivate, managers_by_id, managers_shown, silence_of
from interlock.store.upkeep import BATCH, give_up_leases

HEARD = 60.0
"""Seconds since it was heard of last, or as long as its leases last, within which a manager may well run."""


@dataclass(frozen=True, slots=True)
class Forgotten:
    """A manager that is active no more, and how many tasks it held: they are in ERROR, and retried as that is."""

    manager: ManagerRow
    given_up: int


async def give_up_all(core: Core, connection: Connection, manager_id: int, now: datetime | None = None) -> int:
    """Whatever the manager still holds ends with ``manager_left``; how many. The caller owns the transaction."""
    server = Act(ActorKind.SERVER, SERVER, MANAGER_LEFT)
    given_up = 0
    while batch := await give_up_leases(connection, server, manager_id, core.settings.retry_policy, now):
        given_up += batch
        if batch < BATCH:
            break
    return given_up


async def list_managers(core: Core) -> list[ManagerRow]:
    """Those that are active, in the order of their ids."""
    found = await core.database.one(lambda connection: managers_shown(connection, timedelta(0), ()))
    return list(found.values())


async def forget_manager(core: Core, name: str, *, force: bool = False) -> Forgotten:
    """Deactivate a manager that is gone for good, and give its tasks up. One that comes back activates itself again.

    Raises NotFound for a name that no active manager has, and InvalidInput for one that was heard of within the last
    minute or the time of its leases, unless ``force`` is given: its work would be lost to it.
    """

    async def work(connection: Connection) -> Forgotten:
        found = await silence_of(connection, name) if name.isprintable() else None
        if found is None:
            raise NotFound(f"There is no active manager {name!r}; `interlock managers list` shows them.")
        manager_id, seconds, lease = found
        if seconds < max(HEARD, lease) and not force:
            raise InvalidInput(
                f"The manager {name!r} was heard of {seconds:.0f} seconds ago, and its leases last {lease} seconds: it "
                "may well run. Stop it there (SIGTERM lets it finish), or take its tasks from it with --force."
            )
        await deactivate(connection, manager_id, heard=False)
        given_up = await give_up_all(core, connection, manager_id)
        return Forgotten((await managers_by_id(connection, [manager_id]))[manager_id], given_up)

    return await core.database.run(work)

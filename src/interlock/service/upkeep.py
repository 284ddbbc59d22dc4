"""What the server does by its clock, in bounded batches, on any number of servers at once."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

import structlog

from interlock.domain.ids import IdType, encode
from interlock.domain.lifecycle import Action, ActorKind
from interlock.domain.model import Act
from interlock.domain.outcomes import Code
from interlock.domain.retry import LEASE_EXPIRED
from interlock.service.background import pause
from interlock.service.core import SERVER, Core
from interlock.service.error_patterns import give_missing
from interlock.store import upkeep
from interlock.store.connection import Connection
from interlock.store.error_patterns import drop_unused
from interlock.store.feed import expire_events
from interlock.store.throughput import forget_throughput

log = structlog.get_logger()

_ORPHAN_GRACE = timedelta(minutes=1)
_EVERY_SO_MANY_ROUNDS = 60
"""Rounds of the frequent looks to one of the rare ones."""
_FEW = 5
"""Records that are named in the log."""
_TAKEN = {
    "leases expired": Action.REPORT_ERROR,
    "errors retried": Action.RETRY,
    "errors failed": Action.FAIL,
    "orphans expired": Action.REPORT_ERROR,
}
"""The action that a step takes on each record."""
_RESCUES = (*_TAKEN, "attempts ended")

_BATCHES_A_ROUND = 5

Step = Callable[[Connection], Awaitable[int]]


def _frequent(core: Core, now: datetime | None) -> dict[str, Step]:
    policy = core.settings.retry_policy
    retention = core.settings.error_retention
    expired = Act(ActorKind.SERVER, SERVER, LEASE_EXPIRED)
    retried = Act(ActorKind.SERVER, SERVER, "retry policy")
    aged = Act(ActorKind.SERVER, SERVER, f"in ERROR for more than {retention}")
    return {
        "leases expired": lambda c: upkeep.expire_leases(c, expired, policy, now),
        "errors retried": lambda c: upkeep.retry_due(c, retried, now),
        "errors failed": lambda c: upkeep.fail_old(c, aged, retention, now),
        "errors given a pattern": _some_batches(give_missing),
    }


def _some_batches(step: Step) -> Step:
    """After an upgrade there may be a million to do: so much a round, that what is due by the clock does not wait."""
    left = iter(range(_BATCHES_A_ROUND))

    async def some(connection: Connection) -> int:
        return 0 if next(left, None) is None else await step(connection)

    return some


def _rare(core: Core, now: datetime | None) -> dict[str, Step]:
    policy = core.settings.retry_policy
    orphaned = Act(ActorKind.SERVER, SERVER, "running without a lease")
    return {
        "attempts ended": lambda c: upkeep.end_strays(c, now),
        "orphans expired": lambda c: upkeep.expire_orphans(c, orphaned, policy, _ORPHAN_GRACE, now),
        "ticks expired": lambda c: expire_events(c, core.settings.event_retention),
        "error patterns dropped": drop_unused,
        "throughput dropped": forget_throughput,
    }


async def _drain(core: Core, steps: dict[str, Step]) -> dict[str, int]:
    """Run each step until its batches are empty; what each did in all. One that fails does not stop the others."""
    done: dict[str, int] = {}
    failed: list[Exception] = []
    for name, step in steps.items():
        total = 0
        records: list[int] = []
        try:
            while count := await core.database.run(step):
                total += count
                records += getattr(count, "ids", ())
                _count(core, name, count)
        except Exception as error:  # noqa: BLE001 - raised below
            failed.append(error)
        if total:
            done[name] = total
            named = {"first": [encode(IdType.RECORD, one) for one in records[:_FEW]]} if records else {}
            log.info("upkeep", step=name, count=total, **named)
    if done:
        core.changed()
    if failed:
        raise ExceptionGroup("upkeep", failed)
    return done


def _count(core: Core, name: str, count: int) -> None:
    if name in _RESCUES:
        core.metrics.rescued(name, count)
    if name in _TAKEN:
        core.metrics.moved(_TAKEN[name], Code.MOVED, count)


async def look_after(core: Core, now: datetime | None = None, *, rare: bool = True) -> dict[str, int]:
    """One look at everything that is due by the clock; what was done, by step. ``now`` is for tests."""
    done = await _drain(core, _frequent(core, now))
    if rare:
        done |= await _drain(core, _rare(core, now))
        await core.database.run(lambda connection: upkeep.forget_keys(connection, core.settings.key_retention))
    return done


async def keep_up(core: Core, stop: asyncio.Event) -> None:
    """Look again and again until ``stop``."""
    for step in _RESCUES:  # a series that is not there until something happens cannot be asked whether anything did
        core.metrics.rescued(step, 0)
    rounds = 0
    while await pause(stop, core.settings.upkeep_interval):
        await look_after(core, rare=rounds % _EVERY_SO_MANY_ROUNDS == 0)
        rounds += 1

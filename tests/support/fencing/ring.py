"""What the checks of fencing stand on: connections to one database, a lease to begin with, and the list of checks."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta

from interlock.domain.outcomes import Code
from interlock.store.claim import LeaseRow
from interlock.store.connection import Connection
from support.storing import (
    LEASE,
    NOON,
    claim,
    manager,
    statuses,
    submit,
)

LATER = NOON + 2 * LEASE
MUCH_LATER = NOON + timedelta(days=1)
MONTH = timedelta(days=30)


@dataclass(frozen=True)
class Ring:
    """Three connections; each has a short lock timeout."""

    a: Connection
    b: Connection
    c: Connection


Check = Callable[[Ring], Awaitable[None]]
CHECKS: list[Check] = []


def check(function: Check) -> Check:
    CHECKS.append(function)
    return function


async def leased(ring: Ring) -> tuple[int, LeaseRow]:
    """A manager and its lease of a running record, given at noon."""
    await submit(ring.a, 1)
    worker = await manager(ring.a)
    (lease,) = await claim(ring.a, worker, 1, now=NOON)
    return worker, lease


async def refused(ring: Ring, lease: LeaseRow, codes: list[Code], expected: Code, status: str = "RUNNING") -> None:
    assert codes == [expected]
    assert await statuses(ring.a, [lease.record_id]) == [status]

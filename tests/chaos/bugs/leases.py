"""Bugs of claims, returns and the reaper."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from chaos.bugs.bug import Bug, change, instead_of
from chaos.checkers.names import FENCING, LEASES
from interlock.domain.model import Act
from interlock.domain.outcomes import Code
from interlock.domain.retry import LEASE_EXPIRED, RetryRule
from interlock.service import fleet
from interlock.store import claim, returns, upkeep
from interlock.store.acts import act_setting
from interlock.store.connection import Connection

_HESITATION = 0.6
"""Seconds between two steps that should be one."""
_RAN_OUT = """
SELECT record_id FROM attempt WHERE part = 0 AND ended_at IS NULL AND lease_expires_at < clock_timestamp() LIMIT 100"""


def _do_not_fence() -> None:
    change(returns, "_SQL", {"AND r.attempt = g.attempt": ""})


def _claim_twice() -> None:
    """Nothing is locked, and the second of two claims takes the attempt over, so that no guard sees two of them."""
    change(claim, "_CLAIM", {
        "FOR NO KEY UPDATE OF r SKIP LOCKED": "",
        "SET {moves} FROM me": "SET status = 'RUNNING', since = me.now, "
        "attempt = r.attempt + (r.status = 'WAITING')::int FROM me",
        "SELECT c.id, c.attempt, $2, $3, me.now, me.until FROM claimed c, me": "SELECT c.id, c.attempt, $2, $3, me.now, "
        "me.until FROM claimed c, me ON CONFLICT (record_id, number, part) DO UPDATE SET manager_id = $2, claim_id = $3",
    })  # fmt: skip


def _reap_what_was_seen() -> None:
    """Looks first, and gives up later whatever it saw, renewed or not."""
    give_up = upkeep._give_up(LEASE_EXPIRED, "a.record_id = ANY($9::bigint[])", "SKIP LOCKED")

    async def expire_leases(
        connection: Connection, act: Act, policy: Sequence[RetryRule], now: datetime | None
    ) -> upkeep.Batch:
        seen = [row["record_id"] for row in await connection.fetch(_RAN_OUT)]
        await asyncio.sleep(_HESITATION)
        arguments = act_setting(act), now, *returns.policy_columns(policy), "gone"
        return await upkeep._batch(connection, give_up, *arguments, seen)

    upkeep.expire_leases = expire_leases


def _take_late_answers() -> None:
    @instead_of(fleet, "return_tasks")
    async def return_tasks(really: Any, *given: Any) -> list[Code]:
        return [Code.ACCEPTED if code == Code.LEASE_EXPIRED else code for code in await really(*given)]


BUGS = {
    "not_fenced": Bug("a return counts for whatever attempt runs", FENCING, _do_not_fence),
    "claimed_twice": Bug("two claims at the same moment get the same task", LEASES, _claim_twice),
    "reaped_unseen": Bug("the reaper does not look again before it gives a lease up", LEASES, _reap_what_was_seen),
    "late_accepted": Bug("a return that comes too late is told that it counts", FENCING, _take_late_answers),
}

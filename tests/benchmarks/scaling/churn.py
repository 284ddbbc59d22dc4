"""A million transitions, without a pause, and what a claim costs after them."""

from __future__ import annotations

import time
from uuid import uuid4

from benchmarks.measuring.pairs import Result, Timed, compare
from benchmarks.scaling.sizes import connected, create, told
from interlock.domain.lifecycle import Action, ActorKind
from interlock.domain.model import Act
from interlock.domain.roles import Principal, Role
from interlock.store.claim import claim
from interlock.store.connection import Connection
from interlock.store.embedded import EmbeddedPostgres
from interlock.store.feed import write_tick
from interlock.store.targets import Target
from interlock.store.transition import TransitionRequest, transition
from support.storing import MANAGER, answer, give_back

TRANSITIONS = 1_000_000
_BATCH = 1_000
_CLAIMED = 10
CLAIMS = 20
"""In one round."""
_PERSON = Act(ActorKind.USER, "bench")
_ADMIN = Principal(1, "admin", Role.ADMIN)


def claiming(connection: Connection, manager: int) -> Timed:
    """Claims by the second, of ten tasks each."""

    async def timed() -> float:
        began = time.perf_counter()
        for _ in range(CLAIMS):
            assert len(await claim(connection, MANAGER, manager, uuid4(), _CLAIMED, None, None, 10**9)) == _CLAIMED
        return CLAIMS / (time.perf_counter() - began)

    return timed


async def _churn(connection: Connection, manager: int) -> None:
    """Claim, fail, retry, hold and release the head of the queue again and again; of five tasks one is completed."""
    moved, began = 0, time.perf_counter()
    while moved < TRANSITIONS:
        leases = await claim(connection, MANAGER, manager, uuid4(), _BATCH, None, None, 10**9)
        answers = [answer(lease, None if i % 5 == 0 else "boom") for i, lease in enumerate(leases)]
        codes = await give_back(connection, manager, *answers)
        assert set(codes) == {"ACCEPTED"}
        moved += 2 * len(leases)
        failed = [given.record_id for given in answers if given.error_type]
        for action in (Action.RETRY, Action.HOLD, Action.RELEASE):
            outcome = await transition(connection, TransitionRequest(action, _PERSON, Target(_ADMIN, ids=failed)))
            assert outcome.moved == len(failed)
            moved += outcome.moved
        await write_tick(connection)
        if moved // 100_000 > (moved - 5 * _BATCH) // 100_000:
            told(f"{moved:,} transitions after {time.perf_counter() - began:,.0f} s")


async def after_churn(postgres: EmbeddedPostgres, name: str) -> Result:
    """Claims from a database after the churn, against claims from its copy without it, in turn."""
    await create(postgres, "untouched", name)
    async with connected(postgres, name) as churned, connected(postgres, "untouched") as untouched:
        await _churn(*churned)
        return await compare(
            f"claim of {_CLAIMED} after {TRANSITIONS:,} transitions / before",
            "claims/s",
            1 / 1.3,
            claiming(*churned),
            claiming(*untouched),
            pairs=15,
        )

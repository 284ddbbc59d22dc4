"""Transitions and submission through the API against the same guarded statement run bare, events included."""

from __future__ import annotations

import time
from typing import Any

from benchmarks.measuring.ground import Ground, ground
from benchmarks.measuring.pairs import Result, Timed, compare
from interlock.domain.lifecycle import Action, ActorKind
from interlock.domain.model import Act
from interlock.domain.roles import Principal, Role
from interlock.store.submit import NewRecord, submit
from interlock.store.targets import Target
from interlock.store.transition import TransitionRequest, transition
from support.api import SUBMIT

_MANY = 100_000
_BATCH = 1_000
_ACT = Act(ActorKind.USER, "bench")
_ADMIN = Principal(1, "admin", Role.ADMIN)


def _rate(work: Any, records: int) -> Timed:
    async def timed() -> float:
        began = time.perf_counter()
        await work()
        return records / (time.perf_counter() - began)

    return timed


async def _submission(g: Ground) -> Result:
    specification = {"function": "math:sqrt", "args": [2.0], "kwargs": {"note": "x" * 200}}

    async def ours() -> None:
        for _ in range(10):
            payload = await g.client.call(SUBMIT, kind="python", specifications=[specification] * _BATCH)
            assert payload["submitted"] == _BATCH

    labels = await g.bare.fetchrow("SELECT c.id, c.lane_id FROM cohort c")
    assert labels is not None
    text = '{"function":"math:sqrt","args":[2.0],"kwargs":{"note":"' + "x" * 200 + '"},"programs":[]}'
    record = NewRecord(labels["id"], labels["lane_id"], text, "math:sqrt", "[2.0]", '{"note":"' + "x" * 200 + '"}')

    async def bare() -> None:
        for _ in range(10):
            async with g.bare.transaction():
                assert len(await submit(g.bare, _ACT, [record] * _BATCH, 5, hold=False, now=None)) == _BATCH

    return await compare(
        "submission, batches of 1,000", "records/s", 0.6, _rate(ours, 10 * _BATCH), _rate(bare, 10 * _BATCH)
    )


async def _bulk(g: Ground, ids: list[str]) -> Result:
    numbers = [int(text.removeprefix("rec_")) for text in ids]

    async def ours() -> None:
        for action in ("hold", "release"):
            assert (await g.client.move(action, ids))["moved"] == len(ids)

    async def bare() -> None:
        for action in (Action.HOLD, Action.RELEASE):
            outcome = await transition(g.bare, TransitionRequest(action, _ACT, Target(_ADMIN, ids=numbers)))
            assert outcome.moved == len(ids)

    return await compare(
        f"hold + release of {_MANY:,} records, one call each",
        "moves/s",
        0.6,
        _rate(ours, 2 * _MANY),
        _rate(bare, 2 * _MANY),
    )


async def _single(g: Ground, ids: list[str]) -> Result:
    numbers = [int(text.removeprefix("rec_")) for text in ids[:200]]

    async def ours() -> None:
        for text in ids[:200]:
            await g.client.move("hold", [text])
        await g.client.move("release", ids[:200])

    async def bare() -> None:
        for number in numbers:
            await transition(g.bare, TransitionRequest(Action.HOLD, _ACT, Target(_ADMIN, ids=[number])))
        await transition(g.bare, TransitionRequest(Action.RELEASE, _ACT, Target(_ADMIN, ids=numbers)))

    return await compare(
        "one record by mutation, one after the other", "moves/s", 0.6, _rate(ours, 200), _rate(bare, 200)
    )


async def run() -> list[Result]:
    """All of them, on one server."""
    async with ground() as g:
        ids = await g.client.submit(_MANY)
        results = [await _bulk(g, ids), await _single(g, ids)]
        return [*results, await _submission(g)]

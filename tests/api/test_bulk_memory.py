"""However many records a call moves, the server's memory does not follow them."""

from __future__ import annotations

import os
import sys
from typing import Any

import asyncpg
import pytest

from support import mass
from support.api import Api
from support.memory import highest, resident
from support.scenario import counted

# support/memory.py reads /proc, which other systems do not have.
pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="memory is counted as Linux counts it")
MOST_GROWTH = 16_000_000


@pytest.mark.parametrize("count", [10_000, pytest.param(100_000, marks=pytest.mark.slow)])
async def test_every_bulk_by_filter_takes_the_same_little_memory(
    api: Api, psql: asyncpg.Connection[Any], count: int
) -> None:
    await mass.make(psql, count)
    await api.operator.move(
        "hold", filter={"tag": [mass.TAG], "status": ["COMPLETE"]}
    )  # whatever comes with a first call

    async def move(action: str, **given: Any) -> None:
        before = resident(os.getpid())
        work = api.operator.move(action, filter={"tag": [mass.TAG]}, **given)
        payload, peak = await highest(os.getpid(), work)
        assert counted(payload) == {"MOVED": count}
        assert peak - before < MOST_GROWTH, (action, given)

    await move("hold", dryRun=True)
    await move("hold")
    await move("release", allOrNothing=True)
    await mass.err(psql)
    await move("retry")
    await mass.err(psql)
    await move("fail")
    await move("regenerate")
    await move("kill")


async def test_regeneration_goes_in_slices_by_size_too(api: Api, psql: asyncpg.Connection[Any]) -> None:
    long = [{"function": "math:sqrt", "args": [i], "kwargs": {"x": "x" * 900_000}} for i in range(12)]
    await api.operator.submit(specifications=long[:6], tag=mass.TAG)
    await api.operator.submit(20, tag=mass.TAG)
    await api.operator.submit(specifications=long[6:], tag=mass.TAG)
    stored = "SELECT record_id, function, args::text, kwargs::text FROM task ORDER BY record_id"
    before = await psql.fetch(stored)
    await mass.err(psql)
    await api.operator.move("fail", filter={"tag": [mass.TAG]})
    assert await psql.fetch(stored) == []
    assert counted(await api.operator.move("regenerate", filter={"tag": [mass.TAG]})) == {"MOVED": 32}
    assert await psql.fetch(stored) == before

"""Requests for one record each that share a statement: every one of them is answered, whenever it comes."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from interlock.api.compiled.together import Together
from interlock.api.context import Services
from interlock.api.limits.allowance import SMALL
from interlock.store.compose import Composed


async def test_who_asks_while_the_readers_end_is_read_too(services: Services, monkeypatch: pytest.MonkeyPatch) -> None:
    together = Together(services.core, Composed("SELECT", ()), b"absent")
    fetching: asyncio.Queue[asyncio.Future[None]] = asyncio.Queue()

    async def fetched(ids: list[int], _: int) -> list[Any]:
        gate: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        fetching.put_nowait(gate)
        await gate
        return [(number, b"%d" % number) for number in ids]

    monkeypatch.setattr(together, "_fetch", fetched)

    async def twice() -> bytes:
        await together.answer(1, SMALL)
        return await together.answer(2, SMALL)

    one = asyncio.create_task(twice())
    first = await fetching.get()
    other = asyncio.create_task(together.answer(3, SMALL))
    second = await fetching.get()
    for gate in (first, second):  # both readers end in one turn of the loop, in which the first one asks again
        gate.set_result(None)
    async with asyncio.timeout(5):
        (await fetching.get()).set_result(None)
        assert (await one, await other) == (b"2", b"3")

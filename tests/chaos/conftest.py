"""What the tests of faults share: a world for each module, in one event loop with the module's tests."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest_asyncio

from chaos.world import World


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def world() -> AsyncIterator[World]:
    async with World() as world:
        yield world

"""What the tests of faults share: a world for each module, in one event loop with the module's tests."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

pytest.register_assert_rewrite("chaos.accounts", "chaos.trial")

from chaos.world import World  # noqa: E402 - after that


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def world() -> AsyncIterator[World]:
    async with World() as world:
        yield world

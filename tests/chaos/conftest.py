"""What the tests of faults share: a world for each module, in one event loop with the module's tests."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

pytest.register_assert_rewrite("chaos.accounts", "chaos.trial")

from chaos.world import World  # noqa: E402 - after that


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def world() -> AsyncIterator[World]:
    async with World() as world:
        yield world


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A connection that was aborted is told of once more when its writer is collected: that is no fault."""
    for item in items:
        if item.path.parent == Path(__file__).parent:
            item.add_marker(pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"))

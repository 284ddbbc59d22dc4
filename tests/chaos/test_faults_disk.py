"""The disk is full: what was acknowledged is kept, errors say so in words, and with room everything goes on by itself."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from chaos.disk import POSTGRES, NoDisk, disk
from chaos.trial import struck
from chaos.world import World

pytestmark = [pytest.mark.slow, pytest.mark.asyncio(loop_scope="module")]
SEED = 1


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def world() -> AsyncIterator[World]:
    try:
        with disk() as small:
            async with World(disk=small, postgres=POSTGRES) as world:
                yield world
    except NoDisk as error:
        pytest.skip(f"needs to mount a tmpfs: {error}")


async def test_a_full_disk_loses_nothing_and_is_survived(world: World) -> None:
    load = await struck(world, "fill_disk", SEED)
    said = {message for caller in load.callers for message in caller.said}
    assert any(message.startswith("The disk of the database is full") for message in said), said

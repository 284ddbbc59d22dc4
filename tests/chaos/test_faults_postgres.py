"""PostgreSQL dies, as a whole or in part: nothing that was acknowledged is lost, and the servers come back by themselves."""

from __future__ import annotations

import pytest

from chaos.trial import struck
from chaos.world import World

pytestmark = [pytest.mark.slow, pytest.mark.asyncio(loop_scope="module")]
SEED = 1


async def test_a_killed_postgresql_loses_nothing_that_was_acknowledged(world: World) -> None:
    await struck(world, "kill_postmaster", SEED)


async def test_an_immediate_shutdown_loses_nothing_that_was_acknowledged(world: World) -> None:
    await struck(world, "shut_down_at_once", SEED)


async def test_a_killed_backend_loses_nothing_that_was_acknowledged(world: World) -> None:
    await struck(world, "kill_backend", SEED)


async def test_terminated_connections_are_answered_and_made_anew(world: World) -> None:
    load = await struck(world, "terminate_connections", SEED)
    troubles = {trouble for caller in load.callers for trouble in caller.troubles}
    assert troubles <= {"UNAVAILABLE"}, troubles

"""PostgreSQL dies: as a whole, in one of its processes, or for all who are connected."""

from __future__ import annotations

import asyncio
import os
import signal
from contextlib import suppress
from random import Random

from chaos.moves.move import Move
from chaos.world import World
from interlock.store.embedded import postmaster

_OURS = "SELECT pid FROM pg_stat_activity WHERE application_name = 'interlock' AND pid <> pg_backend_pid() ORDER BY pid"
_ALL = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE application_name = 'interlock'"
_FILE = "chaos/test_faults_postgres.py"


async def _down(world: World, random: Random, number: signal.Signals) -> None:
    """Signal the postmaster, let PostgreSQL be away for a while, and start it again."""
    try:
        master = await asyncio.to_thread(postmaster.find, world.postgres.data_dir / "cluster")
        if master is not None:
            with suppress(ProcessLookupError):
                os.kill(master, number)
        await asyncio.sleep(random.uniform(0.1, 1.5))
    finally:
        await world.revive()


async def kill_postmaster(world: World, random: Random) -> None:
    await _down(world, random, signal.SIGKILL)


async def shut_down_at_once(world: World, random: Random) -> None:
    await _down(world, random, signal.SIGQUIT)


async def kill_backend(world: World, random: Random) -> None:
    """A postmaster that loses a backend so, ends all others and recovers."""
    async with world.psql() as psql:
        pids = [row["pid"] for row in await psql.fetch(_OURS)]
        if pids:
            with suppress(ProcessLookupError):
                os.kill(random.choice(pids), signal.SIGKILL)
    await world.revive()


async def terminate_connections(world: World, random: Random) -> None:
    for _ in range(random.randint(1, 4)):
        async with world.psql() as psql:
            await psql.fetchval(_ALL)
        await asyncio.sleep(random.uniform(0.0, 0.3))


MOVES = (
    Move(
        "kill_postmaster",
        "PostgreSQL killed (`kill -9`)",
        "what was acknowledged is kept; UNAVAILABLE meanwhile; the servers work again by themselves within 10 s; the "
        "embedded one is started again by its server",
        f"{_FILE}::test_a_killed_postgresql_loses_nothing_that_was_acknowledged",
        kill_postmaster,
        further=("chaos/test_faults_embedded.py::test_the_server_starts_its_postgresql_again",),
    ),
    Move(
        "shut_down_at_once",
        "PostgreSQL shut down at once (immediate)",
        "the same",
        f"{_FILE}::test_an_immediate_shutdown_loses_nothing_that_was_acknowledged",
        shut_down_at_once,
    ),
    Move(
        "kill_backend",
        "one process of PostgreSQL killed",
        "the same; PostgreSQL recovers by itself",
        f"{_FILE}::test_a_killed_backend_loses_nothing_that_was_acknowledged",
        kill_backend,
    ),
    Move(
        "terminate_connections",
        "all connections terminated, again and again",
        "calls under way are answered UNAVAILABLE, and can be repeated under their keys; the next ones work",
        f"{_FILE}::test_terminated_connections_are_answered_and_made_anew",
        terminate_connections,
    ),
)

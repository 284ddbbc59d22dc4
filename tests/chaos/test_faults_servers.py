"""Server processes end under load, killed or told to, and the database is migrated beneath them."""

from __future__ import annotations

import asyncio
import time
from collections import Counter

import httpx
import pytest

from chaos.trial import struck, trial
from chaos.world import World
from support.blocked import until_blocked
from support.following import feed_cursor

pytestmark = [pytest.mark.slow, pytest.mark.asyncio(loop_scope="module")]
SEED = 1
ORPHANED = 3.5
"""Seconds that a statement outlives its server at most: less than it may take otherwise."""
BLOCKED = "SELECT count(*) FROM pg_locks WHERE NOT granted"
TICKS_AGAIN = 2.0
"""Seconds after which another server is the ticker."""
TICKS_AFTER_A_HANG = 8.0
"""The same where the ticker's process stands still."""


async def test_a_killed_server_loses_nothing_that_was_acknowledged(world: World) -> None:
    await struck(world, "kill_server", SEED)

    async def kill_all() -> None:
        for server in world.servers:
            await server.kill()
        for server in world.servers:
            await server.start()

    await trial(world, kill_all, SEED)


async def test_another_server_becomes_the_ticker_at_once(world: World) -> None:
    """Whichever it is: each is killed once, after the other has."""
    for dying, other in ((0, 1), (1, 0)):
        async with world.api(other) as api, api.viewer.follow(await feed_cursor(api.viewer)) as changes:
            change = asyncio.ensure_future(anext(changes))
            try:
                await world.servers[dying].kill()
                began = time.monotonic()
                await api.operator.submit()
                await change
                assert time.monotonic() - began < TICKS_AGAIN
            finally:
                await world.servers[dying].start()


async def test_a_server_that_hangs_holds_the_feed_up_for_seconds_only(world: World) -> None:
    """Whichever it is: each hangs once, and one of them is the ticker; then one hangs under load."""
    for hung, other in ((0, 1), (1, 0)):
        async with world.api(other) as api, api.viewer.follow(await feed_cursor(api.viewer)) as changes:
            with world.servers[hung].hanging():
                async with asyncio.timeout(TICKS_AFTER_A_HANG):
                    await api.operator.submit()
                    await anext(changes)
            await world.servers[hung].ready()
    await struck(world, "hang_server", SEED)


async def test_what_a_killed_server_had_asked_for_ends_with_it(world: World) -> None:
    """Also a statement that waits: it would keep its locks for as long as statements may take."""
    async with world.api() as api, world.psql() as psql, psql.transaction():
        (id_,) = await api.operator.submit()
        await psql.execute("SELECT FROM record WHERE id = $1 FOR UPDATE", int(id_.removeprefix("rec_")))
        waiting = asyncio.ensure_future(api.operator.move("hold", [id_]))
        try:
            await until_blocked(psql, 1)
            await world.servers[0].kill()
            began = time.monotonic()
            with pytest.raises(httpx.TransportError):
                await waiting
            while await psql.fetchval(BLOCKED):  # noqa: ASYNC110 - PostgreSQL has no event for it
                await asyncio.sleep(0.1)
            assert time.monotonic() - began < ORPHANED
        finally:
            await world.servers[0].start()


async def test_a_server_told_to_end_answers_what_is_under_way(world: World) -> None:
    load = await struck(world, "terminate_server", SEED)
    troubles = Counter(trouble for caller in load.callers for trouble in caller.troubles)
    assert troubles.keys() <= {"ConnectError"}, troubles


async def test_migrating_under_load_fails_nobody_beyond_a_retry(world: World) -> None:
    await struck(world, "migrate", SEED)

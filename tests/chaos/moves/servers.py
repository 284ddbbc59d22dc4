"""Server processes: killed, told to end, and what runs beside them."""

from __future__ import annotations

import asyncio
from random import Random

from chaos.moves.move import Move
from chaos.world import DRAIN, World

_FILE = "chaos/test_faults_servers.py"
_LONGEST_HANG = 7.0
"""Seconds: one that is told to end meanwhile has to do so in time."""


async def kill_server(world: World, random: Random) -> None:
    server = random.choice(world.servers)
    try:
        if server.running:
            await server.kill()
        await asyncio.sleep(random.uniform(0.0, 1.0))
    finally:
        await server.start()


async def terminate_server(world: World, random: Random) -> None:
    """SIGTERM under load. Raises AssertionError where it does not end in time, or not well."""
    server = random.choice(world.servers)
    try:
        if server.running:
            code = await server.terminate(within=2 * DRAIN + 5.0)
            assert code in {0, -9}, f"told to end, the server ended with {code}"  # -9: another move was quicker
        await asyncio.sleep(random.uniform(0.0, 1.0))
    finally:
        await server.start()


async def hang_server(world: World, random: Random) -> None:
    """SIGSTOP, for long enough or not that another server takes the feed over."""
    server = random.choice(world.servers)
    if server.running:
        with server.hanging():
            await asyncio.sleep(random.uniform(0.5, _LONGEST_HANG))


async def migrate(world: World, random: Random) -> None:
    """`interlock migrate`, once or twice, while all work: guards and functions are laid anew."""
    for _ in range(random.randint(1, 2)):
        process = await asyncio.create_subprocess_exec(
            *world.command[:-1],
            "migrate",
            env=world.environment(INTERLOCK_DATABASE_URL=world.postgres.dsn()),
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
        )
        try:
            await process.wait()
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()


MOVES = (
    Move(
        "kill_server",
        "server process killed (`kill -9`) under load",
        "what was acknowledged is kept; the other servers go on, and with them the feed, within 2 s; what it had asked "
        "PostgreSQL for ends within 3 s, and its locks with that",
        f"{_FILE}::test_a_killed_server_loses_nothing_that_was_acknowledged",
        kill_server,
        further=("chaos/test_faults_servers.py::test_what_a_killed_server_had_asked_for_ends_with_it",),
    ),
    Move(
        "terminate_server",
        "server told to end (SIGTERM) under load",
        "requests under way are answered; subscriptions are closed with 1012 and the cursor to resume from; it ends by "
        "itself with code 0 within `INTERLOCK_DRAIN_TIMEOUT` and 5 s",
        f"{_FILE}::test_a_server_told_to_end_answers_what_is_under_way",
        terminate_server,
        further=("cli/test_stopping.py::test_a_subscriber_goes_on_at_another_server_from_the_cursor_in_the_reason",),
    ),
    Move(
        "hang_server",
        "server process hangs (SIGSTOP), also the one that gives events their positions",
        "the other servers go on, and with them the feed, within 8 s: PostgreSQL ends the session of a ticker that asks for "
        "nothing; what it had locked in a transaction is free after 15 s; when it moves again it serves again",
        f"{_FILE}::test_a_server_that_hangs_holds_the_feed_up_for_seconds_only",
        hang_server,
        further=("store/test_leading.py::test_one_that_asks_again_and_again_stays_ticker",),
    ),
    Move(
        "migrate",
        "`interlock migrate` run under load",
        "nobody waits for longer than a second because of it; where a transaction has the tables, it tries again",
        f"{_FILE}::test_migrating_under_load_fails_nobody_beyond_a_retry",
        migrate,
        further=("store/test_migrate.py::test_a_deadlock_with_who_is_at_work_is_the_migration_s_to_try_again",),
    ),
)

"""The network between the servers and PostgreSQL: cut at the worst moment, silent, or closed."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from random import Random

from chaos.moves.move import Move
from chaos.proxy import COMMIT, Fate
from chaos.world import World

_FILE = "chaos/test_faults_network.py"
_KEYED = b"INSERT INTO idempotency"
"""What a client's call has that is made under a key; a server's own transactions have none."""


async def cut_in_transaction(world: World, random: Random) -> None:
    """Before a COMMIT, and in the middle of a message."""
    seconds = random.uniform(0.5, 1.5)
    with world.proxy.at(COMMIT, Fate.CUT, random.randint(1, 3), after=random.choice((_KEYED, b""))):
        await asyncio.sleep(seconds / 2)
    try:
        for _ in range(random.randint(1, 3)):
            world.proxy.cut_after(random.randint(1, 5_000))
            await asyncio.sleep(seconds / 4)
    finally:
        world.proxy.cut_after(None)


async def lose_commit_reply(world: World, random: Random) -> None:
    """Of whole transactions, and of claims and returns, which are one statement."""
    words, after = random.choice(((COMMIT, _KEYED), (b"INSERT INTO attempt", b""), (b"INSERT INTO result", b"")))
    with world.proxy.at(words, Fate.LOSE, random.randint(1, 5), after=after) as rule, suppress(TimeoutError):
        await asyncio.wait_for(rule.struck.wait(), 1.0)
        await asyncio.sleep(random.uniform(0.1, 1.0))


async def mute(world: World, random: Random) -> None:
    """Some connections stay silent for ever, or until whoever has them gives them up."""
    world.proxy.mute()
    await asyncio.sleep(random.uniform(0.0, 1.0))


async def stall(world: World, random: Random) -> None:
    """Sometimes it goes on where it was, sometimes the connections are lost then."""
    try:
        world.proxy.stall()
        await asyncio.sleep(random.uniform(0.5, 4.0))
    finally:
        if random.random() < 0.5:
            world.proxy.cut()
        world.proxy.flow()


async def refuse(world: World, random: Random) -> None:
    try:
        world.proxy.refusing = True
        world.proxy.cut()
        await asyncio.sleep(random.uniform(0.2, 2.0))
    finally:
        world.proxy.refusing = False


MOVES = (
    Move(
        "cut_in_transaction",
        "connection cut inside a transaction",
        "the whole of it is undone; the answer is UNAVAILABLE, and the same call with its key is done once",
        f"{_FILE}::test_a_connection_cut_inside_a_transaction_undoes_the_whole_of_it",
        cut_in_transaction,
    ),
    Move(
        "lose_commit_reply",
        "COMMIT done, but its acknowledgement lost",
        "the same key gives the first answer: submissions, transitions, claims; a return is ALREADY_ACCEPTED",
        f"{_FILE}::test_a_lost_acknowledgement_is_found_again_under_the_same_key",
        lose_commit_reply,
    ),
    Move(
        "stall",
        "network silent, nothing gets through",
        "each request is answered within its deadline and 3 s, with an error; afterwards all work again, subscribers too",
        f"{_FILE}::test_a_silent_network_is_answered_within_the_deadline",
        stall,
        further=("store/test_silence.py::test_who_stops_waiting_is_let_go_of",),
    ),
    Move(
        "mute",
        "connections on which nothing comes any more, without an error",
        "the same; they are given up by then; the feed goes on after 20 s, by way of another server if need be",
        f"{_FILE}::test_connections_on_which_nothing_comes_any_more_are_given_up",
        mute,
    ),
    Move(
        "refuse",
        "database not to be reached",
        "UNAVAILABLE at once, and again as soon as it is back",
        f"{_FILE}::test_a_database_that_cannot_be_reached_is_said_at_once",
        refuse,
    ),
)

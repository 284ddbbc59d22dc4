"""Transactions of others that stay open: idle ones, and such as wrote events and commit late."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from random import Random

from chaos.moves.move import Move
from chaos.world import NEMESIS, TAKEN_AWAY, World
from support.storing import submit

_FILE = "chaos/test_faults_transactions.py"


async def idle_in_transaction(world: World, random: Random) -> None:
    """With a transaction id: every snapshot since then has to remember it."""
    async with world.psql() as psql:
        with suppress(*TAKEN_AWAY):
            async with psql.transaction():
                await psql.fetchval("SELECT pg_current_xact_id()")
                await asyncio.sleep(random.uniform(1.0, 4.0))


async def commit_late(world: World, random: Random) -> None:
    """Its events have lower numbers than many that were committed before; then it is killed, by psql as well."""
    async with world.psql() as psql:
        with suppress(*TAKEN_AWAY):
            async with psql.transaction():
                ids = await submit(psql, random.randint(1, 5), tag=NEMESIS, campaign=NEMESIS, owner=f"{NEMESIS}-owner")
                await asyncio.sleep(random.uniform(0.5, 3.0))
            await psql.execute("DELETE FROM record WHERE id = ANY($1)", ids)


MOVES = (
    Move(
        "idle_in_transaction",
        "transaction left open, idle",
        "the feed goes on, within 2 s as always",
        f"{_FILE}::test_a_transaction_left_open_does_not_hold_up_the_feed",
        idle_in_transaction,
    ),
    Move(
        "commit_late",
        "transaction that wrote events commits late",
        "the feed goes on without it, and has its events when it commits: none skipped, none twice",
        f"{_FILE}::test_events_committed_late_are_neither_skipped_nor_waited_for",
        commit_late,
    ),
)

"""Others in the database: locks that are held, connections that are taken, deadlocks, failures to serialize."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from random import Random

from chaos.moves.move import Move
from chaos.moves.own import own
from chaos.world import DEADLINE, TAKEN_AWAY, World
from support.api import MOVE

_FILE = "chaos/test_faults_contention.py"
_TAKEN = 15
"""Statements that wait, for each server: more than its pool has."""


async def lock_table(world: World, random: Random) -> None:
    async with world.psql() as psql:
        with suppress(*TAKEN_AWAY):
            async with psql.transaction():
                await psql.execute("SET LOCAL lock_timeout = '5s'; LOCK TABLE record IN ACCESS EXCLUSIVE MODE")
                await asyncio.sleep(random.uniform(0.5, 3.0))


async def exhaust_pools(world: World, random: Random, seconds: float | None = None) -> None:
    """Calls that wait for a lock which is held take every connection that the servers have."""
    async with own(world, random) as mine, world.psql() as psql:
        (id_,) = await mine.submit(1)
        hold = MOVE.format(Name="Hold", name="hold")
        calls: list[asyncio.Task[object]] = []
        try:
            with suppress(*TAKEN_AWAY):
                async with psql.transaction():
                    await psql.execute("SELECT FROM record WHERE id = $1 FOR UPDATE", int(id_.removeprefix("rec_")))
                    calls = [
                        asyncio.create_task(mine.user.execute(hold, input={"target": {"ids": [id_]}}))
                        for _ in range(_TAKEN * len(world.servers))
                    ]
                    await asyncio.sleep(random.uniform(0.5, DEADLINE / 2) if seconds is None else seconds)
        finally:
            await asyncio.gather(*calls)


async def deadlock(world: World, random: Random) -> None:
    """Each has locked what the other waits for; PostgreSQL ends the server's transaction, not ours."""
    async with own(world, random) as mine, world.psql() as psql:
        ids = await mine.submit(2)
        first, second = sorted(int(id_.removeprefix("rec_")) for id_ in ids)
        call: asyncio.Task[dict[str, object]] | None = None
        with suppress(*TAKEN_AWAY):
            await psql.execute("SET deadlock_timeout = '1min'; SET statement_timeout = '5s'")
            async with psql.transaction():
                await psql.execute("SELECT FROM record WHERE id = $1 FOR UPDATE", second)
                call = asyncio.create_task(mine.move("hold", ids))
                await asyncio.sleep(random.uniform(0.1, 0.5))
                await psql.execute("SELECT FROM record WHERE id = $1 FOR UPDATE", first)
        if call is not None:
            assert (await call)["moved"] == len(ids)


_FAIL = """
CREATE SEQUENCE IF NOT EXISTS nemesis_failures;
CREATE OR REPLACE FUNCTION nemesis_fails() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = interlock AS $$ BEGIN
  IF nextval('nemesis_failures') <= {times} THEN RAISE EXCEPTION 'not now' USING ERRCODE = '40001'; END IF;
  RETURN NULL;
END $$;
ALTER SEQUENCE nemesis_failures RESTART;
CREATE OR REPLACE TRIGGER nemesis_fails AFTER INSERT OR UPDATE ON record EXECUTE FUNCTION nemesis_fails()"""
_MEND = """
DROP TRIGGER IF EXISTS nemesis_fails ON record;
DROP FUNCTION IF EXISTS nemesis_fails;
DROP SEQUENCE IF EXISTS nemesis_failures"""


async def fail_to_serialize(world: World, random: Random) -> None:
    """The next few changes of records fail in the way that asks for another try."""
    try:
        await _persistently(world, _FAIL.format(times=random.randint(1, 4)))
        await asyncio.sleep(random.uniform(0.2, 1.0))
    finally:
        await _persistently(world, _MEND)


async def _persistently(world: World, script: str) -> None:
    """Run it as a whole, again where somebody else was in the way: the tables are in use."""
    while True:
        with suppress(*TAKEN_AWAY):
            async with world.psql() as psql, psql.transaction():
                await psql.execute(f"SET LOCAL lock_timeout = '500ms'; {script}")
                return
        await asyncio.sleep(0.1)


MOVES = (
    Move(
        "lock_table",
        "table of records locked by another (ACCESS EXCLUSIVE)",
        "requests wait, and are answered DEADLINE_EXCEEDED if it takes longer than they may; nothing is lost after",
        f"{_FILE}::test_a_locked_table_is_waited_for_or_said",
        lock_table,
        further=("api/test_deadline.py::test_what_takes_longer_is_stopped_and_changes_nothing",),
    ),
    Move(
        "exhaust_pools",
        "more slow statements than a server has connections",
        "others wait for one, 30 s at most and not beyond their deadline, and are told so; none is lost",
        f"{_FILE}::test_who_gets_no_connection_waits_for_one_and_not_for_ever",
        exhaust_pools,
    ),
    Move(
        "deadlock",
        "deadlock with another transaction",
        "done again as a whole; the client sees its one answer",
        f"{_FILE}::test_a_deadlock_is_not_seen_by_clients",
        deadlock,
        further=("store/test_database.py::test_work_is_done_again_from_its_start_when_postgresql_asks",),
    ),
    Move(
        "fail_to_serialize",
        "failure to serialize (40001), up to four times",
        "the same",
        f"{_FILE}::test_a_failure_to_serialize_is_not_seen_by_clients",
        fail_to_serialize,
    ),
)

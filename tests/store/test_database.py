"""The way to PostgreSQL: as the application's role, whole transactions retried, and a database that goes away."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress

import asyncpg
import pytest

from interlock.domain.errors import IdempotencyConflict, Unavailable
from interlock.domain.model import Labels
from interlock.domain.roles import Role
from interlock.store.connection import Connection
from interlock.store.database import Database
from interlock.store.idempotency import remember, reserve
from interlock.store.identity import create_principal
from interlock.store.labels import cohort_of
from interlock.store.migrate import APP_ROLE
from support.storing import submit, waiting_behind


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    database = await Database.open(database_url, size=3)
    try:
        yield database
    finally:
        database.terminate()


async def test_every_connection_works_as_the_application_s_role(database: Database) -> None:
    for _ in range(3):
        assert await database.one(lambda c: c.fetchval("SELECT current_user")) == APP_ROLE
    own = await database.connect()
    try:
        assert await own.fetchval("SELECT current_user") == APP_ROLE
    finally:
        await own.close()


async def test_a_snapshot_is_read_only_and_stays_what_it_was(database: Database, psql: Connection) -> None:
    async with database.transaction(snapshot=True) as connection:
        before = await connection.fetchval("SELECT count(*) FROM record")
        await submit(psql)
        assert await connection.fetchval("SELECT count(*) FROM record") == before
        with pytest.raises(asyncpg.ReadOnlySQLTransactionError):
            await connection.execute("UPDATE record SET priority = 1")


@pytest.mark.parametrize("error", [asyncpg.SerializationError, asyncpg.DeadlockDetectedError])
async def test_work_is_done_again_from_its_start_when_postgresql_asks(
    database: Database, psql: Connection, error: type[asyncpg.PostgresError]
) -> None:
    tries = []

    async def work(connection: Connection) -> int:
        tries.append(await create_principal(connection, "name", Role.VIEWER))
        if len(tries) < 3:
            raise error
        return len(tries)

    assert await database.run(work) == 3
    assert None not in tries
    assert await psql.fetchval("SELECT count(*) FROM principal") == 1


async def test_work_is_not_done_again_for_ever(database: Database) -> None:
    tries = []

    async def work(_: Connection) -> None:
        tries.append(1)
        raise asyncpg.SerializationError

    with pytest.raises(asyncpg.SerializationError):
        await database.run(work)
    assert len(tries) == 5


async def test_a_connection_that_was_cut_is_unavailable_and_the_next_one_works(
    database: Database, psql: Connection
) -> None:
    async def work(connection: Connection) -> None:
        await psql.execute(
            "SELECT pg_terminate_backend($1, 5000)", await connection.fetchval("SELECT pg_backend_pid()")
        )
        await connection.fetchval("SELECT 1")

    with pytest.raises(Unavailable, match="try again"):
        await database.run(work)
    assert await database.one(lambda c: c.fetchval("SELECT 1")) == 1


async def test_a_database_that_takes_no_more_connections_is_unavailable_and_says_so(
    database_url: str, psql: Connection
) -> None:
    await psql.execute(f"CREATE ROLE few LOGIN CONNECTION LIMIT 1; GRANT {APP_ROLE} TO few")
    database = await Database.open(database_url.replace("//interlock@", "//few@"), size=2)
    try:

        async def both(_: Connection) -> None:
            with pytest.raises(Unavailable, match="no more connections"):
                await database.one(lambda c: c.fetchval("SELECT 1"))

        await database.one(both)
    finally:
        database.terminate()
        await psql.execute("DROP ROLE few")


@pytest.mark.parametrize("snapshot", [True, False])
async def test_a_transaction_that_is_given_up_leaves_no_complaint(database: Database, snapshot: bool) -> None:
    """At whatever moment; the driver complains of a connection that comes back to the pool in a transaction."""
    complaints: list[object] = []
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(lambda _, said: complaints.append(said["message"]))

    async def use() -> None:
        async with database.transaction(snapshot=snapshot) as connection:
            await connection.fetchval("SELECT 1")

    ended_by_itself = 0
    turns = 0
    while ended_by_itself < 5:
        using = asyncio.create_task(use())
        for _ in range(turns):
            await asyncio.sleep(0)
        ended_by_itself += not using.cancel()
        with suppress(asyncio.CancelledError):
            await using
        turns += 1
    assert complaints == []


async def test_labels_made_by_two_at_once_are_one(psql: Connection, database_url: str) -> None:
    owner = await create_principal(psql, "owner", Role.SUBMITTER)
    assert owner
    labels = Labels("t", ("b", "a", "a"), owner.id, None, "python", 1)
    other = await asyncpg.connect(database_url, server_settings={"search_path": "interlock"})
    try:
        transaction = psql.transaction()
        await transaction.start()
        first = await cohort_of(psql, labels)
        async with waiting_behind(psql, other, cohort_of(other, labels)) as second:
            await transaction.commit()
            assert await second == first
    finally:
        await other.close()
    assert await cohort_of(psql, labels) == first
    assert await psql.fetchval("SELECT programs FROM lane") == ["a", "b"]


async def test_a_key_used_again_waits_for_its_first_use_and_gives_its_outcome(
    psql: Connection, database_url: str
) -> None:
    other = await asyncpg.connect(database_url, server_settings={"search_path": "interlock"})
    try:
        transaction = psql.transaction()
        await transaction.start()
        assert await reserve(psql, 1, "hold", "k", b"input") is None
        await remember(psql, 1, "hold", "k", '{"n": 1}')
        async with waiting_behind(psql, other, reserve(other, 1, "hold", "k", b"input")) as second:
            await transaction.commit()
            assert await second == '{"n": 1}'
        with pytest.raises(IdempotencyConflict):
            await reserve(other, 1, "hold", "k", b"other")
        assert await reserve(other, 2, "hold", "k", b"other") is None
        assert await reserve(other, 1, "kill", "k", b"other") is None
    finally:
        await other.close()


async def test_a_key_whose_first_use_was_undone_is_free(psql: Connection, database_url: str) -> None:
    other = await asyncpg.connect(database_url, server_settings={"search_path": "interlock"})
    try:
        transaction = psql.transaction()
        await transaction.start()
        assert await reserve(psql, 1, "hold", "k", b"input") is None
        async with waiting_behind(psql, other, reserve(other, 1, "hold", "k", b"input")) as second:
            await transaction.rollback()
            assert await second is None
    finally:
        await other.close()

"""Migrations: whole or not at all, again and again, by several at once; and the typed tables are the real ones."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import pytest
from sqlalchemy.dialects import postgresql

from interlock.domain.errors import Unavailable
from interlock.domain.lifecycle import Action, ActorKind, RecordStatus
from interlock.domain.matrix import revision
from interlock.store import database, migrate, tables
from interlock.store.connection import Connection
from interlock.store.embedded import EmbeddedPostgres
from interlock.store.migrate import SCHEMA, head
from support.blocked import until_blocked
from support.catalogue import catalogue
from support.storing import submit

_DIALECT = postgresql.dialect()  # type: ignore[no-untyped-call]  # SQLAlchemy leaves dialects untyped


@pytest.fixture
async def empty_url(cluster: EmbeddedPostgres) -> AsyncIterator[str]:
    """A database without anything of ours."""
    admin = await asyncpg.connect(cluster.dsn("postgres"))
    try:
        await admin.execute("CREATE DATABASE unmigrated")
        yield cluster.dsn("unmigrated")
        await admin.execute("DROP DATABASE unmigrated WITH (FORCE)")
    finally:
        await admin.close()


async def test_migrating_again_changes_nothing(psql: Connection, database_url: str) -> None:
    ids = await submit(psql, 3)
    before = await catalogue(database_url)
    assert await migrate.migrate(database_url) == head()
    assert await catalogue(database_url) == before
    assert len(await psql.fetch("SELECT * FROM record")) == len(ids)


async def test_migrating_mends_a_guard_that_was_dropped(psql: Connection, database_url: str) -> None:
    before = await catalogue(database_url)
    await psql.execute("DROP TRIGGER record_starts_waiting ON record; ALTER TABLE event DISABLE TRIGGER USER")
    assert await catalogue(database_url) != before
    await migrate.migrate(database_url)
    assert await catalogue(database_url) == before


async def test_two_processes_that_migrate_at_once_take_turns(empty_url: str) -> None:
    script = f"import asyncio; from interlock.store.migrate import migrate; print(asyncio.run(migrate({empty_url!r})))"
    processes = [
        await asyncio.create_subprocess_exec(sys.executable, "-c", script, stdout=asyncio.subprocess.PIPE)
        for _ in range(2)
    ]
    answers = [await process.communicate() for process in processes]
    assert [process.returncode for process in processes] == [0, 0]
    assert [out.decode().strip() for out, _ in answers] == [head(), head()]
    await database.check(empty_url)


async def test_many_that_migrate_at_the_same_moment_take_turns(empty_url: str) -> None:
    assert await asyncio.gather(*(migrate.migrate(empty_url) for _ in range(4))) == [head()] * 4
    await database.check(empty_url)


async def test_a_deadlock_with_who_is_at_work_is_the_migration_s_to_try_again(
    psql: asyncpg.Connection[Any], database_url: str
) -> None:
    await psql.execute("SET deadlock_timeout = '1min'")  # so that the migration notices it, not this
    async with psql.transaction():
        await psql.execute("LOCK TABLE cohort IN ROW EXCLUSIVE MODE")
        migrating = asyncio.create_task(migrate.migrate(database_url))
        await until_blocked(psql, 1)
        await psql.execute("LOCK TABLE record IN ROW EXCLUSIVE MODE")
    assert await migrating == head()


async def test_who_comes_after_a_migration_that_waits_does_not_wait_for_long(
    psql: asyncpg.Connection[Any], database_url: str
) -> None:
    other = await asyncpg.connect(database_url, server_settings={"search_path": SCHEMA})
    try:
        async with psql.transaction():
            await psql.execute("LOCK TABLE record IN ROW EXCLUSIVE MODE")
            migrating = asyncio.create_task(migrate.migrate(database_url))
            await until_blocked(psql, 1)
            async with asyncio.timeout(5):
                await submit(other)
        assert await migrating == head()
    finally:
        await other.close()


async def test_a_migration_that_never_gets_its_locks_says_who_to_look_for(
    psql: Connection, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(migrate, "_TRIES", 2)
    monkeypatch.setattr(migrate, "_LOCK_TIMEOUT", "50ms")
    async with psql.transaction():
        await psql.execute("LOCK TABLE record IN ROW EXCLUSIVE MODE")
        with pytest.raises(Unavailable, match="in use by a transaction that does not end"):
            await migrate.migrate(database_url)


async def test_a_migration_that_fails_leaves_nothing_behind(empty_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(migrate, "_GRANTS", "SELECT 1 / 0;")
    with pytest.raises(Exception, match="division by zero"):
        await migrate.migrate(empty_url)
    connection = await asyncpg.connect(empty_url)
    try:
        assert await connection.fetchval("SELECT to_regnamespace($1)", SCHEMA) is None
    finally:
        await connection.close()


async def test_the_guards_carry_the_table_s_fingerprint(psql: Connection) -> None:
    comment = await psql.fetchval("SELECT obj_description('record'::regclass)")
    assert comment == f"lifecycle {revision()}"


@pytest.mark.parametrize(
    ("name", "values"), [("record_status", RecordStatus), ("action", Action), ("actor_kind", ActorKind)]
)
async def test_the_enums_are_the_domain_s(psql: Connection, name: str, values: Any) -> None:
    found = await psql.fetchval(f"SELECT enum_range(NULL::{name})::text[]")
    assert sorted(found) == sorted(value.value for value in values)


_COLUMNS = """
SELECT attname, format_type(atttypid, NULL), NOT attnotnull AS nullable, attgenerated = 's' AS computed,
  attidentity <> '' AS identity, attnum = ANY (SELECT unnest(conkey) FROM pg_constraint WHERE conrelid = attrelid
    AND contype = 'p') AS key
FROM pg_attribute WHERE attrelid = $1::regclass AND attnum > 0 AND NOT attisdropped"""


@pytest.mark.parametrize("name", sorted(tables.metadata.tables))
async def test_a_typed_table_is_that_of_the_database(psql: Connection, name: str) -> None:
    typed = {
        (
            c.name,
            str(c.type.compile(dialect=_DIALECT)).lower(),
            bool(c.nullable),
            c.computed is not None,
            c.identity is not None,
            c.primary_key,
        )
        for c in tables.metadata.tables[name].columns
    }
    real = {tuple(row) for row in await psql.fetch(_COLUMNS.replace("$1::regclass", f"'{name}'::regclass"))}
    assert typed == real


async def test_a_database_that_is_absent_is_unavailable(cluster: EmbeddedPostgres) -> None:
    with pytest.raises(Unavailable, match=r"no such database .* Create it \(createdb\), then run `interlock migrate`"):
        await database.check(cluster.dsn("not_there"))


async def test_a_server_that_is_absent_is_unavailable() -> None:
    with pytest.raises(Unavailable, match=r"cannot be reached .* Is it up, and INTERLOCK_DATABASE_URL right"):
        await database.check("postgresql://nobody@127.0.0.1:1/none")
    with pytest.raises(Unavailable, match="cannot be reached"):
        await migrate.migrate("postgresql://nobody@127.0.0.1:1/none")


async def test_why_a_server_cannot_be_reached_is_said_in_one_line(database_url: str) -> None:
    with pytest.raises(Unavailable, match="invalid value for parameter") as caught:
        await database.check(f"{database_url}&lock_timeout=5xyz")
    assert "\n" not in str(caught.value), "PostgreSQL's hints have lines of their own"


@pytest.mark.parametrize("url", ["", "mysql://x/y", "postgresql://x:port/y", "rubbish"])
async def test_a_url_that_is_none_is_unavailable(url: str) -> None:
    with pytest.raises(Unavailable, match="INTERLOCK_DATABASE_URL"):
        await database.check(url)


async def test_a_database_that_was_not_migrated_is_unavailable(empty_url: str) -> None:
    with pytest.raises(Unavailable, match=f"at migration none, this Interlock needs {head()}. Run `interlock migrate`"):
        await database.check(empty_url)


async def test_a_database_of_another_version_is_unavailable(psql: Connection, database_url: str) -> None:
    await psql.execute("UPDATE alembic_version SET version_num = '0000'")
    with pytest.raises(Unavailable, match="at migration 0000"):
        await database.Database.open(database_url)


async def test_an_older_postgresql_is_unavailable(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database, "NEEDED_MAJOR", 99)
    monkeypatch.setattr(migrate, "NEEDED_MAJOR", 99)
    with pytest.raises(Unavailable, match="runs PostgreSQL 18; Interlock needs 99 or later"):
        await database.check(database_url)
    with pytest.raises(Unavailable, match="runs PostgreSQL 18; Interlock needs 99 or later"):
        await migrate.migrate(database_url)


async def test_a_migrated_database_is_fine(database_url: str) -> None:
    await database.check(database_url)


async def test_the_driver_s_options_in_a_url_are_the_driver_s(empty_url: str) -> None:
    more = "&application_name=mine&sslmode=prefer"
    assert await migrate.migrate(f"{empty_url}{more if '?' in empty_url else '?' + more[1:]}") == head()


@pytest.mark.parametrize(
    "url", ["postgresql://me:se#cret@127.0.0.1:5432/x", "postgresql://me:secret@127.0.0.1:port/x", "secret"]
)
async def test_a_url_that_cannot_be_read_is_refused_without_what_is_in_it(url: str) -> None:
    with pytest.raises(Unavailable, match="is no PostgreSQL URL") as refused:
        await migrate.migrate(url)
    assert "cret" not in str(refused.value)

"""Bringing a database to this version: Alembic for the tables, then the objects derived from the lifecycle.

Alembic, because it is what users of SQLAlchemy know, and it compares the typed tables with the real ones in a
test. Derived objects (guards, event triggers, functions) are laid anew each time, in the same transaction.
"""

from __future__ import annotations

import asyncio
import random
from pathlib import Path

import asyncpg
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import NullPool

from interlock.domain.errors import Unavailable
from interlock.store.feed_functions import feed_sql
from interlock.store.guards import guards_sql
from interlock.store.history import history_sql
from interlock.store.reaching import reach, unreachable
from interlock.store.script import run_script

SCHEMA = "interlock"
APP_ROLE = "interlock_app"
NEEDED_MAJOR = 18

_LOCK_TIMEOUT = "1s"
"""How long a lock is waited for: whoever comes after waits as long, and must not notice more than that."""
_TRIES = 60
_LONGEST_PAUSE = 2.0
_IN_USE = {"40P01", "55P03"}
"""SQLSTATEs of a deadlock, and of a lock that was not to be had in time."""

_GRANTS = f"""
REVOKE ALL ON SCHEMA {{schema}} FROM {APP_ROLE}, PUBLIC;
REVOKE ALL ON ALL TABLES IN SCHEMA {{schema}} FROM {APP_ROLE}, PUBLIC;
REVOKE ALL ON ALL SEQUENCES IN SCHEMA {{schema}} FROM {APP_ROLE}, PUBLIC;
GRANT USAGE ON SCHEMA {{schema}} TO {APP_ROLE};
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA {{schema}} TO {APP_ROLE};
REVOKE INSERT, UPDATE, DELETE ON alembic_version, unpaired FROM {APP_ROLE};
GRANT USAGE ON ALL SEQUENCES IN SCHEMA {{schema}} TO {APP_ROLE};
"""


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    return config


def head() -> str:
    """The revision that this code needs."""
    current = ScriptDirectory.from_config(_config()).get_current_head()
    assert current is not None
    return current


def engine_for(url: str) -> AsyncEngine:
    """SQLAlchemy's way to the database. The driver reads the URL, which SQLAlchemy would read otherwise."""
    return create_async_engine(
        "postgresql+asyncpg://", async_creator=lambda: reach(url, command_timeout=None), poolclass=NullPool
    )


def _upgrade(connection: Connection) -> None:
    major = connection.execute(text("SELECT current_setting('server_version_num')::int / 10000")).scalar_one()
    if major < NEEDED_MAJOR:
        raise Unavailable(
            f"The database runs PostgreSQL {major}; Interlock needs {NEEDED_MAJOR} or later. Upgrade it, or unset "
            "INTERLOCK_DATABASE_URL to use the embedded one."
        )
    # Two servers that migrate at once take turns.
    connection.execute(text("SELECT pg_advisory_xact_lock(hashtextextended('interlock.migrate', 0))"))
    connection.execute(text(f"SET LOCAL lock_timeout = '{_LOCK_TIMEOUT}'"))
    exists = connection.execute(text("SELECT 1 FROM pg_roles WHERE rolname = :r"), {"r": APP_ROLE}).scalar()
    if not exists:
        connection.execute(text(f"CREATE ROLE {APP_ROLE} NOLOGIN"))
    connection.execute(text(f"GRANT {APP_ROLE} TO CURRENT_USER"))
    connection.execute(text(f"CREATE SCHEMA IF NOT EXISTS {SCHEMA}"))
    lay(connection, SCHEMA)


def lay(connection: Connection, schema: str) -> None:
    """Bring a schema, which is there, to this version: tables, guards, functions and rights."""
    connection.execute(text(f"SET LOCAL search_path = {schema}"))
    config = _config()
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
    run_script(connection, derived_sql(schema) + _GRANTS.format(schema=schema) + history_sql(schema, APP_ROLE))


def derived_sql(schema: str) -> str:
    """What follows from the lifecycle, as one idempotent script."""
    return guards_sql(schema) + feed_sql()


async def migrate(url: str) -> str:
    """Migrate the database at ``url`` to this version and return the revision reached.

    Everything happens in one transaction: it is done whole or not at all. The role must be allowed to create a
    schema and the role ``interlock_app``, as which the server then works. Servers may be at work: where they have the
    tables, they go before. Raises Unavailable when the server is absent or older than PostgreSQL 18, and when the
    tables stay in use.
    """
    engine = engine_for(url)
    try:
        for _ in range(_TRIES):
            try:
                async with engine.begin() as connection:
                    await connection.run_sync(_upgrade)
            except (DBAPIError, asyncpg.PostgresError) as error:
                if getattr(getattr(error, "orig", error), "sqlstate", None) not in _IN_USE:
                    raise
                await asyncio.sleep(random.uniform(0, _LONGEST_PAUSE))  # noqa: S311 - jitter, no secret
            else:
                return head()
    except (OSError, ConnectionError) as error:
        raise unreachable(error) from error
    finally:
        await engine.dispose()
    raise Unavailable(
        f"The tables are in use by a transaction that does not end: {_TRIES} tries got no lock on them. Nothing was "
        "done. `SELECT * FROM pg_stat_activity ORDER BY xact_start` shows the transaction; end it, then migrate again."
    )

"""PostgreSQL itself: its version, its settings, its connections, its roles and its clock."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from interlock.store.connection import Connection
from interlock.store.migrate import APP_ROLE, NEEDED_MAJOR, SCHEMA, head

__all__ = [
    "APP_ROLE",
    "NEEDED_MAJOR",
    "Capacity",
    "capacity",
    "clock",
    "head",
    "revision",
    "settings",
    "what_would_let_it_see",
]

SETTINGS = (
    "server_version", "server_version_num", "fsync", "full_page_writes", "synchronous_commit", "autovacuum",
    "track_counts", "track_activities", "data_directory", "autovacuum_freeze_max_age",
    "autovacuum_multixact_freeze_max_age", "session_replication_role",
)  # fmt: skip


async def settings(connection: Connection) -> dict[str, str | None]:
    """These settings by name; None for one that this role may not see."""
    rows = await connection.fetch("SELECT name, setting FROM pg_settings WHERE name = ANY($1)", list(SETTINGS))
    return dict.fromkeys(SETTINGS) | {row["name"]: row["setting"] for row in rows}


async def revision(connection: Connection) -> str | None:
    """The migration that the database is at; None where nothing of Interlock is in it."""
    if await connection.fetchval("SELECT to_regclass($1)", f"{SCHEMA}.alembic_version") is None:
        return None
    found: str | None = await connection.fetchval(f"SELECT version_num FROM {SCHEMA}.alembic_version")
    return found


@dataclass(frozen=True, slots=True)
class Capacity:
    """Connections: how many clients may have, how many there are, and how many of them are Interlock's."""

    most: int
    open: int
    ours: int


async def capacity(connection: Connection) -> Capacity:
    row = await connection.fetchrow("""
        SELECT current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int
            - current_setting('reserved_connections')::int AS most,
          count(*) AS open,
          count(*) FILTER (WHERE application_name = 'interlock' AND datname = current_database()) AS ours
        FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()""")
    assert row is not None
    return Capacity(row["most"], row["open"], row["ours"])


async def what_would_let_it_see(connection: Connection) -> tuple[str, str | None]:
    """The session's role, and what lets it see other sessions and all settings; None where it does."""
    row = await connection.fetchrow(
        """SELECT quote_ident(current_user) AS role,
          pg_has_role('pg_read_all_stats', 'USAGE') AND pg_has_role('pg_read_all_settings', 'USAGE') AS sees"""
    )
    assert row is not None
    return row["role"], None if row["sees"] else f"GRANT pg_monitor TO {row['role']};"


async def clock(connection: Connection) -> datetime:
    found: datetime = await connection.fetchval("SELECT clock_timestamp()")
    return found

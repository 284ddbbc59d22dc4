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
    "Role",
    "capacity",
    "clock",
    "head",
    "revision",
    "role",
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


async def what_would_let_it_see(connection: Connection) -> str | None:
    """The statement after which this role sees what other sessions do; None where it does."""
    row = await connection.fetchrow(
        """SELECT pg_has_role('pg_read_all_stats', 'USAGE') AS sees,
          format('GRANT pg_read_all_stats TO %I;', current_user) AS granting"""
    )
    assert row is not None
    return None if row["sees"] else row["granting"]


@dataclass(frozen=True, slots=True)
class Role:
    """The application's role: what it could do that it must not, and what it owns of the schema."""

    exists: bool
    powers: list[str]
    owned: list[str]
    memberships: list[str]
    """Roles that it belongs to, and that have more than it may have, itself or through others."""
    replica: list[str]
    """Roles and databases for which ordinary triggers and foreign keys are switched off."""


async def role(connection: Connection) -> Role:
    row = await connection.fetchrow(
        f"""SELECT r.oid IS NOT NULL AS exists,
          array_remove(ARRAY[CASE WHEN r.rolsuper THEN 'SUPERUSER' END, CASE WHEN r.rolcreaterole THEN 'CREATEROLE' END,
            CASE WHEN r.rolcreatedb THEN 'CREATEDB' END, CASE WHEN r.rolreplication THEN 'REPLICATION' END,
            CASE WHEN r.rolbypassrls THEN 'BYPASSRLS' END, CASE WHEN r.rolcanlogin THEN 'LOGIN' END], NULL) AS powers,
          ARRAY(SELECT relname::text FROM pg_class c JOIN pg_roles o ON o.oid = c.relowner
            WHERE c.relnamespace = to_regnamespace('{SCHEMA}') AND c.relkind = 'r'
              AND pg_has_role(r.oid, o.oid, 'MEMBER')
            UNION ALL SELECT proname::text FROM pg_proc p JOIN pg_roles o ON o.oid = p.proowner
            WHERE p.pronamespace = to_regnamespace('{SCHEMA}') AND pg_has_role(r.oid, o.oid, 'MEMBER')
            ORDER BY 1) AS owned,
          ARRAY(SELECT quote_ident(g.rolname) FROM pg_auth_members m JOIN pg_roles g ON g.oid = m.roleid
            WHERE m.member = r.oid AND (g.rolsuper OR EXISTS (
              SELECT FROM pg_roles p WHERE starts_with(p.rolname, 'pg_') AND pg_has_role(g.oid, p.oid, 'MEMBER')))
            ORDER BY 1) AS memberships,
          ARRAY(SELECT coalesce(rolname, datname)::text FROM pg_db_role_setting s
            LEFT JOIN pg_roles a ON a.oid = s.setrole LEFT JOIN pg_database d ON d.oid = s.setdatabase
            WHERE 'session_replication_role=replica' = ANY(s.setconfig)) AS replica
        FROM (SELECT 1) one LEFT JOIN pg_roles r ON r.rolname = $1""",
        APP_ROLE,
    )
    assert row is not None
    return Role(*row)


async def clock(connection: Connection) -> datetime:
    found: datetime = await connection.fetchval("SELECT clock_timestamp()")
    return found

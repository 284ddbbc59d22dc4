"""The application's role: what it could do that it must not; and where foreign keys are switched off for a session."""

from __future__ import annotations

from dataclasses import dataclass

from interlock.store.connection import Connection
from interlock.store.migrate import APP_ROLE, SCHEMA

HARMLESS = (
    "pg_checkpoint", "pg_monitor", "pg_read_all_data", "pg_read_all_settings", "pg_read_all_stats",
    "pg_stat_scan_tables", "pg_use_reserved_connections",
)  # fmt: skip
"""Predefined roles that change nothing, and read no files."""


@dataclass(frozen=True, slots=True)
class Role:
    """The application's role, as it is in this database and cluster."""

    exists: bool
    powers: list[str]
    owned: list[str]
    heir: str
    """Who should own that instead."""
    memberships: list[str]
    """Roles that it belongs to, and that have more than it may have, itself or through others."""


_OURS = f"'{SCHEMA}'::regnamespace"
_ROLE = f"""
WITH ours AS (
  SELECT relname::text AS name, relowner AS owner, relacl AS acl FROM pg_class
  WHERE relnamespace = {_OURS} AND relkind <> 'i'
  UNION ALL SELECT proname, proowner, proacl FROM pg_proc WHERE pronamespace = {_OURS}
  UNION ALL SELECT typname, typowner, typacl FROM pg_type WHERE typnamespace = {_OURS} AND typtype = 'e'
  UNION ALL SELECT 'the schema', nspowner, nspacl FROM pg_namespace WHERE oid = {_OURS}
  UNION ALL SELECT 'the database', datdba, NULL FROM pg_database WHERE datname = current_database()
),
granted AS (
  SELECT (aclexplode(acl)).grantee FROM ours
  UNION SELECT (aclexplode(attacl)).grantee FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
  WHERE c.relnamespace = {_OURS}
),
mighty AS (
  SELECT oid FROM pg_roles WHERE rolsuper OR rolcreaterole OR rolcreatedb OR rolreplication OR rolbypassrls
    OR starts_with(rolname, 'pg_') AND rolname <> ALL ($2) OR oid IN (SELECT owner FROM ours)
    OR oid IN (SELECT grantee FROM granted) AND rolname <> $1
)
SELECT r.oid IS NOT NULL AS exists,
  array_remove(ARRAY[CASE WHEN r.rolsuper THEN 'SUPERUSER' END, CASE WHEN r.rolcreaterole THEN 'CREATEROLE' END,
    CASE WHEN r.rolcreatedb THEN 'CREATEDB' END, CASE WHEN r.rolreplication THEN 'REPLICATION' END,
    CASE WHEN r.rolbypassrls THEN 'BYPASSRLS' END, CASE WHEN r.rolcanlogin THEN 'LOGIN' END], NULL) AS powers,
  ARRAY(SELECT name FROM ours WHERE owner = r.oid ORDER BY 1) AS owned,
  quote_ident(coalesce(
    (SELECT pg_get_userbyid(nspowner) FROM pg_namespace WHERE oid = {_OURS} AND nspowner <> r.oid), current_user
  )) AS heir,
  ARRAY(SELECT quote_ident(g.rolname) FROM pg_auth_members m JOIN pg_roles g ON g.oid = m.roleid
    WHERE m.member = r.oid AND EXISTS (SELECT FROM mighty p WHERE pg_has_role(g.oid, p.oid, 'MEMBER'))
    ORDER BY 1) AS memberships
FROM (SELECT 1) one LEFT JOIN pg_roles r ON r.rolname = $1"""


async def role(connection: Connection) -> Role:
    row = await connection.fetchrow(_ROLE, APP_ROLE, list(HARMLESS))
    assert row is not None
    return Role(*row)


@dataclass(frozen=True, slots=True)
class Mended:
    """Something that is to be taken back, and the statement that does it."""

    what: str
    statement: str


# Of whoever may make things elsewhere; that the schema is not among those is looked at with its rights.
_MAKING = """
SELECT what, format('REVOKE CREATE ON %s FROM %s;', what, CASE x.grantee WHEN 0 THEN 'PUBLIC' ELSE $1 END) FROM (
  SELECT format('DATABASE %I', datname) AS what, datacl AS acl FROM pg_database WHERE datname = current_database()
  UNION ALL SELECT 'SCHEMA public', nspacl FROM pg_namespace WHERE nspname = 'public'
) open CROSS JOIN aclexplode(open.acl) x
WHERE x.privilege_type = 'CREATE' AND (x.grantee = 0 OR x.grantee = (SELECT oid FROM pg_roles WHERE rolname = $1))
ORDER BY 1"""


async def making(connection: Connection) -> list[Mended]:
    """Where the application's role, by itself or with everybody, may make things of its own."""
    return [Mended(*row) for row in await connection.fetch(_MAKING, APP_ROLE)]


_REPLICAS = """
SELECT coalesce(a.rolname || ' in ' || d.datname, a.rolname, d.datname, 'whoever connects'),
  CASE WHEN s.setrole = 0 AND s.setdatabase <> 0 THEN 'ALTER DATABASE ' || quote_ident(d.datname)
    ELSE 'ALTER ROLE ' || coalesce(quote_ident(a.rolname), 'ALL')
      || coalesce(' IN DATABASE ' || quote_ident(d.datname), '')
  END || ' RESET session_replication_role;'
FROM pg_db_role_setting s LEFT JOIN pg_roles a ON a.oid = s.setrole LEFT JOIN pg_database d ON d.oid = s.setdatabase
WHERE 'session_replication_role=replica' ILIKE ANY (s.setconfig) ORDER BY 1"""
# The embedded PostgreSQL names files by its working directory, which is its data directory.
_IN_FILES = """
SELECT 'whoever connects', CASE WHEN sourcefile LIKE '%/postgresql.auto.conf'
    THEN 'ALTER SYSTEM RESET session_replication_role; SELECT pg_reload_conf();'
    ELSE format('Take line %s out of %s; then: SELECT pg_reload_conf();', sourceline,
      replace(sourcefile, '/proc/self/cwd/', '')) END
FROM pg_file_settings WHERE lower(name) = 'session_replication_role' AND lower(setting) = 'replica' ORDER BY seqno"""


async def replicas(connection: Connection) -> list[Mended]:
    """Whose sessions leave ordinary triggers and foreign keys out, by PostgreSQL's files too where it shows them."""
    rows = await connection.fetch(_REPLICAS)
    if await connection.fetchval("SELECT has_function_privilege('pg_show_all_file_settings()', 'EXECUTE')"):
        rows += await connection.fetch(_IN_FILES)
    return [Mended(*row) for row in rows]

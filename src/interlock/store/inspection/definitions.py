"""What is laid in the database, against what this version would lay: in a schema aside, which is rolled back.

PostgreSQL writes both down itself, so that they can be compared word by word.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass

import asyncpg
from sqlalchemy import Connection as Synchronous
from sqlalchemy import text

from interlock.store.connection import Connection
from interlock.store.migrate import APP_ROLE, SCHEMA, derived_sql, engine_for, lay

Definitions = Mapping[tuple[str, str], str]
"""By kind and name, such as ("trigger", "record.record_keeps_its_key"), what PostgreSQL says it is."""

# Everything that a migration lays. Names are those without the schema; with a search_path that has only pg_catalog,
# PostgreSQL names the schema wherever it stands in a definition, and it is put back to its usual name.
_LAID = f"""
SELECT kind, name, replace(definition, '{{schema}}', '{SCHEMA}') AS definition FROM (
  SELECT 'column' AS kind, c.relname || '.' || a.attname AS name,
    concat_ws(' ', format_type(a.atttypid, a.atttypmod), CASE WHEN a.attnotnull THEN 'NOT NULL' END,
      nullif(a.attidentity, ''), pg_get_expr(d.adbin, d.adrelid)) AS definition
  FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
    LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
  WHERE c.relnamespace = '{{schema}}'::regnamespace AND c.relkind = 'r'
  UNION ALL
  SELECT 'table', relname,
    concat_ws(' ', relpersistence, obj_description(oid, 'pg_class'))
  FROM pg_class WHERE relnamespace = '{{schema}}'::regnamespace AND relkind = 'r'
  UNION ALL
  SELECT 'options', c.relname, concat_ws(' ', array_to_string(c.reloptions, ' '),
    (SELECT string_agg('toast.' || option, ' ') FROM unnest(t.reloptions) option))
  FROM pg_class c LEFT JOIN pg_class t ON t.oid = c.reltoastrelid
  WHERE c.relnamespace = '{{schema}}'::regnamespace AND c.relkind = 'r'
  UNION ALL
  SELECT 'constraint', conrelid::regclass::text || '.' || conname, pg_get_constraintdef(oid)
  FROM pg_constraint WHERE connamespace = '{{schema}}'::regnamespace AND conrelid <> 0 AND contype <> 'n'
  UNION ALL
  SELECT 'index', c.relname, pg_get_indexdef(i.indexrelid) || CASE WHEN i.indisvalid THEN '' ELSE ' (invalid)' END
  FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid WHERE c.relnamespace = '{{schema}}'::regnamespace
  UNION ALL
  SELECT 'trigger', c.relname || '.' || t.tgname,
    pg_get_triggerdef(t.oid) || CASE t.tgenabled WHEN 'A' THEN ' (always)' WHEN 'D' THEN ' (disabled)'
      ELSE ' (not for replicas)' END
  FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
  WHERE c.relnamespace = '{{schema}}'::regnamespace AND NOT t.tgisinternal
  UNION ALL
  SELECT 'function', p.proname, pg_get_functiondef(p.oid) FROM pg_proc p
  WHERE p.pronamespace = '{{schema}}'::regnamespace
  UNION ALL
  SELECT 'sequence', c.relname, concat_ws(' ', 'INCREMENT', s.seqincrement, 'MINVALUE', s.seqmin, 'MAXVALUE', s.seqmax,
    'START', s.seqstart, 'CACHE', s.seqcache, CASE WHEN s.seqcycle THEN 'CYCLE' ELSE 'NO CYCLE' END)
  FROM pg_sequence s JOIN pg_class c ON c.oid = s.seqrelid WHERE c.relnamespace = '{{schema}}'::regnamespace
  UNION ALL
  SELECT 'type', t.typname, string_agg(e.enumlabel, ' ' ORDER BY e.enumsortorder)
  FROM pg_type t JOIN pg_enum e ON e.enumtypid = t.oid
  WHERE t.typnamespace = '{{schema}}'::regnamespace GROUP BY t.typname
  UNION ALL
  SELECT 'rights', name, string_agg(
    privilege_type || CASE WHEN is_grantable THEN ' WITH GRANT OPTION' ELSE '' END, ' ' ORDER BY privilege_type) FROM (
    SELECT relname AS name, (aclexplode(relacl)).* FROM pg_class WHERE relnamespace = '{{schema}}'::regnamespace
    UNION ALL
    SELECT 'the schema', (aclexplode(nspacl)).* FROM pg_namespace WHERE nspname = '{{schema}}'
    UNION ALL
    SELECT proname, (aclexplode(coalesce(proacl, acldefault('f', proowner)))).* FROM pg_proc
    WHERE pronamespace = '{{schema}}'::regnamespace
  ) granted WHERE grantee = 0 OR grantee = (SELECT oid FROM pg_roles WHERE rolname = '{APP_ROLE}') GROUP BY name
) laid"""


@dataclass(frozen=True, slots=True)
class Comparison:
    """What differs, by kind and name. ``whole``: whether all that is laid was compared."""

    wanted: Definitions
    found: Definitions
    missing: tuple[tuple[str, str], ...]
    different: tuple[tuple[str, str], ...]
    unknown: tuple[tuple[str, str], ...]
    whole: bool = True

    @classmethod
    def of(cls, wanted: Definitions, found: Definitions, *, whole: bool) -> Comparison:
        absent = wanted.keys() - found.keys()
        things = {name for kind, name in absent if kind != "rights"}
        unknown = found.keys() - wanted.keys()
        return cls(
            wanted,
            found,
            # of what is not there, that its rights are not there either says nothing
            missing=tuple(sorted(key for key in absent if key[0] != "rights" or key[1] not in things)),
            different=tuple(sorted(key for key in wanted.keys() & found.keys() if wanted[key] != found[key])),
            unknown=tuple(sorted(key for key in unknown if whole or key[0] == "trigger")),
            whole=whole,
        )


def _laid(connection: Synchronous, schema: str) -> dict[tuple[str, str], str]:
    connection.execute(text("SET LOCAL search_path = pg_catalog"))
    rows = connection.exec_driver_sql(_LAID.format(schema=schema))
    # what bears a table's name in its own bears the schema's as well
    return {(kind, name.replace(f"{schema}.", "")): definition for kind, name, definition in rows}


def _both(connection: Synchronous) -> tuple[Definitions, Definitions]:
    """(what there is, what there should be)."""
    aside = f"{SCHEMA}_doctor_{secrets.token_hex(4)}"
    found = _laid(connection, SCHEMA)
    connection.execute(text(f"CREATE SCHEMA {aside}"))
    lay(connection, aside)
    return found, _laid(connection, aside)


async def compare(url: str) -> Comparison:
    """Lay everything aside, compare, and roll back. The role must be allowed to create a schema."""
    engine = engine_for(url)
    try:
        async with engine.connect() as connection, connection.begin() as transaction:
            found, wanted = await connection.run_sync(_both)
            await transaction.rollback()
    finally:
        await engine.dispose()
    return Comparison.of(wanted, found, whole=True)


async def may_lay_aside(connection: Connection) -> bool:
    """Whether this role may create a schema in this database."""
    return bool(await connection.fetchval("SELECT has_database_privilege(current_database(), 'CREATE')"))


_TRIGGER = re.compile(
    r"CREATE (?:OR REPLACE|CONSTRAINT) TRIGGER (\w+) (?:BEFORE|AFTER) [A-Za-z ]+?(?: OF \w+)? ON (\w+)"
)
_FUNCTION = re.compile(r"CREATE OR REPLACE FUNCTION (\w+)\(.*?\$\$(.*?)\$\$", re.DOTALL)


async def compare_in_part(connection: Connection) -> Comparison:
    """The same for a role that may not create a schema: triggers by name and whether they fire always, and the bodies
    of functions. The conditions of triggers cannot be compared.
    """
    script = derived_sql(SCHEMA)
    wanted = {("trigger", f"{table}.{name}"): "A" for name, table in _TRIGGER.findall(script)}
    wanted |= {("function", name): body for name, body in _FUNCTION.findall(script)}
    rows: list[asyncpg.Record] = await connection.fetch(
        f"""SELECT 'trigger' AS kind, c.relname || '.' || t.tgname AS name, t.tgenabled::text AS found
        FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
        WHERE c.relnamespace = '{SCHEMA}'::regnamespace AND NOT t.tgisinternal
        UNION ALL SELECT 'function', proname, prosrc FROM pg_proc WHERE pronamespace = '{SCHEMA}'::regnamespace"""
    )
    found = {(row["kind"], row["name"]): row["found"] for row in rows}
    return Comparison.of(wanted, found, whole=False)

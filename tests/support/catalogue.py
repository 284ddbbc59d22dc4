"""All that PostgreSQL's catalogue knows of our schema, to compare one database with another."""

from __future__ import annotations

from typing import Any

import asyncpg

from interlock.store.migrate import SCHEMA

_CATALOGUE = """
SELECT 'trigger', tgrelid::regclass || '.' || tgname, pg_get_triggerdef(oid) || tgenabled::text
  FROM pg_trigger WHERE NOT tgisinternal
UNION ALL SELECT 'key', tgrelid::regclass::text, string_agg(DISTINCT tgenabled::text, '')
  FROM pg_trigger WHERE tgisinternal GROUP BY tgrelid
UNION ALL SELECT 'function', proname, pg_get_functiondef(oid)
  FROM pg_proc WHERE pronamespace = 'interlock'::regnamespace
UNION ALL SELECT 'column', attrelid::regclass || '.' || attname, format_type(atttypid, atttypmod) || attnotnull::text
  FROM pg_attribute JOIN pg_class c ON c.oid = attrelid WHERE relnamespace = 'interlock'::regnamespace AND attnum > 0
UNION ALL SELECT 'index', indexname, indexdef FROM pg_indexes WHERE schemaname = 'interlock'
UNION ALL SELECT 'constraint', conname, pg_get_constraintdef(oid) FROM pg_constraint
  WHERE connamespace = 'interlock'::regnamespace
UNION ALL SELECT 'grant', relname, relacl::text FROM pg_class WHERE relnamespace = 'interlock'::regnamespace
UNION ALL SELECT 'comment', '', description FROM pg_description
  WHERE classoid = 'pg_class'::regclass AND objoid = 'interlock.record'::regclass
ORDER BY 1, 2, 3"""


async def catalogue(url: str) -> list[tuple[Any, ...]]:
    connection = await asyncpg.connect(url, server_settings={"search_path": SCHEMA})
    try:
        return [tuple(row) for row in await connection.fetch(_CATALOGUE)]
    finally:
        await connection.close()

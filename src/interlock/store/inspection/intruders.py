"""What stands on our tables and makes their guards worthless without touching them."""

from __future__ import annotations

from dataclasses import dataclass

from interlock.store.connection import Connection
from interlock.store.migrate import APP_ROLE, SCHEMA

RULE, POLICY, ROW_SECURITY = "rule", "policy", "row security"
CHILD, FOREIGN_KEY, COLUMN_RIGHT, OTHERS_RIGHT = "child", "foreign key", "column right", "right of others"


@dataclass(frozen=True, slots=True)
class Intruder:
    """``kind``: one of the constants above; ``table`` and ``name`` are quoted as SQL needs them."""

    kind: str
    table: str
    name: str


_ON_OURS = f"c.relnamespace = '{SCHEMA}'::regnamespace AND c.relkind = 'r'"
_INTRUDERS = f"""
SELECT '{RULE}' AS kind, quote_ident(c.relname) AS on_table, quote_ident(r.rulename) AS name
FROM pg_rewrite r JOIN pg_class c ON c.oid = r.ev_class WHERE {_ON_OURS}
UNION ALL
SELECT '{POLICY}', quote_ident(c.relname), quote_ident(p.polname)
FROM pg_policy p JOIN pg_class c ON c.oid = p.polrelid WHERE {_ON_OURS}
UNION ALL
SELECT '{ROW_SECURITY}', quote_ident(c.relname), '' FROM pg_class c
WHERE {_ON_OURS} AND (c.relrowsecurity OR c.relforcerowsecurity)
UNION ALL
SELECT '{CHILD}', quote_ident(c.relname), format('%I.%I', n.nspname, h.relname)
FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhparent JOIN pg_class h ON h.oid = i.inhrelid
  JOIN pg_namespace n ON n.oid = h.relnamespace WHERE {_ON_OURS}
UNION ALL
SELECT DISTINCT '{FOREIGN_KEY}', quote_ident(c.relname), quote_ident(k.conname)
FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_constraint k ON k.oid = t.tgconstraint
WHERE {_ON_OURS} AND t.tgisinternal AND t.tgenabled NOT IN ('O', 'A')
UNION ALL
SELECT DISTINCT '{COLUMN_RIGHT}', quote_ident(c.relname), quote_ident(a.attname)
FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid CROSS JOIN aclexplode(a.attacl) x
WHERE {_ON_OURS} AND (x.grantee = 0 OR x.grantee = (SELECT oid FROM pg_roles WHERE rolname = '{APP_ROLE}'))
UNION ALL
SELECT DISTINCT '{OTHERS_RIGHT}', quote_ident(c.relname), quote_ident(r.rolname)
FROM pg_class c CROSS JOIN aclexplode(c.relacl) x JOIN pg_roles r ON r.oid = x.grantee
WHERE {_ON_OURS} AND r.rolname <> '{APP_ROLE}' AND x.grantee <> c.relowner
  AND x.privilege_type NOT IN ('SELECT', 'MAINTAIN')
ORDER BY 1, 2, 3"""


async def intruders(connection: Connection) -> list[Intruder]:
    return [Intruder(*row) for row in await connection.fetch(_INTRUDERS)]

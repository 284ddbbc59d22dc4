"""Principals and keys. Only the sha256 of a key is stored: 256 random bits need no slow hash."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from interlock.domain.roles import Principal, Role
from interlock.store.connection import Connection

REVOKED = "interlock_revoked"
"""NOTIFY on this channel tells every server that some key is no longer valid."""


@dataclass(frozen=True, slots=True)
class KeyRow:
    """A key as it may be shown: never its hash."""

    id: int
    prefix: str
    principal: str
    role: Role
    created_at: datetime
    revoked_at: datetime | None


async def principal_of(connection: Connection, key_hash: bytes) -> Principal | None:
    """Who a valid key speaks for; None for a key that is unknown or revoked."""
    row = await connection.fetchrow(
        """SELECT p.id, p.name, p.role FROM api_key k JOIN principal p ON p.id = k.principal_id
        WHERE k.hash = $1 AND k.revoked_at IS NULL""",
        key_hash,
    )
    return Principal(row["id"], row["name"], Role(row["role"])) if row else None


async def find_principal(connection: Connection, name: str) -> Principal | None:
    row = await connection.fetchrow("SELECT id, name, role FROM principal WHERE name = $1", name)
    return Principal(row["id"], row["name"], Role(row["role"])) if row else None


async def create_principal(connection: Connection, name: str, role: Role) -> Principal | None:
    """The new principal, or None when the name is taken."""
    row = await connection.fetchrow(
        "INSERT INTO principal (name, role) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING RETURNING id",
        name,
        role,
    )
    return Principal(row["id"], name, role) if row else None


async def add_key(connection: Connection, principal_id: int, key_hash: bytes, prefix: str) -> int:
    """The id of the new key."""
    return int(
        await connection.fetchval(
            "INSERT INTO api_key (principal_id, hash, prefix) VALUES ($1, $2, $3) RETURNING id",
            principal_id,
            key_hash,
            prefix,
        )
    )


async def revoke_key(connection: Connection, key_id: int) -> bool:
    """Whether there was such a key that was still valid."""
    found = await connection.fetchval(
        "UPDATE api_key SET revoked_at = clock_timestamp() WHERE id = $1::bigint AND revoked_at IS NULL RETURNING id",
        key_id,
    )
    if found is not None:
        await connection.execute(f"NOTIFY {REVOKED}")
    return found is not None


async def keys(connection: Connection) -> list[KeyRow]:
    """Every key, newest first."""
    rows = await connection.fetch(
        """SELECT k.id, k.prefix, p.name, p.role, k.created_at, k.revoked_at
        FROM api_key k JOIN principal p ON p.id = k.principal_id ORDER BY k.id DESC"""
    )
    return [KeyRow(r["id"], r["prefix"], r["name"], Role(r["role"]), r["created_at"], r["revoked_at"]) for r in rows]


async def roles_with_keys(connection: Connection) -> set[Role]:
    """The roles that at least one valid key speaks for."""
    rows = await connection.fetch(
        "SELECT DISTINCT p.role FROM api_key k JOIN principal p ON p.id = k.principal_id WHERE k.revoked_at IS NULL"
    )
    return {Role(row["role"]) for row in rows}

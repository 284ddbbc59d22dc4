"""Registered managers: what they offer, and when they were last heard."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import asyncpg

from interlock.store.connection import Connection

_COLUMNS = """m.id, m.principal_id, m.name, m.cluster, m.hostname, m.version, m.tags, m.programs, m.lease_seconds,
  m.active, m.activated_at, m.heartbeat_at, m.completed, m.errors,
  (SELECT count(*) FROM attempt a WHERE a.part = 0 AND a.manager_id = m.id AND a.ended_at IS NULL) AS running"""


@dataclass(frozen=True, slots=True)
class ManagerRow:
    """A manager; ``programs`` is JSON text of names and versions."""

    id: int
    principal_id: int
    name: str
    cluster: str | None
    hostname: str | None
    version: str | None
    tags: list[str]
    programs: str
    lease_seconds: int
    active: bool
    activated_at: datetime
    heartbeat_at: datetime
    completed: int
    errors: int
    running: int


@dataclass(frozen=True, slots=True)
class NewManager:
    """A manager to be; ``programs`` is JSON text."""

    principal_id: int
    name: str
    cluster: str | None
    hostname: str | None
    version: str | None
    tags: list[str]
    programs: str
    lease_seconds: int


_ACTIVATE = """
INSERT INTO manager AS m (principal_id, name, cluster, hostname, version, tags, programs, lease_seconds)
VALUES ($1, $2, $3, $4, $5, $6, $7::jsonb, $8)
ON CONFLICT (name) DO UPDATE SET cluster = excluded.cluster, hostname = excluded.hostname, version = excluded.version,
  tags = excluded.tags, programs = excluded.programs, lease_seconds = excluded.lease_seconds, active = true,
  activated_at = clock_timestamp(), heartbeat_at = clock_timestamp()
  WHERE m.principal_id = excluded.principal_id
RETURNING id"""


async def activate(connection: Connection, new: NewManager) -> int | None:
    """Register, or register again under the same name; None when the name belongs to another principal."""
    found = await connection.fetchval(
        _ACTIVATE,
        new.principal_id, new.name, new.cluster, new.hostname, new.version, new.tags, new.programs, new.lease_seconds,
    )  # fmt: skip
    return None if found is None else int(found)


async def deactivate(connection: Connection, manager_id: int, *, heard: bool) -> None:
    """It is active no more; ``heard``: it says so itself."""
    heartbeat = ", heartbeat_at = clock_timestamp()" if heard else ""
    await connection.execute(f"UPDATE manager SET active = false{heartbeat} WHERE id = $1", manager_id)


async def silence_of(connection: Connection, name: str) -> tuple[int, float, int] | None:
    """The id of the active manager of this name, which is locked; the seconds for which it has not been heard of, and
    those of its leases.
    """
    row = await connection.fetchrow(
        """SELECT id, extract(epoch FROM clock_timestamp() - heartbeat_at)::float8, lease_seconds FROM manager
        WHERE name = $1 AND active FOR UPDATE""",
        name,
    )
    return None if row is None else (row[0], row[1], row[2])


def _row(row: asyncpg.Record) -> ManagerRow:
    values: dict[str, Any] = dict(row)
    return ManagerRow(**values)


async def managers_by_id(connection: Connection, ids: Sequence[int]) -> dict[int, ManagerRow]:
    rows = await connection.fetch(f"SELECT {_COLUMNS} FROM manager m WHERE m.id = ANY($1::bigint[])", list(ids))
    return {row["id"]: _row(row) for row in rows}


_SHOWN = f"""
SELECT {_COLUMNS} FROM manager m
WHERE m.active OR m.heartbeat_at > clock_timestamp() - $1::interval OR m.id IN (SELECT unnest($2::int[]))
ORDER BY m.id"""


async def managers_shown(connection: Connection, heard_within: timedelta, ids: Sequence[int]) -> dict[int, ManagerRow]:
    """Those that are active, those heard of late, and those of these ids."""
    return {row["id"]: _row(row) for row in await connection.fetch(_SHOWN, heard_within, list(ids))}


@dataclass(frozen=True, slots=True)
class ManagerStanding:
    """Whose a manager is and what it is called, which never changes, and whether it is active, which does."""

    principal_id: int
    name: str
    active: bool


async def standing_of(connection: Connection, manager_id: int) -> ManagerStanding | None:
    row = await connection.fetchrow("SELECT principal_id, name, active FROM manager WHERE id = $1::bigint", manager_id)
    return None if row is None else ManagerStanding(*row)


async def manager_page(
    connection: Connection,
    *,
    active: bool | None,
    after: int | None,
    before: int | None,
    limit: int,
    backward: bool,
) -> list[ManagerRow]:
    """Managers in id order strictly between two ids; backward: from the end, the last one first."""
    rows = await connection.fetch(
        f"""SELECT {_COLUMNS} FROM manager m
        WHERE ($1::bigint IS NULL OR m.id > $1) AND ($2::bigint IS NULL OR m.id < $2)
        AND ($3::boolean IS NULL OR m.active = $3) ORDER BY m.id {"DESC" if backward else "ASC"} LIMIT {int(limit)}""",
        after,
        before,
        active,
    )
    return [_row(row) for row in rows]

"""What hangs on a record, read for many records at once: specification, result, task, attempts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import asyncpg

from interlock.domain.lifecycle import RecordStatus
from interlock.store.bounded import bounded, within
from interlock.store.connection import Connection


@dataclass(frozen=True, slots=True)
class TaskDetail:
    """A task's content, args and kwargs as JSON text, and who holds its lease while it runs."""

    record_id: int
    function: str
    args: str
    kwargs: str
    manager_id: int | None
    lease_expires_at: datetime | None


@dataclass(frozen=True, slots=True)
class AttemptRow:
    """One run of a task; open attempts have no end and no outcome."""

    record_id: int
    number: int
    manager_id: int
    claimed_at: datetime
    lease_expires_at: datetime
    ended_at: datetime | None
    outcome: str | None
    error_type: str | None
    error_message: str | None
    traceback: str | None
    stdout: str | None
    stderr: str | None


async def specifications_of(connection: Connection, ids: Sequence[int], most: int) -> dict[int, str]:
    """Specifications as JSON text."""
    return {row["record_id"]: row["body"] for row in await _fetch(connection, _bodies("specification"), ids, most)}


@dataclass(frozen=True, slots=True)
class HasSpecification:
    """That a record has a specification."""

    record_id: int


async def specified_of(connection: Connection, ids: Sequence[int]) -> dict[int, HasSpecification]:
    """Those of the records that have a specification; only psql makes others."""
    rows = await connection.fetch(_SPECIFIED, list(ids))
    return {row["record_id"]: HasSpecification(row["record_id"]) for row in rows}


_SPECIFIED = "SELECT record_id FROM specification WHERE part = 0 AND record_id = ANY($1)"


async def results_of(connection: Connection, ids: Sequence[int], most: int) -> dict[int, str]:
    """Results of complete records as JSON text."""
    return {row["record_id"]: row["body"] for row in await _fetch(connection, _bodies("result"), ids, most)}


async def _fetch(connection: Connection, sql: str, ids: Sequence[int], most: int) -> list[asyncpg.Record]:
    """The rows for these ids; their last column only says that they fit. Raises Outgrown."""
    with bounded():
        return await connection.fetch(sql, list(ids), most)


def _bodies(table: str) -> str:
    rows = f"SELECT record_id, body::text AS body FROM {table} WHERE part = 0 AND record_id = ANY($1) OFFSET 0"
    return f"SELECT record_id, body, {within('octet_length(body)', '$2')} FROM ({rows}) made"


_TASKS = f"""
SELECT made.*, {within("octet_length(args) + octet_length(kwargs)", "$2")} FROM (
SELECT t.record_id, t.function, t.args::text, t.kwargs::text, a.manager_id, a.lease_expires_at
FROM task t JOIN record r ON r.part = t.part AND r.id = t.record_id
LEFT JOIN attempt a ON r.status = '{RecordStatus.RUNNING}' AND a.part = t.part AND a.record_id = t.record_id
  AND a.number = r.attempt AND a.ended_at IS NULL
WHERE t.part = 0 AND t.record_id = ANY($1) OFFSET 0) made"""


async def tasks_of(connection: Connection, ids: Sequence[int], most: int) -> dict[int, TaskDetail]:
    rows = await _fetch(connection, _TASKS, ids, most)
    return {row["record_id"]: TaskDetail(*list(row)[:-1]) for row in rows}


_LONG = ("error_message", "traceback", "stdout", "stderr")
_ATTEMPTS = f"""
SELECT record_id, number, manager_id, claimed_at, lease_expires_at, ended_at, outcome, error_type, error_message,
  traceback, stdout, stderr, {within(" + ".join(f"coalesce(octet_length({name}), 0)" for name in _LONG), "$2")}
FROM attempt WHERE part = 0 AND record_id = ANY($1) ORDER BY record_id, number"""


async def attempts_of(connection: Connection, ids: Sequence[int], most: int) -> dict[int, list[AttemptRow]]:
    """Attempts in the order of their numbers."""
    found: dict[int, list[AttemptRow]] = {}
    for row in await _fetch(connection, _ATTEMPTS, ids, most):
        found.setdefault(row["record_id"], []).append(AttemptRow(*list(row)[:-1]))
    return found

"""What hangs on a record, read for many records at once: specification, result, task, attempts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import asyncpg

from interlock.domain.lifecycle import RecordStatus
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


async def specifications_of(connection: Connection, ids: Sequence[int]) -> dict[int, str]:
    """Specifications as JSON text."""
    rows = await connection.fetch(
        "SELECT record_id, body FROM specification WHERE part = 0 AND record_id = ANY($1)", list(ids)
    )
    return {row["record_id"]: row["body"] for row in rows}


async def results_of(connection: Connection, ids: Sequence[int]) -> dict[int, str]:
    """Results of complete records as JSON text."""
    rows = await connection.fetch(
        "SELECT record_id, body FROM result WHERE part = 0 AND record_id = ANY($1)", list(ids)
    )
    return {row["record_id"]: row["body"] for row in rows}


_TASKS = f"""
SELECT t.record_id, t.function, t.args, t.kwargs, a.manager_id, a.lease_expires_at
FROM task t JOIN record r ON r.part = t.part AND r.id = t.record_id
LEFT JOIN attempt a ON r.status = '{RecordStatus.RUNNING}' AND a.part = t.part AND a.record_id = t.record_id
  AND a.number = r.attempt AND a.ended_at IS NULL
WHERE t.part = 0 AND t.record_id = ANY($1)"""


async def tasks_of(connection: Connection, ids: Sequence[int]) -> dict[int, TaskDetail]:
    rows = await connection.fetch(_TASKS, list(ids))
    return {row["record_id"]: TaskDetail(*row) for row in rows}


_ATTEMPTS = """
SELECT record_id, number, manager_id, claimed_at, lease_expires_at, ended_at, outcome, error_type, error_message,
  traceback, stdout, stderr
FROM attempt WHERE part = 0 AND record_id = ANY($1) ORDER BY record_id, number"""


def _attempt(row: asyncpg.Record) -> AttemptRow:
    values: dict[str, Any] = dict(row)
    return AttemptRow(**values)


async def attempts_of(connection: Connection, ids: Sequence[int]) -> dict[int, list[AttemptRow]]:
    """Attempts in the order of their numbers."""
    found: dict[int, list[AttemptRow]] = {}
    for row in await connection.fetch(_ATTEMPTS, list(ids)):
        found.setdefault(row["record_id"], []).append(_attempt(row))
    return found

"""The auditor sees whatever does not agree, in a database whose guards were taken away to bring that about."""

from __future__ import annotations

from typing import Any

import asyncpg
import pytest

from chaos.actors.auditor import RULES, audited
from support.storing import answer, claim, give_back, manager, submit

WRONG = {
    "%s is %s and has no task": "DELETE FROM task WHERE record_id = 1",
    "%s is %s and has a task": "INSERT INTO task (record_id, function, args, kwargs) VALUES (3, 'f', '[]', '{}')",
    "%s is %s and has a result, or should have one": "DELETE FROM result",
    "%s runs with %s open attempts of its number": "DELETE FROM attempt WHERE record_id = 2",
    "%s has attempt %s open, though it does not run it": "UPDATE record SET status = 'ERROR' WHERE id = 2",
    "%s counts %s attempts, but has others": "UPDATE record SET attempt = 7 WHERE id = 1",
    "%s is %s, which its last event does not say": "UPDATE record SET status = 'HOLD' WHERE id = 1",
    "%s has attempt %s, whose outcome its events do not say": (
        "UPDATE attempt SET outcome = 'ERROR', ended_at = now() WHERE record_id = 2"
    ),
    "%s is noted as unpaired in %s": "INSERT INTO unpaired VALUES (0, 1)",
    "Of cohort %s the counts are off by %s": "INSERT INTO status_count (cohort_id, status, n) VALUES (1, 'HOLD', 1)",
    "Manager %s is said to have completed %s records, but has not": "UPDATE manager SET completed = 5",
    "Tick %s begins at position %s, which is not the next": (
        "INSERT INTO tick SELECT id + 1, prev, snap, first_pos + n + 3, 0, 0, 0 FROM tick ORDER BY id DESC LIMIT 1"
    ),
}
"""By rule, what breaks it."""
_TABLES = ("record", "task", "result", "attempt", "event", "unpaired", "tick", "status_count", "manager")


@pytest.fixture
async def database(psql: asyncpg.Connection[Any]) -> asyncpg.Connection[Any]:
    """A waiting record, one that runs, and one that is complete."""
    await submit(psql, 1)
    worker = await manager(psql)
    await submit(psql, 2, priority=9)
    running, complete = await claim(psql, worker, 2)
    assert await give_back(psql, worker, answer(complete)) == ["ACCEPTED"]
    assert (running.record_id, complete.record_id) == (2, 3)
    return psql


async def test_what_agrees_is_not_complained_of(database: asyncpg.Connection[Any]) -> None:
    assert await audited(database) == []


@pytest.mark.parametrize("rule", RULES)
async def test_what_does_not_agree_is_seen(database: asyncpg.Connection[Any], rule: str) -> None:
    for table in _TABLES:
        await database.execute(f"ALTER TABLE {table} DISABLE TRIGGER ALL")
    await database.execute(WRONG[rule])
    begin, _, end = rule.replace("%s", "\0").partition("\0")
    faults = await audited(database)
    assert any(fault.startswith(begin) and fault.endswith(end.rpartition("\0")[2]) for fault in faults), faults

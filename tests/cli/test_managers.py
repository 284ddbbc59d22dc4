"""``interlock managers``: what is active is listed, and what is gone for good is forgotten."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from cli.calling import said
from interlock.domain.outcomes import Code
from interlock.store.connection import Connection
from support.storing import answer, claim, give_back, manager, submit


async def _said(url: str, *arguments: str) -> tuple[int, str, list[str]]:
    return await asyncio.to_thread(said, "managers", *arguments, INTERLOCK_DATABASE_URL=url)


@pytest.fixture
async def gone(psql: Connection) -> int:
    """A manager that holds two tasks, and was last heard of an hour ago."""
    await submit(psql, 3)
    number = await manager(psql, "gone away")
    await claim(psql, number, 2)
    await psql.execute("UPDATE manager SET heartbeat_at = heartbeat_at - $1::interval", timedelta(hours=1))
    return number


async def test_a_manager_that_is_gone_is_forgotten_and_its_tasks_are_given_up(
    psql: Connection, database_url: str, gone: int
) -> None:
    code, out, _ = await _said(database_url, "list")
    header, row = (line.split("\t") for line in out.splitlines())
    assert dict(zip(header, row, strict=True)) | {"heard of last": ""} == {
        "id": f"mgr_{gone}", "name": "gone away", "cluster": "", "tags": "*", "holds": "2", "heard of last": "",
    }  # fmt: skip
    heard = await psql.fetchval("SELECT heartbeat_at FROM manager")
    assert await _said(database_url, "forget", "gone away") == (
        0, "The manager 'gone away' is forgotten; 2 tasks were given up.\n", [],
    )  # fmt: skip
    rows = await psql.fetch("SELECT status::text, error_type FROM record ORDER BY id")
    assert [tuple(row) for row in rows] == [("ERROR", "manager_left")] * 2 + [("WAITING", None)]
    events = await psql.fetch("SELECT actor::text, who, reason FROM event WHERE action = 'REPORT_ERROR'")
    assert {tuple(event) for event in events} == {("SERVER", "interlock", "manager_left")}
    assert await psql.fetchval("SELECT heartbeat_at FROM manager WHERE NOT active") == heard
    assert (await _said(database_url, "list"))[1].count("\n") == 1
    code, _, (complaint,) = await _said(database_url, "forget", "gone away")
    assert (code, complaint) == (
        1, "interlock: There is no active manager 'gone away'; `interlock managers list` shows them.",
    )  # fmt: skip
    code, _, (complaint,) = await _said(database_url, "forget", "a\udcff")
    assert (code, complaint.startswith("interlock: There is no active manager")) == (1, True)


async def test_what_a_forgotten_manager_returns_is_refused(psql: Connection, database_url: str) -> None:
    await submit(psql)
    number = await manager(psql, "asleep")
    (lease,) = await claim(psql, number, 1)
    await _said(database_url, "forget", "asleep", "--force")
    assert await give_back(psql, number, answer(lease)) == [Code.LEASE_EXPIRED]


async def test_a_manager_with_long_leases_may_run_though_it_is_silent_for_minutes(
    psql: Connection, database_url: str
) -> None:
    await manager(psql, "unhurried")
    await psql.execute("UPDATE manager SET lease_seconds = 3600, heartbeat_at = heartbeat_at - interval '20 minutes'")
    code, _, (complaint,) = await _said(database_url, "forget", "unhurried")
    assert (code, "its leases last 3600 seconds" in complaint) == (1, True)
    await psql.execute("UPDATE manager SET heartbeat_at = heartbeat_at - interval '1 hour'")
    assert (await _said(database_url, "forget", "unhurried"))[0] == 0


async def test_a_manager_that_runs_is_forgotten_by_force_only(psql: Connection, database_url: str) -> None:
    await manager(psql, "at work")
    code, _, (complaint,) = await _said(database_url, "forget", "at work")
    assert code == 1
    assert "was heard of " in complaint
    assert "--force" in complaint
    assert await psql.fetchval("SELECT active FROM manager")
    assert (await _said(database_url, "forget", "at work", "--force"))[:2] == (
        0, "The manager 'at work' is forgotten; 0 tasks were given up.\n",
    )  # fmt: skip

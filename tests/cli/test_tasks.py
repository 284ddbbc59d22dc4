"""``interlock tasks rebuild``: records and tasks that lost one another past the guards are paired again."""

from __future__ import annotations

import asyncio

import asyncpg

from cli.calling import said
from support.api import Api


async def _rebuilt(url: str) -> tuple[int, str, list[str]]:
    return await asyncio.to_thread(said, "tasks", "rebuild", INTERLOCK_DATABASE_URL=url)


async def _past_guards(psql: asyncpg.Connection[asyncpg.Record], sql: str) -> None:
    for table in ("task", "record", "specification", "cohort"):
        await psql.execute(f"ALTER TABLE {table} DISABLE TRIGGER ALL")
    await psql.execute(sql)


TASKS = "SELECT record_id, function, args::text, kwargs::text FROM task ORDER BY record_id"


async def test_missing_tasks_are_built_as_they_were_and_idle_ones_dropped(
    api: Api, psql: asyncpg.Connection[asyncpg.Record], database_url: str
) -> None:
    specifications = [{"function": "math:sqrt", "args": [n], "kwargs": {"a": "ä" * n}} for n in range(5)]
    ids = await api.operator.submit(specifications=specifications)
    before = await psql.fetch(TASKS)
    await _past_guards(psql, f"DELETE FROM task WHERE record_id > {before[1]['record_id']}")
    await psql.execute("INSERT INTO task (record_id, function, args, kwargs) VALUES (999999, 'a:b', '[]', '{}')")
    assert await _rebuilt(database_url) == (0, "Tasks built: 3; dropped: 1.\n", [])
    assert await psql.fetch(TASKS) == before
    assert await _rebuilt(database_url) == (0, "Tasks built: 0; dropped: 0.\n", [])
    assert len(ids) == len(before)


async def test_what_there_is_nothing_to_build_by_is_named(
    api: Api, psql: asyncpg.Connection[asyncpg.Record], database_url: str
) -> None:
    first, second, third = await api.operator.submit(3)
    await _past_guards(psql, "DELETE FROM task")
    await psql.execute("DELETE FROM specification WHERE record_id = $1", int(first.removeprefix("rec_")))
    code, out, complaints = await _rebuilt(database_url)
    assert (code, out) == (1, "Tasks built: 2; dropped: 0.\n")
    (complaint,) = complaints
    assert complaint.startswith(f"interlock: without a task stay 1, such as {first}: their specifications are gone")
    await psql.execute("DELETE FROM task")
    await psql.execute("UPDATE cohort SET kind = 'gone'")
    code, out, complaints = await _rebuilt(database_url)
    assert (code, out) == (1, "Tasks built: 0; dropped: 0.\n")
    assert complaints[0].startswith(f"interlock: without a task stay 2, such as {second}, {third}: their kind is")


async def test_a_specification_of_no_use_keeps_no_other_from_its_task(
    api: Api, psql: asyncpg.Connection[asyncpg.Record], database_url: str
) -> None:
    first, *_ = await api.operator.submit(3)
    await _past_guards(psql, "DELETE FROM task")
    await psql.execute(
        """UPDATE specification SET body = '{"x": 1}' WHERE record_id = $1""", int(first.removeprefix("rec_"))
    )
    code, out, (complaint,) = await _rebuilt(database_url)
    assert (code, out) == (1, "Tasks built: 2; dropped: 0.\n")
    assert complaint.startswith(
        f"interlock: without a task stay 1, such as {first}: their specifications are gone, or of"
    )

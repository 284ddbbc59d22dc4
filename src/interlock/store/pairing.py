"""Records that lost their tasks, and tasks that lost their records: found from end to end, and paired again."""

from __future__ import annotations

from collections.abc import Sequence

from interlock.store.agreement import HAS_WORK
from interlock.store.connection import Connection
from interlock.store.regenerate import TaskRow


async def without_task(connection: Connection, after: int, limit: int) -> list[int]:
    """The first records beyond an id that have work to do and no task; in the order of their ids."""
    rows = await connection.fetch(
        f"""SELECT r.id FROM record r LEFT JOIN task t ON t.part = r.part AND t.record_id = r.id
        WHERE r.status {HAS_WORK} AND t.record_id IS NULL AND r.id > $1 ORDER BY r.id LIMIT {int(limit)}""",
        after,
    )
    return [row["id"] for row in rows]


async def drop_idle_tasks(connection: Connection) -> int:
    """Drop the tasks whose record has no work to do, or is gone; returns how many."""
    done = await connection.execute(f"""
        DELETE FROM task t WHERE NOT EXISTS (
          SELECT FROM record r WHERE r.part = t.part AND r.id = t.record_id AND r.status {HAS_WORK})""")
    return int(done.split()[-1])


async def make_tasks(connection: Connection, tasks: Sequence[TaskRow]) -> int:
    """Make tasks of records that have work to do; one that came to have its task meanwhile keeps that."""
    done = await connection.execute(
        """INSERT INTO task (record_id, function, args, kwargs)
        SELECT g.id, g.function, g.args::json, g.kwargs::json
        FROM unnest($1::bigint[], $2::text[], $3::text[], $4::text[]) AS g (id, function, args, kwargs)
        ON CONFLICT DO NOTHING""",
        [task.record_id for task in tasks],
        [task.function for task in tasks],
        [task.args for task in tasks],
        [task.kwargs for task in tasks],
    )
    return int(done.split()[-1])

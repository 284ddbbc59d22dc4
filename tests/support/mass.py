"""Very many records, made and moved by plain SQL within the guards: in sets, as the API does it, but not by its calls."""

from __future__ import annotations

from typing import Any

import asyncpg

TAG = "mass"

_LABELS = f"""
INSERT INTO lane (tag, programs) VALUES ('{TAG}', '{{}}');
INSERT INTO cohort (lane_id, owner_id, campaign, kind, kind_version)
  SELECT l.id, (SELECT min(id) FROM principal), '{TAG}', 'python', 1 FROM lane l WHERE tag = '{TAG}';
"""
_MADE = """
CREATE TEMP TABLE made ON COMMIT DROP AS
  SELECT nextval(pg_get_serial_sequence('record', 'id')) AS id, i FROM generate_series(1, {count}) i;
INSERT INTO record (id, cohort_id, lane_id)
  SELECT made.id, c.id, c.lane_id FROM made, cohort c WHERE c.campaign = '{tag}' ORDER BY made.id;
INSERT INTO task (record_id, function, args, kwargs)
  SELECT id, 'math:sqrt', json_build_array(i), '{{}}' FROM made ORDER BY id;
INSERT INTO specification (record_id, body)
  SELECT id, json_build_object('function', 'math:sqrt', 'args', json_build_array(i), 'kwargs', '{{}}'::json,
    'programs', '[]'::json) FROM made ORDER BY id;
"""


async def make(connection: asyncpg.Connection[Any], count: int) -> None:
    """So many records of the tag, waiting."""
    async with connection.transaction():
        if not await connection.fetchval("SELECT count(*) FROM lane WHERE tag = $1", TAG):
            await connection.execute(_LABELS)
        await connection.execute(_MADE.format(count=count, tag=TAG), timeout=600)
    await connection.execute("VACUUM ANALYZE record", timeout=600)


async def err(connection: asyncpg.Connection[Any]) -> None:
    """All records that wait are in ERROR, by the permitted way."""
    for source, status in (("WAITING", "RUNNING"), ("RUNNING", "ERROR")):
        await connection.execute(
            f"UPDATE record SET status = '{status}', error_type = 'mass' WHERE status = '{source}'", timeout=600
        )
        await connection.execute("VACUUM record", timeout=600)

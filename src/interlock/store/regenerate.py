"""Regeneration: the records were locked and judged; their tasks, built by the kinds, are put back in slices."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from interlock.domain.lifecycle import Action
from interlock.domain.model import Act
from interlock.store.acts import SET_ACT, act_setting
from interlock.store.connection import Connection
from interlock.store.moving import set_list, source_list

_SPECIFICATIONS = """
SELECT id, kind, kind_version, body FROM (
  SELECT made.*, sum(octet_length(body)) OVER (ORDER BY id) - octet_length(body) AS before FROM (
    SELECT r.id, c.kind, c.kind_version, s.body::text AS body
    FROM record r JOIN cohort c ON c.id = r.cohort_id
    JOIN specification s ON s.part = r.part AND s.record_id = r.id
    WHERE r.part = 0 AND r.id = ANY($1) OFFSET 0
  ) made
) counted WHERE before < $2 ORDER BY id"""

_REGENERATE = f"""
WITH act AS MATERIALIZED (SELECT {SET_ACT} AS set),
given AS MATERIALIZED (
  SELECT g.* FROM unnest($2::bigint[], $3::text[], $4::text[], $5::text[]) AS g (id, function, args, kwargs), act
), moved AS (
  UPDATE record r SET {set_list(Action.REGENERATE, "coalesce($6, clock_timestamp())")}
  WHERE r.part = 0 AND r.id = ANY(ARRAY(SELECT id FROM given)) AND r.status IN ({source_list(Action.REGENERATE)})
)
INSERT INTO task (record_id, function, args, kwargs) SELECT id, function, args::json, kwargs::json FROM given"""


@dataclass(frozen=True, slots=True)
class Specified:
    """A record's pinned kind and its specification, as JSON text."""

    id: int
    kind: str
    kind_version: int
    specification: str


@dataclass(frozen=True, slots=True)
class TaskRow:
    """A task to put back, its content as JSON text."""

    record_id: int
    function: str
    args: str
    kwargs: str


async def specifications(connection: Connection, ids: Sequence[int], most: int) -> list[Specified]:
    """What the kinds need to build the tasks of the first of these records: as many as have ``most`` bytes, or one."""
    rows = await connection.fetch(_SPECIFICATIONS, list(ids), most)
    return [Specified(*row) for row in rows]


async def put_back(connection: Connection, act: Act, tasks: Sequence[TaskRow], now: datetime | None) -> None:
    """Move the records, which the caller has locked, and create their tasks: one statement a slice."""
    await connection.execute(
        _REGENERATE,
        act_setting(act),
        [task.record_id for task in tasks],
        [task.function for task in tasks],
        [task.args for task in tasks],
        [task.kwargs for task in tasks],
        now,
    )

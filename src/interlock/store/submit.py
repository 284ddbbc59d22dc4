"""Submission: records, specifications and tasks of one call in one statement."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from interlock.domain.lifecycle import Action
from interlock.domain.matrix import sources
from interlock.domain.model import Act
from interlock.store.acts import SET_ACT, act_setting
from interlock.store.connection import Connection
from interlock.store.moving import set_list, source_list


class NewRecord(NamedTuple):
    """A record to be: its cohort and lane, and its specification and task content as JSON text."""

    cohort_id: int
    lane_id: int
    specification: str
    function: str
    args: str
    kwargs: str


_SUBMIT = f"""
WITH act AS MATERIALIZED (SELECT {SET_ACT} AS set),
given AS MATERIALIZED (
  SELECT nextval('record_id_seq') AS id, g.*
  FROM unnest($2::int[], $3::int[], $4::text[], $5::text[], $6::text[], $7::text[])
    WITH ORDINALITY AS g (cohort_id, lane_id, specification, function, args, kwargs, place), act
), records AS (
  INSERT INTO record (id, cohort_id, lane_id, priority, since, submitted_at)
  SELECT id, cohort_id, lane_id, $8, t.now, t.now
  FROM given, (SELECT coalesce($9, clock_timestamp()) AS now) t ORDER BY place
), specifications AS (
  INSERT INTO specification (record_id, body) SELECT id, specification::json FROM given ORDER BY place
), tasks AS (
  INSERT INTO task (record_id, function, args, kwargs) SELECT id, function, args::json, kwargs::json
  FROM given ORDER BY place
)
SELECT id FROM given ORDER BY place"""

_HOLD = f"""
WITH act AS MATERIALIZED (SELECT {SET_ACT} AS set)
UPDATE record r SET {set_list(Action.HOLD, "coalesce($3, clock_timestamp())")} FROM act
WHERE r.part = 0 AND r.id = ANY($2) AND r.status IN ({source_list(Action.HOLD)})"""

assert sources(Action.HOLD), "submission may ask to hold at once"


async def submit(
    connection: Connection,
    act: Act,
    records: Sequence[NewRecord],
    priority: int,
    *,
    hold: bool,
    now: datetime | None,
) -> list[int]:
    """Create the records, at least one, and return their ids in the order given; the caller owns the transaction.

    With ``hold`` they are put aside in the same transaction, so that no claim comes between.
    """
    columns = zip(*records, strict=True)
    ids = [row["id"] for row in await connection.fetch(_SUBMIT, act_setting(act), *columns, priority, now)]
    if hold:
        await connection.execute(_HOLD, act_setting(act), ids, now)
    return ids

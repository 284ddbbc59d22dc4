"""Whether the work is as the lifecycle has it: leases, counts, tags that are served, managers that are heard of.

What must be counted is counted up to a number, by an index; only what is asked for deeply reads whole tables.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from interlock.domain.lifecycle import STATUSES_WITH_TASK, RecordStatus
from interlock.domain.model import ANY_TAG
from interlock.store.connection import Connection
from interlock.store.counts import CURRENT

MOST = 1_000
"""Nothing is counted beyond."""
_FIRST = 100
"""Waiting records of a lane whose tasks are looked at."""
_RUNNING = f"r.part = 0 AND r.status = '{RecordStatus.RUNNING}'"
_OPEN = "a.part = 0 AND a.ended_at IS NULL"
_NOW = "coalesce($1, clock_timestamp())"
_LONG_AGO = f"{_NOW} - $2::float8 * interval '1 second'"
_SILENT = f"m.heartbeat_at < {_LONG_AGO} - 2 * m.lease_seconds * interval '1 second'"
"""Of a manager: its leases would have run out twice, and so many seconds more are gone."""


@dataclass(frozen=True, slots=True)
class Leases:
    """How many are wrong, and a record of each sort.

    ``orphans``: RUNNING without an open attempt. ``strays``: open attempts whose record does not run them. ``overdue``:
    leases that ran out so long ago that they should have been given up.
    """

    orphans: int
    strays: int
    overdue: int
    examples: dict[str, int]


_LEASES = {
    "orphans": f"""SELECT r.id FROM record r WHERE {_RUNNING} AND r.since < {_LONG_AGO}
      AND NOT EXISTS (SELECT FROM attempt a WHERE {_OPEN} AND a.record_id = r.id AND a.number = r.attempt)""",
    "strays": f"""SELECT a.record_id FROM attempt a WHERE {_OPEN}
      AND a.claimed_at < {_LONG_AGO}
      AND NOT EXISTS (SELECT FROM record r WHERE {_RUNNING} AND r.id = a.record_id AND r.attempt = a.number)""",
    "overdue": f"""SELECT a.record_id FROM attempt a
      JOIN record r ON {_RUNNING} AND r.id = a.record_id AND r.attempt = a.number
      WHERE {_OPEN} AND a.lease_expires_at < {_LONG_AGO}""",
}


async def leases(connection: Connection, grace: float, now: datetime | None) -> Leases:
    """Those that have been wrong for more than ``grace`` seconds."""
    counts: dict[str, int] = {}
    examples: dict[str, int] = {}
    for name, sql in _LEASES.items():
        row = await connection.fetchrow(
            f"SELECT count(*) AS n, min(id) AS example FROM ({sql} LIMIT {MOST}) AS found (id)", now, grace
        )
        assert row is not None
        counts[name] = row["n"]
        if row["n"]:
            examples[name] = row["example"]
    return Leases(**counts, examples=examples)


@dataclass(frozen=True, slots=True)
class Unserved:
    """Tasks that wait, and that no manager which is heard of could claim."""

    tag: str
    programs: list[str]
    waiting: int
    functions: list[str]
    """Those that the first of them call."""


async def unserved(connection: Connection, patience: float, now: datetime | None) -> list[Unserved]:
    """By tag and required programs, the most first; managers that were silent for longer serve nobody."""
    rows = await connection.fetch(
        f"""WITH heard AS MATERIALIZED (
          SELECT m.tags, ARRAY(SELECT jsonb_object_keys(m.programs)) AS programs FROM manager m
          WHERE m.active AND NOT {_SILENT}
        )
        SELECT l.tag, l.programs, sum(s.n)::bigint AS waiting, ARRAY(
          SELECT DISTINCT t.function FROM (
            SELECT r.part, r.id FROM record r WHERE r.part = 0 AND r.lane_id = l.id
              AND r.status = '{RecordStatus.WAITING}' ORDER BY r.priority DESC, r.id LIMIT {_FIRST}
          ) f JOIN task t ON t.part = f.part AND t.record_id = f.id ORDER BY 1) AS functions
        FROM status_count s JOIN cohort c ON c.id = s.cohort_id JOIN lane l ON l.id = c.lane_id
        WHERE s.part = 0 AND s.status = '{RecordStatus.WAITING}' AND s.n > 0 AND NOT EXISTS (
          SELECT FROM heard m WHERE (l.tag = ANY(m.tags) OR '{ANY_TAG}' = ANY(m.tags)) AND l.programs <@ m.programs
        )
        GROUP BY l.id ORDER BY waiting DESC, l.tag LIMIT {MOST}""",
        now,
        patience,
    )
    return [Unserved(*row) for row in rows]


@dataclass(frozen=True, slots=True)
class Silent:
    """A manager that is registered as active, and was not heard of for so many seconds."""

    id: int
    name: str
    seconds: float
    leases: int


async def silent(connection: Connection, patience: float, now: datetime | None) -> list[Silent]:
    """Those that were heard of the longest ago come first."""
    rows = await connection.fetch(
        f"""SELECT m.id, m.name, extract(epoch FROM {_NOW} - m.heartbeat_at)::float8 AS seconds,
          (SELECT count(*) FROM attempt a WHERE {_OPEN} AND a.manager_id = m.id) AS leases
        FROM manager m WHERE m.active AND {_SILENT}
        ORDER BY m.heartbeat_at LIMIT {MOST}""",
        now,
        patience,
    )
    return [Silent(*row) for row in rows]


@dataclass(frozen=True, slots=True)
class Miscount:
    """Records of one cohort and status: how many are told, and how many there are."""

    cohort: int
    status: str
    told: int
    counted: int


_MISCOUNTS = f"""{CURRENT},
told AS (SELECT cohort_id, status, sum(n)::bigint AS n FROM counted GROUP BY cohort_id, status),
found AS (SELECT cohort_id, status, count(*) AS n FROM record GROUP BY cohort_id, status)
SELECT cohort_id, status::text, coalesce(t.n, 0), coalesce(f.n, 0)
FROM told t FULL JOIN found f USING (cohort_id, status) WHERE coalesce(t.n, 0) <> coalesce(f.n, 0)
ORDER BY abs(coalesce(t.n, 0) - coalesce(f.n, 0)) DESC"""


async def miscounts(connection: Connection) -> list[Miscount]:
    """What the maintained counts have wrong; it counts all records."""
    return [Miscount(*row) for row in await connection.fetch(_MISCOUNTS)]


async def bereft(connection: Connection) -> list[int]:
    """Records without their specification, and complete ones without a result; it reads all of both."""
    rows = await connection.fetch(f"""
        SELECT r.id FROM record r LEFT JOIN specification s ON s.part = r.part AND s.record_id = r.id
        LEFT JOIN result x ON x.part = r.part AND x.record_id = r.id
        WHERE s.record_id IS NULL OR (x.record_id IS NULL AND r.status = '{RecordStatus.COMPLETE}') LIMIT {MOST}""")
    return [row["id"] for row in rows]


async def mismatched(connection: Connection) -> list[int]:
    """Records with work to do and no task, and tasks of records without; it reads all of both."""
    work = ", ".join(f"'{status}'" for status in sorted(STATUSES_WITH_TASK))
    rows = await connection.fetch(f"""
        SELECT coalesce(r.id, t.record_id) AS id FROM (SELECT part, id FROM record WHERE status IN ({work})) r
        FULL JOIN task t ON t.part = r.part AND t.record_id = r.id
        WHERE r.id IS NULL OR t.record_id IS NULL LIMIT {MOST}""")
    return [row["id"] for row in rows]

"""What is looked at while the load runs, second by second: processes, tables, the feed."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import asyncpg
import psutil

from chaos.world import World

_MEGABYTE = 1_000_000
_KEPT = ("record", "specification", "result", "attempt")
"""Tables that grow with the records: those are for ever."""

_SMALL = 0.2
"""Megabytes: no table is worth a line before."""

_TABLES = """
SELECT c.relname AS name, pg_total_relation_size(c.oid) AS size, coalesce(s.n_dead_tup, 0) AS dead
FROM pg_class c JOIN pg_stat_user_tables s ON s.relid = c.oid WHERE c.relnamespace = 'interlock'::regnamespace"""
_STATE = """
SELECT (SELECT first_pos + n - 1 FROM interlock.tick ORDER BY id DESC LIMIT 1) AS position,
  (SELECT max(id) FROM interlock.record) AS records,
  (SELECT coalesce(extract(epoch FROM clock_timestamp() - min(at)), 0) FROM interlock.event
    WHERE xid >= (SELECT pg_snapshot_xmax(snap) FROM interlock.tick ORDER BY id DESC LIMIT 1)) AS lag"""


@dataclass(frozen=True)
class Sample:
    """One look."""

    memory: float
    """Megabytes of the largest server process."""
    files: int
    """Open file handles of all server processes."""
    backends: int
    tables: dict[str, float]
    """Megabytes."""
    dead: int
    position: int
    records: int
    lag: float
    """Seconds for which the oldest event without a position has waited."""


async def look(world: World, psql: asyncpg.Connection[Any]) -> Sample:
    processes = [psutil.Process(server.pid) for server in world.servers]
    tables = await psql.fetch(_TABLES)
    state = await psql.fetchrow(_STATE)
    assert state is not None
    return Sample(
        memory=max(process.memory_info().rss for process in processes) / _MEGABYTE,
        files=sum(process.num_fds() for process in processes),
        backends=await psql.fetchval("SELECT count(*) FROM pg_stat_activity WHERE application_name = 'interlock'"),
        tables={row["name"]: row["size"] / _MEGABYTE for row in tables},
        dead=sum(row["dead"] for row in tables),
        position=state["position"],
        records=state["records"] or 0,
        lag=float(state["lag"]),
    )


@dataclass(frozen=True)
class Bound:
    """What a figure was in the second quarter of the time and in the last one, and what it may be there."""

    name: str
    unit: str
    early: float
    late: float
    most: float

    @property
    def kept(self) -> bool:
        return self.late <= self.most

    def row(self) -> str:
        mark = "yes" if self.kept else "NO"
        return f"| {self.name} | {self.early:,.1f} | {self.late:,.1f} | {self.most:,.1f} | {self.unit} | {mark} |"


def bounds(samples: Sequence[Sample]) -> list[Bound]:
    """Everything that must not grow with time: in the last quarter it may be a little more than in the second.

    The first quarter is left out: caches fill, and what is kept for a while is not yet given up.
    """
    quarter = len(samples) // 4
    early, late = samples[quarter : 2 * quarter], samples[-quarter:]

    def figure(name: str, unit: str, of: Any, factor: float, slack: float) -> Bound:
        was, is_ = statistics.median(map(of, early)), statistics.median(map(of, late))
        return Bound(name, unit, was, is_, was * factor + slack)

    passing = [name for name, size in sorted(samples[-1].tables.items()) if name not in _KEPT and size > _SMALL]
    return [
        figure("memory of the largest server", "MB", lambda s: s.memory, 1.1, 10),
        figure("open files of the servers", "", lambda s: s.files, 1.1, 10),
        figure("connections to PostgreSQL", "", lambda s: s.backends, 1.0, 5),
        figure("dead rows in all tables", "", lambda s: s.dead, 2.0, 50_000),
        figure("events without a position, the oldest", "s", lambda s: s.lag, 2.0, 0.5),
        *(figure(f"table {name}", "MB", lambda s, n=name: s.tables[n], 1.25, 2.0) for name in passing),
    ]


def per_record(samples: Sequence[Sample]) -> dict[str, float]:
    """Bytes of each table that is for ever, for each record."""
    last = samples[-1]
    return {name: last.tables[name] * _MEGABYTE / max(last.records, 1) for name in _KEPT}

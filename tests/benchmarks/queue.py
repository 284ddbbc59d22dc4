"""Claim and return, against other queues on the same PostgreSQL, and against the least that PostgreSQL can be asked to do.

Ours goes over HTTP to a real server, with authentication, leases, attempts, events and guards. Peers go by their own
client libraries straight to the database, as well as they can: PGQueuer with its best batch, Graphile Worker with a
local queue of 500 and completions in batches. A peer forgets its jobs when they are done; ours keeps every record.
"""

from __future__ import annotations

import os
import statistics
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import asyncpg

from benchmarks.measuring import peers
from benchmarks.measuring.ground import Ground, ground
from benchmarks.measuring.pairs import Result, Timed, compare
from benchmarks.queues.floor import bare
from benchmarks.queues.taken_away import VARIANTS, copied
from benchmarks.queues.worker import Worker, worker
from support.api import Client

_JOBS = 20_000
_MANAGERS = 4
_PGQUEUER = [(1, 100), (1, 500), (2, 100), (4, 100), (4, 500)]
"""Managers and batch: whichever serves it best."""
_GRAPHILE = [(8,), (24,), (50,)]
"""Jobs at a time in its process: whichever serves it best."""
_KEY = """mutation ($input: CreateKeyInput!) { createKey(input: $input) { key errors { message } } }"""


def told(text: str) -> None:
    print(text, file=sys.stderr, flush=True)  # noqa: T201 - progress


async def _manager_key(admin: Client) -> str:
    return str((await admin.call(_KEY, name="cluster", role="MANAGER"))["key"])


async def _made(g: Ground, name: str) -> str:
    """A database of its own for a peer, in our cluster."""
    connection = await asyncpg.connect(g.database)
    await connection.execute(f"CREATE DATABASE {name}")
    await connection.close()
    return g.database.replace("/interlock?", f"/{name}?")


@asynccontextmanager
async def workers(g: Ground) -> AsyncIterator[Mapping[str, Worker]]:
    """Ours and all peers, each a process that waits for what to do."""
    node = await peers.node()
    graphile, boss = await peers.npm("graphile-worker"), await peers.npm("pg-boss")
    python = await peers.python("pgqueuer[asyncpg]==1.6.0", "uvloop==0.23.0")
    script = peers.HERE / "pgqueuer" / "run.py"
    ours = (
        sys.executable,
        "-m",
        "benchmarks.queues.managers",
        g.client.url,
        g.client.key,
        await _manager_key(g.client),
    )
    async with AsyncExitStack() as stack:

        async def started(*command: str | Path, folder: Path | None = None) -> Worker:
            return await stack.enter_async_context(worker(*command, folder=folder))

        yield {
            "ours": await started(*ours),
            "graphile": await started(node, "run.js", await _made(g, "graphile"), folder=graphile),
            "pg-boss": await started(node, "run.js", await _made(g, "boss"), folder=boss),
            "pgqueuer": await started(python, script, await _made(g, "pgqueuer")),
        }


async def _best(peer: Worker, offered: Sequence[tuple[int, ...]]) -> Timed:
    """The peer as it is fastest."""
    rates = {options: await peer.draining(_JOBS, *options)() for options in offered for _ in range(2)}
    return peer.draining(_JOBS, *max(rates, key=rates.__getitem__))


async def run() -> list[Result]:
    """All of them on one cluster, in turn."""
    os.environ.setdefault("PYTHONPATH", str(Path(__file__).parent.parent))
    results: list[Result] = []
    async with ground() as g, workers(g) as by_name:
        ours = by_name["ours"]
        by_fifty, by_hundreds = ours.draining(_JOBS, _MANAGERS, 50), ours.draining(_JOBS, _MANAGERS, 500)

        async def add(name: str, goal: float, mine: Timed, theirs: Timed) -> None:
            results.append(await compare(name, "jobs/s", goal, mine, theirs))
            told(results[-1].row())

        pgqueuer, boss, graphile = by_name["pgqueuer"], by_name["pg-boss"], by_name["graphile"]
        await add("queue, batches of 50: PGQueuer", 1.3, by_fifty, await _best(pgqueuer, _PGQUEUER))
        await add("queue, batches of 50: pg-boss at 50", 1.3, by_fifty, boss.draining(_JOBS, _MANAGERS, 50))
        by_graphile = await _best(graphile, _GRAPHILE)
        await add("queue, batches of 500: Graphile Worker", 0.7, by_hundreds, by_graphile)
        await add("queue, batches of 50: bare pgbench", 0, by_fifty, bare(g.database, _JOBS, _MANAGERS, 50))
        await add("queue, batches of 500: bare pgbench, one client", 0, by_hundreds, bare(g.database, _JOBS, 1, 500))
        async with copied(g, _MANAGERS) as copy:
            for variant in VARIANTS:
                await copy.take_away(variant)
                mine = copy.draining(_JOBS, 500, variant.turn)
                await add(f"queue, batches of 500, {variant.name}: Graphile Worker", 0, mine, by_graphile)
        for name, one in by_name.items():
            told(f"  {name}: enqueued {statistics.median(one.enqueued):,.0f} jobs/s")
    return results

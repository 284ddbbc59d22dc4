"""For every line "JOBS MANAGERS BATCH" on standard input: enqueue so many jobs, work them off, write the seconds taken."""

from __future__ import annotations

import asyncio
import json
import sys
import time
from datetime import timedelta

import asyncpg
import uvloop
from pgqueuer import AsyncpgDriver, QueueManager
from pgqueuer.models import Job
from pgqueuer.queries import Queries
from pgqueuer.types import QueueExecutionMode

_ENQUEUED = 1_000


async def _manage(url: str, batch: int) -> None:
    connection = await asyncpg.connect(url)
    manager = QueueManager(Queries(AsyncpgDriver(connection)))

    @manager.entrypoint("work")
    async def work(job: Job) -> None:
        """Nothing to do: what is measured is the queue."""

    await manager.run(batch_size=batch, mode=QueueExecutionMode.drain, dequeue_timeout=timedelta(seconds=1))
    await connection.close()


async def main(url: str) -> None:
    queries = Queries(AsyncpgDriver(await asyncpg.connect(url)))
    await queries.install()
    loop = asyncio.get_running_loop()
    while line := await loop.run_in_executor(None, sys.stdin.readline):
        jobs, managers, batch = map(int, line.split())
        began = time.perf_counter()
        for start in range(0, jobs, _ENQUEUED):
            count = min(_ENQUEUED, jobs - start)
            await queries.enqueue(["work"] * count, [b"%d" % i for i in range(start, start + count)], [0] * count)
        enqueued = time.perf_counter()
        await asyncio.gather(*(_manage(url, batch) for _ in range(managers)))
        drained = time.perf_counter()
        left = sum(one.count for one in await queries.queue_size())
        assert left == 0, f"{left} jobs are left"
        print(json.dumps({"enqueue": enqueued - began, "drain": drained - enqueued}), flush=True)  # noqa: T201 - the answer


uvloop.run(main(sys.argv[1]))

"""Managers that die, freeze and come back late; and the servers that give up what they held."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from random import Random

from chaos.moves.move import Move
from chaos.moves.own import Own, own
from chaos.world import LEASE, NEMESIS, World
from interlock.domain.roles import Role

_FILE = "chaos/test_faults_managers.py"
_TESTS = str(Path(__file__).parents[2])
RESCUED = LEASE + 3.0
"""Seconds after which a task is back in the queue whose manager died: its lease, and two looks of the server."""


@asynccontextmanager
async def manager_process(world: World, random: Random, tag: str) -> AsyncIterator[asyncio.subprocess.Process]:
    """A real ``interlock manager``, in a session of its own, until the block ends."""
    url = random.choice(world.servers).url
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "interlock.cli", "manager", "--url", url, "--tag", tag, "--workers", "2"),
        *("--function", "manager.tasks:*", "--lease-seconds", str(LEASE), "--name", f"{tag}-{random.random()}"),
        env={
            **os.environ,
            "INTERLOCK_API_KEY": await world.key(f"{NEMESIS}-manager", Role.MANAGER),
            "PYTHONPATH": os.pathsep.join((_TESTS, os.environ.get("PYTHONPATH", ""))),
        },
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        yield process
    finally:
        with suppress(ProcessLookupError):
            process.kill()
        await process.wait()


async def kill_manager(world: World, random: Random) -> None:
    """After its claim; another one does the work."""
    async with own(world, random) as mine:
        ids = await mine.submit(random.randint(1, 3), seconds=1.0)
        async with manager_process(world, random, mine.tag):
            await _begun(mine, ids)
        async with manager_process(world, random, mine.tag):
            await mine.reached(ids, "COMPLETE")


async def _begun(mine: Own, ids: list[str]) -> None:
    async with asyncio.timeout(60):
        while not set(await mine.statuses(ids)) & {"RUNNING", "COMPLETE"}:  # noqa: ASYNC110 - they are far away
            await asyncio.sleep(0.05)


async def answer_late(world: World, random: Random) -> None:
    """A manager that was given up answers, before or after another has done its work. Raises AssertionError."""
    async with own(world, random) as mine:
        (id_,) = await mine.submit(1)
        zombie, living = await mine.manager(lease=1), await mine.manager()
        late = await mine.claim(zombie, 1)
        await mine.reached([id_], "ERROR", "WAITING")
        if random.random() < 0.5:
            await _refused(mine, zombie, late)
        tokens = await mine.claim(living, 1)
        await _refused(mine, zombie, late)
        assert (await mine.give_back(living, tokens, "of the living"))[0] in {"ACCEPTED", "ALREADY_ACCEPTED"}
        await _refused(mine, zombie, late)
        result = (await mine.user.execute("query ($id: ID!) { record(id: $id) { result } }", id=id_))["record"]
        assert result == {"result": "of the living"}


async def _refused(mine: Own, zombie: str, late: list[str]) -> None:
    codes = await mine.give_back(zombie, late, "of a zombie")
    assert codes == ["LEASE_EXPIRED"], f"a zombie's answer was {codes}"


async def expire_many(world: World, random: Random) -> None:
    """Leases that run out at the same moment, which all servers see. Raises AssertionError for what is done twice."""
    async with own(world, random) as mine:
        ids = await mine.submit(random.randint(100, 300))
        manager = await mine.manager(lease=1)
        claimed = await mine.claim(manager, len(ids))
        await mine.reached(ids, "WAITING")
        query = "query ($ids: [ID!]!) { nodes(ids: $ids) { ... on Record { attemptCount events { action } } } }"
        for node in (await mine.user.execute(query, ids=ids))["nodes"]:
            actions = [event["action"] for event in node["events"]]
            expected = ["SUBMIT", *["CLAIM", "REPORT_ERROR", "RETRY"] * node["attemptCount"]]
            assert actions == expected, f"{actions} of {len(claimed)} claimed"


MOVES = (
    Move(
        "kill_manager",
        "manager killed after its claim",
        "its lease runs out, and another manager does the work, once",
        f"{_FILE}::test_the_work_of_a_killed_manager_is_done_by_another",
        kill_manager,
        further=("manager/test_partings.py::test_the_tasks_of_a_manager_that_was_killed_are_tried_again",),
    ),
    Move(
        "answer_late",
        "manager that was given up answers late (zombie)",
        "refused (LEASE_EXPIRED): its result never counts, whether another has the task by then or not",
        f"{_FILE}::test_a_late_answer_is_refused_and_never_counts",
        answer_late,
        further=("manager/test_partings.py::test_a_result_that_comes_after_its_lease_was_given_up_is_dropped",),
    ),
    Move(
        "expire_many",
        "leases that run out at once, seen by several servers",
        "each is given up once, and retried once",
        f"{_FILE}::test_leases_that_several_servers_see_run_out_are_given_up_once",
        expire_many,
    ),
)

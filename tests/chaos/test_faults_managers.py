"""Managers die, freeze, and come back late: every task is done by somebody, and counts once."""

from __future__ import annotations

import os
import signal
from random import Random

import pytest

from chaos.moves.managers import RESCUED, manager_process
from chaos.moves.own import Own, own
from chaos.trial import struck
from chaos.world import World

pytestmark = [pytest.mark.slow, pytest.mark.asyncio(loop_scope="module")]
SEED = 1
ATTEMPTS = "query ($id: ID!) { record(id: $id) { result attempts { outcome error { type } } } }"


async def test_the_work_of_a_killed_manager_is_done_by_another(world: World) -> None:
    await struck(world, "kill_manager", SEED)
    async with own(world, Random(SEED)) as mine:
        (id_,) = await mine.submit(1, seconds=60)
        async with manager_process(world, Random(SEED), mine.tag):
            await mine.reached([id_], "RUNNING")
        await mine.reached([id_], "WAITING", within=RESCUED)


async def test_a_late_answer_is_refused_and_never_counts(world: World) -> None:
    for seed in (1, 2):  # before another has done the work, and only after
        await struck(world, "answer_late", seed)


async def test_a_frozen_manager_that_thaws_has_lost_its_tasks(world: World) -> None:
    """A real one, whose worker goes on meanwhile: the result is there, and is not taken."""
    async with own(world, Random(SEED)) as mine:
        (id_,) = await mine.submit(1, seconds=1.0)
        async with manager_process(world, Random(SEED), mine.tag) as frozen:
            await mine.reached([id_], "RUNNING")
            os.kill(frozen.pid, signal.SIGSTOP)
            await mine.reached([id_], "WAITING", within=RESCUED)
            async with manager_process(world, Random(SEED + 1), mine.tag):
                await mine.reached([id_], "RUNNING")
                os.kill(frozen.pid, signal.SIGCONT)
                await mine.reached([id_], "COMPLETE")
        await _one_counted(mine, id_)


async def _one_counted(mine: Own, id_: str) -> None:
    record = (await mine.user.execute(ATTEMPTS, id=id_))["record"]
    outcomes = [(one["outcome"], one["error"] and one["error"]["type"]) for one in record["attempts"]]
    assert outcomes == [("ERROR", "lease_expired"), ("COMPLETE", None)]
    assert record["result"] == "slept"


async def test_leases_that_several_servers_see_run_out_are_given_up_once(world: World) -> None:
    await struck(world, "expire_many", SEED)

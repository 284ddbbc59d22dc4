"""Managers against the real server: how they leave, and what happens when either side is away."""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path

import pytest

from interlock.manager.client import KeyRefused, Refused
from interlock.settings import Settings
from manager.proxy import proxy
from manager.running import manager, reached, record, submit
from manager.waiting import gone, pid_in, until
from support.api import DEACTIVATE, Api


@pytest.fixture
def settings() -> Settings:
    """Short leases, and a server that looks for expired ones often."""
    return Settings(upkeep_interval=0.1, drain_timeout=2.0, key_cache=0.0, lease_shortest=1, max_result=1_000_000)


async def test_draining_finishes_what_runs_and_hands_the_rest_back(server: str, api: Api, tmp_path: Path) -> None:
    warm = await submit(api, *[("add", [1])] * 20)
    async with manager(server, api, workers=1, lease_seconds=60) as running:
        await reached(api, warm, "COMPLETE")
        ids = await submit(api, ("sleep", [2.0, str(tmp_path / "began")]), *[("add", [1])] * 10)
        await pid_in(tmp_path / "began")
        await until(lambda: running.details("claimed")[-1]["count"] > 1)
        await running.stopped()
    (draining,) = running.details("draining")
    assert draining["running"] == 1
    assert draining["unstarted"] > 0
    statuses = await api.viewer.statuses(ids)
    assert statuses == ["COMPLETE", *["WAITING"] * 10]
    assert running.details("deactivated") == [{"handed_back": draining["unstarted"], "given_up": 0}]
    assert [a["error"]["type"] for a in (await record(api, ids[1]))["attempts"]] == ["returned_unstarted"]


async def test_what_does_not_finish_in_time_is_given_up(server: str, api: Api, tmp_path: Path) -> None:
    (long,) = await submit(api, ("sleep", [60, str(tmp_path / "began")]))
    async with manager(server, api, workers=1, drain_seconds=0.2) as running:
        worker = await pid_in(tmp_path / "began")
        await running.stopped()
    assert running.details("deactivated") == [{"handed_back": 0, "given_up": 1}]
    assert (await record(api, long))["errorType"] == "manager_left"
    await until(lambda: gone(worker))


async def test_a_second_signal_stops_at_once(server: str, api: Api, tmp_path: Path) -> None:
    (long,) = await submit(api, ("sleep", [60, str(tmp_path / "began")]))
    async with manager(server, api, workers=1) as running:
        worker = await pid_in(tmp_path / "began")
        running.stop.set()
        await until(lambda: running.details("draining"))
        running.now.set()
        await asyncio.wait_for(running.work, 5)
    assert (await record(api, long))["errorType"] == "manager_left"
    await until(lambda: gone(worker))


async def test_the_tasks_of_a_manager_that_was_killed_are_tried_again(server: str, api: Api, tmp_path: Path) -> None:
    (long,) = await submit(api, ("sleep", [60, str(tmp_path / "began")]))
    here = Path(__file__).parent
    environment = {**os.environ, "PYTHONPATH": str(here.parent), "TMPDIR": str(tmp_path)}
    process = await asyncio.create_subprocess_exec(
        sys.executable, str(here / "lonely_manager.py"), server, api.manager.key, "1", env=environment
    )
    worker = await pid_in(tmp_path / "began")
    process.kill()
    await process.wait()
    await until(lambda: gone(worker))
    await reached(api, [long], "ERROR")
    found = await record(api, long)
    assert found["errorType"] == "lease_expired"
    assert found["retry"]["nextAt"] is not None


async def test_work_goes_on_while_the_server_is_away_and_is_delivered_when_it_is_back(
    server: str, api: Api, tmp_path: Path
) -> None:
    began = [tmp_path / "first", tmp_path / "second"]
    ids = await submit(api, *[("sleep", [8.0, str(file)]) for file in began])
    async with proxy(server) as between, manager(between.url, api, lease_seconds=60) as running:
        for file in began:
            await pid_in(file)
        between.cut()
        await until(lambda: len(running.details("finished")) == 2)
        await until(lambda: running.details("server_away"))
        assert await api.viewer.statuses(ids) == ["RUNNING"] * 2
        between.away = False
        await reached(api, ids, "COMPLETE")
        assert running.details("server_back")
    assert [len((await record(api, one))["attempts"]) for one in ids] == [1, 1]


async def test_a_result_that_comes_after_its_lease_was_given_up_is_dropped(
    server: str, api: Api, tmp_path: Path
) -> None:
    (late,) = await submit(api, ("sleep", [1.0, str(tmp_path / "began")]))
    async with proxy(server) as between, manager(between.url, api, lease_seconds=1) as running:
        await pid_in(tmp_path / "began")
        between.cut()
        await reached(api, [late], "ERROR")
        await until(lambda: running.details("finished"))
        between.away = False
        await until(lambda: running.details("return_refused") or running.details("lost"))
    found = await record(api, late)
    assert (found["status"], found["errorType"], found["result"]) == ("ERROR", "lease_expired", None)


async def test_lost_replies_lose_and_repeat_nothing(server: str, api: Api) -> None:
    ids = await submit(api, *[("add", [number]) for number in range(40)])
    async with proxy(server) as between, manager(between.url, api, lease_seconds=60, batch_count=5) as running:
        await until(lambda: running.details("activated"))
        between.swallow_every = 3
        await reached(api, ids, "COMPLETE")
        assert between.swallowed >= 3
    assert [len((await record(api, one))["attempts"]) for one in ids] == [1] * 40
    assert not running.details("return_refused")


async def test_a_manager_that_was_deactivated_from_outside_registers_again(server: str, api: Api) -> None:
    async with manager(server, api) as running:
        await until(lambda: running.details("activated"))
        manager_id = running.details("activated")[0]["manager"]
        await api.manager.call(DEACTIVATE, managerId=manager_id)
        (one,) = await submit(api, ("add", [1]))
        await reached(api, [one], "COMPLETE")
        assert len(running.details("activated")) == 2


async def test_a_manager_whose_key_is_revoked_stops_its_work_and_ends(server: str, api: Api, tmp_path: Path) -> None:
    await submit(api, ("sleep", [60, str(tmp_path / "began")]))
    keys = (await api.admin.execute("{ keys { id principal } }"))["keys"]
    (key,) = [key["id"] for key in keys if key["principal"] == "manager"]
    async with manager(server, api, workers=1, lease_seconds=1) as running:
        worker = await pid_in(tmp_path / "began")
        revoke = "mutation ($input: RevokeKeyInput!) { revokeKey(input: $input) { errors { code } } }"
        await api.admin.call(revoke, keyId=key)
        with pytest.raises(KeyRefused):
            await asyncio.wait_for(running.work, 10)
    await until(lambda: gone(worker))


async def test_a_key_of_another_role_is_refused_with_the_reason(server: str, api: Api) -> None:
    async with manager(server, api, key=api.viewer.key) as running:
        with pytest.raises(Refused, match="FORBIDDEN"):
            await asyncio.wait_for(running.work, 10)

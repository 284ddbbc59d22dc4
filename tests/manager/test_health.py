"""A manager that cannot run what it is given: it gives up, and the queue is as it was."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from interlock.manager import slot
from interlock.manager.health import Health, Unfit
from interlock.settings import Settings
from manager.running import manager, reached, record, submit
from manager.waiting import until
from support.api import Api


@pytest.fixture
def settings() -> Settings:
    """Short leases, and a server that looks for expired ones often."""
    return Settings(upkeep_interval=0.1, drain_timeout=2.0, key_cache=0.0, lease_shortest=1)


async def ended(running: Any) -> str:
    """What a manager that gave up says."""
    with pytest.raises(Unfit) as caught:
        await asyncio.wait_for(running.work, 30)
    return str(caught.value)


async def test_tasks_that_it_may_not_run_are_back_in_the_queue_when_it_gives_up(server: str, api: Api) -> None:
    ids = await submit(api, *[("add", [number]) for number in range(40)])
    async with manager(server, api, functions=("math:*",)) as running:
        said = await ended(running)
    assert "5 tasks in a row could not be run here" in said
    assert "They ask for manager.tasks:add; this manager runs math:*." in said
    assert "(--tag), or allow them (--function manager.tasks:add)" in said
    assert set(await api.viewer.statuses(ids)) == {"WAITING"}
    back = sum([len((await record(api, one))["attempts"]) for one in ids])
    assert back >= 5
    assert running.details("deactivated") == [{"handed_back": back, "given_up": 0}]
    assert said.endswith(f" {back} tasks were handed back into the queue.")
    first = await record(api, ids[0])
    assert [attempt["error"]["type"] for attempt in first["attempts"]] == ["returned_unstarted"]
    assert first["retry"]["used"] == 0


async def test_after_it_gave_up_another_one_runs_them_all(server: str, api: Api) -> None:
    ids = await submit(api, *[("add", [number]) for number in range(8)])
    async with manager(server, api, functions=("math:*",)) as running:
        await ended(running)
    async with manager(server, api):
        await reached(api, ids, "COMPLETE")


async def test_a_few_that_it_cannot_run_among_others_are_errors_and_stop_nothing(server: str, api: Api) -> None:
    calls = [("add", [1]), ("_hidden", []), ("_hidden", []), ("_hidden", [])] * 4
    ids = await submit(api, *calls)
    async with manager(server, api, workers=1):
        await reached(api, ids, "COMPLETE", "ERROR")
    assert await api.viewer.statuses(ids) == ["COMPLETE", "ERROR", "ERROR", "ERROR"] * 4
    assert (await record(api, ids[1]))["errorType"] == "function_not_allowed"


async def test_one_that_nothing_follows_is_an_error_after_a_moment(server: str, api: Api) -> None:
    (alone,) = await submit(api, ("_hidden", []))
    async with manager(server, api, doubt_seconds=0.5):
        await reached(api, [alone], "ERROR")


async def test_a_module_that_cannot_be_imported_is_told_before_anything_is_claimed(server: str, api: Api) -> None:
    ids = await submit(api, ("add", [1]))
    async with manager(server, api, functions=("scimod:*", "math:no_such", "math:sqrt")) as running:
        said = await ended(running)
    assert "scimod:* (ModuleNotFoundError: No module named 'scimod')" in said
    assert "math:no_such (AttributeError" in said
    assert "math:sqrt" not in said
    assert "PYTHONPATH" in said
    assert await api.viewer.statuses(ids) == ["WAITING"]
    assert not running.details("activated")


async def test_a_module_that_ends_its_process_takes_no_manager_along(
    server: str, api: Api, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "deadly.py").write_text("import os\nos._exit(3)\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    async with manager(server, api, functions=("deadly:*",)) as running:
        assert "importing deadly:* ended badly: The worker process died" in await ended(running)


async def test_workers_that_cannot_start_end_it(server: str, api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    async def fails(_: slot.Slot) -> None:
        raise slot.WorkerGone("no memory")

    monkeypatch.setattr(slot.Slot, "start", fails)
    async with manager(server, api, workers=3) as running:
        assert await ended(running) == "5 workers in a row could not start here: no memory"


async def test_the_key_is_looked_at_before_any_worker_starts(server: str, api: Api) -> None:
    async with manager(server, api, key="nonsense") as running:
        await until(running.work.done)
        assert running.work.exception() is not None
    assert not running.details("worker_ready")


def test_what_was_run_between_makes_it_no_row() -> None:
    health = Health(2, ("a:*",))
    for _ in range(3):
        health.could_not_run("b:c")
        health.ran()
        health.worker("no memory")
        health.worker(None)
    assert not health.lost.is_set()
    health.could_not_run("b:c")
    health.could_not_run("b:c")
    assert health.lost.is_set()
    assert "allow them (--function b:c)" in health.reason

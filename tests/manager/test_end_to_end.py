"""Managers against the real server: claims, computations, failures, kills."""

from __future__ import annotations

import signal
from pathlib import Path
from typing import Any

import pytest

from interlock.settings import Settings
from kinds.molecules import WATER, specification
from manager.running import manager, reached, record, submit
from manager.waiting import gone, pid_in, until
from support.api import Api


@pytest.fixture
def settings() -> Settings:
    """Short leases, and a server that looks for expired ones often."""
    return Settings(upkeep_interval=0.1, drain_timeout=2.0, key_cache=0.0, lease_shortest=1, max_result=1_000_000)


async def test_a_molecule_is_computed_and_its_energy_kept(server: str, api: Api) -> None:
    pytest.importorskip("tblite")
    (water,) = await api.operator.submit(kind="qcschema", specifications=[specification()])
    async with manager(server, api, programs=None) as running:
        await reached(api, [water], "COMPLETE")
        (activated,) = running.details("activated")
        assert {"tblite", "rdkit"} <= set(activated["programs"])
    done = await record(api, water)
    assert done["result"]["return_result"] == pytest.approx(-5.070370535, abs=1e-6)
    (attempt,) = done["attempts"]
    assert attempt["outcome"] == "COMPLETE"
    assert attempt["manager"]["name"] == running.config.name
    assert "total energy" in attempt["stdout"]


async def test_a_computation_that_fails_is_an_error_with_the_programs_reason(server: str, api: Api) -> None:
    pytest.importorskip("tblite")
    failing = [
        specification(keywords={"max-iter": 1}),
        specification({**WATER, "symbols": ["Np", "H", "H"], "molecular_multiplicity": 2}),
    ]
    ids = await api.operator.submit(kind="qcschema", specifications=failing)
    async with manager(server, api, programs=None):
        await reached(api, ids, "ERROR")
    first, second = [(await record(api, one))["attempts"][0]["error"] for one in ids]
    assert (first["type"], first["message"]) == ("execution_error", "SCF not converged in 1 cycles")
    assert "ComputationFailed" in first["traceback"]
    assert "Z >86" in second["message"]


@pytest.mark.parametrize(
    ("call", "error"),
    [
        (("fail", ["on purpose"]), "ValueError"),
        (("_hidden", []), "function_not_allowed"),
        (("give", [None]), "result_missing"),
        (("make", ["'x' * 2_000_000"]), "result_too_large"),
        (("make", ["2**64"]), "result_not_json"),
        (("fail", ["\U0001f600 \t and é"]), "ValueError"),
    ],
)
async def test_each_failure_has_its_error_type(server: str, api: Api, call: tuple[str, list[Any]], error: str) -> None:
    (failing,) = await submit(api, call)
    async with manager(server, api, result_bytes=1_000_000):
        await reached(api, [failing], "ERROR")
    assert (await record(api, failing))["errorType"] == error


async def test_a_result_over_the_servers_limit_is_an_error_and_no_other_result_suffers(server: str, api: Api) -> None:
    ids = await submit(api, ("make", ["'x' * 2_000_000"]), *[("add", [number]) for number in range(5)])
    async with manager(server, api):  # which believes in a limit of 64 MB
        await reached(api, ids, "ERROR", "COMPLETE")
    assert await api.viewer.statuses(ids) == ["ERROR", *["COMPLETE"] * 5]
    failed = await record(api, ids[0])
    assert failed["errorType"] == "result_refused"
    assert "1000000" in failed["attempts"][0]["error"]["message"]


async def test_a_task_that_outlasts_its_lease_is_kept_by_heartbeats(server: str, api: Api) -> None:
    (long,) = await submit(api, ("sleep", [3.0]))
    async with manager(server, api, lease_seconds=1):
        await reached(api, [long], "COMPLETE")
    assert len((await record(api, long))["attempts"]) == 1


async def test_a_record_killed_while_it_runs_is_stopped_within_a_heartbeat(
    server: str, api: Api, tmp_path: Path
) -> None:
    (doomed,) = await submit(api, ("sleep", [60, str(tmp_path / "began")]))
    async with manager(server, api, workers=1, lease_seconds=3) as running:
        worker = await pid_in(tmp_path / "began")
        await api.operator.move("kill", [doomed])
        await until(lambda: gone(worker), seconds=2)
        (lost,) = running.details("lost")
        assert (lost["record"], lost["code"]) == (doomed, "KILLED")
        (next_,) = await submit(api, ("add", [1]))
        await reached(api, [next_], "COMPLETE")
    assert not running.details("return_refused")


async def test_a_worker_that_dies_is_an_error_and_tried_again(server: str, api: Api) -> None:
    (deadly,) = await submit(api, ("end_by", [signal.SIGSEGV]))
    async with manager(server, api, workers=1):
        await reached(api, [deadly], "ERROR")
    found = await record(api, deadly)
    assert found["errorType"] == "worker_lost"
    assert found["retry"]["nextAt"] is not None
    assert "SIGSEGV" in found["attempts"][0]["error"]["message"]
    assert found["attempts"][0]["stdout"] == "last words\n"


async def test_many_short_tasks_are_claimed_many_at_a_time(server: str, api: Api) -> None:
    ids = await submit(api, *[("add", [number]) for number in range(300)])
    async with manager(server, api) as running:
        await reached(api, ids, "COMPLETE")
        assert len(running.details("claimed")) < 30
    assert (await record(api, ids[41]))["result"] == 42


async def test_no_long_task_waits_behind_another_while_it_could_run_elsewhere(server: str, api: Api) -> None:
    """Short tasks first, so that many are claimed ahead; then long ones, which are handed on."""
    short = await submit(api, *[("add", [1])] * 50)
    long = await submit(api, *[("sleep", [3.0])] * 6)
    one_worker = {"workers": 1, "ahead_seconds": 0.3}
    async with manager(server, api, **one_worker), manager(server, api, **one_worker):
        await reached(api, short, "COMPLETE")
        await reached(api, long, "COMPLETE", seconds=25)
    attempts = [(await record(api, one))["attempts"] for one in long]
    assert len({tried[-1]["manager"]["name"] for tried in attempts}) == 2
    assert max(len(tried) for tried in attempts) <= 4  # handed on, not to and fro


async def test_a_manager_that_claims_nothing_ahead_still_computes_everything(server: str, api: Api) -> None:
    ids = await submit(api, *[("add", [number]) for number in range(20)])
    async with manager(server, api, ahead_seconds=0) as running:
        await reached(api, ids, "COMPLETE")
        assert max(claimed["count"] for claimed in running.details("claimed")) <= 2
        assert not running.details("handed_back")

"""The whole demo, as people start it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import psutil
import pytest
from gql import gql

from demo.running import Demo, kept, left_behind, looking, nothing_is_left
from interlock.demo.api import Api

FEW = ("--molecules", "12", "--workers", "2")
MOVES = ["hold", "error", "permitted", "refused", "retry", "error", "fail", "regenerate", "error", "kill", "release"]
OF_TWELVE = {"COMPLETE": 9, "ERROR": 1, "FAILED": 1, "KILLED": 1}


@pytest.mark.timeout(200)
async def test_the_demo_shows_every_move_on_real_records_and_ends_by_itself(tmp_path: Path) -> None:
    data_dir = tmp_path / "data"
    async with Demo.started(data_dir, *FEW) as demo:
        assert await demo.ends() == 0, demo.text
    assert demo.counts == OF_TWELVE, demo.text
    told = iter(demo.labels)
    assert all(move in told for move in MOVES), demo.labels
    assert re.search(r"^  error +rec_\d+ copper complex .*: SCF not converged in 25 cycles$", demo.text, re.MULTILINE)
    assert "KILL is not permitted from ERROR" in demo.text
    assert "Permitted instead: FAIL, RETRY. The shortest way to it: RETRY, then KILL." in demo.text
    assert re.search(r"toluquinone +C7H6O2 +-26\.09\d+ hartree", demo.text)
    assert left_behind(data_dir) == []


@pytest.mark.timeout(300)
async def test_however_it_was_interrupted_the_demo_goes_on_where_it_was_and_does_nothing_twice(tmp_path: Path) -> None:
    data_dir = tmp_path / "data"
    async with Demo.started(data_dir, *FEW) as demo:
        await demo.says("manager")
        demo.interrupt()
        assert await demo.ends() == 130, demo.text
        assert "Started again, the demo goes on from here." in demo.text
    assert left_behind(data_dir) == []

    async with Demo.started(data_dir, *FEW) as demo:
        await demo.says("retry")
        demo.process.kill()
        await demo.ends()
        assert not {"submit", "hold"} & set(demo.labels), demo.text
    await nothing_is_left(data_dir)

    async with Demo.started(data_dir, *FEW) as demo:
        assert await demo.ends() == 0, demo.text
    assert not {"submit", "hold", "retry"} & set(demo.labels), demo.text
    assert demo.counts == OF_TWELVE, demo.text

    async with Demo.started(data_dir, *FEW) as demo:
        assert await demo.ends() == 0, demo.text
    assert not {"submit", "manager", "release"} & set(demo.labels), demo.text
    assert demo.counts == OF_TWELVE, demo.text
    assert left_behind(data_dir) == []

    events, records = await kept(data_dir)
    assert len(records) == 11
    by_people = {action: count for action, count in events.items() if action.startswith("USER")}
    assert by_people == {
        "USER SUBMIT": 12,
        "USER HOLD": 5,
        "USER RELEASE": 4,
        "USER KILL": 1,
        "USER RETRY": 1,
        "USER FAIL": 2,
        "USER REGENERATE": 1,
    }
    assert events["MANAGER COMPLETE"] == 9


@pytest.mark.timeout(200)
async def test_with_keep_running_the_server_and_a_manager_stay_until_ctrl_c(tmp_path: Path) -> None:
    data_dir = tmp_path / "data"
    elsewhere = {"INTERLOCK_DATABASE_URL": "postgresql://nobody@127.0.0.1:1/none"}
    for _ in ("at first", "when all is done already"):
        async with Demo.started(data_dir, "--molecules", "1", "--keep-running", **elsewhere) as demo:
            assert (await demo.says("note")).startswith("INTERLOCK_DATABASE_URL is set, and not used")
            url = (await demo.says("server")).split(",")[0]
            await demo.says("client_examples/")
            async with Api.connect(url, (data_dir / "admin.key").read_text().strip()) as api:
                seen = await api.ask(gql("{ managers(active: true) { nodes { tags } } records { nodes { tag } } }"))
            assert [manager["tags"] for manager in seen["managers"]["nodes"]] == [["demo"]]
            assert [record["tag"] for record in seen["records"]["nodes"]] == ["demo"]
            demo.interrupt()
            await demo.says("Stopping")
            demo.interrupt()
            assert await demo.ends() == 0, demo.text
            assert demo.text.endswith("  Stopped.\n")  # nothing is left to do
        assert left_behind(data_dir) == []
    (data_dir / "admin.key").write_text("ilk_revoked\n")
    async with Demo.started(data_dir, "--molecules", "1") as demo:
        assert await demo.ends() == 1
    assert (
        f"\ninterlock: The server does not accept the key in {data_dir}/admin.key. Make another one: rm -f "
        in demo.text
    )
    assert "--role ADMIN --data-dir" in demo.text
    assert left_behind(data_dir) == []


@pytest.mark.slow
@pytest.mark.timeout(400)
async def test_two_hundred_molecules_are_computed_and_the_queries_of_the_readme_show_them(tmp_path: Path) -> None:
    async with Demo.started(tmp_path / "data") as demo:
        assert await demo.ends() == 0, demo.text
    assert demo.counts == {"COMPLETE": 197, "ERROR": 1, "FAILED": 1, "KILLED": 1}, demo.text
    readme = (Path(__file__).parents[2] / "README.md").read_text()
    said: dict[str, Any] = {}
    async with looking(tmp_path / "data") as api:
        for query in re.findall(r"```graphql\n(.*?)```", readme, re.DOTALL):
            for field, answer in (await api.ask(gql(query))).items():
                said.setdefault(field, []).append(answer)
    first, copper = said["record"]
    assert (first["status"], first["result"]["success"]) == ("COMPLETE", True)
    assert copper["status"] in {"ERROR", "FAILED"}
    assert any(action["denial"] for action in copper["permittedActions"])
    (retry,) = said["retry"]
    assert (retry["matched"], retry["moved"], len(retry["refusals"])) == (2, 1, 1)
    (counts,) = said["statusCounts"]
    assert {"status": "COMPLETE", "count": 197} in counts


@pytest.mark.slow
@pytest.mark.timeout(400)
async def test_what_a_killed_server_and_manager_held_is_given_up_and_computed_again(tmp_path: Path) -> None:
    data_dir = tmp_path / "data"
    async with Demo.started(data_dir, "--molecules", "60") as demo:
        await demo.says("error")
        everything = psutil.Process(demo.process.pid).children(recursive=True)
        for process in [psutil.Process(demo.process.pid), *everything]:
            process.kill()
        await demo.ends()
    async with Demo.started(data_dir, "--molecules", "60") as demo:
        assert await demo.ends() == 0, demo.text
    assert re.search(r"^  running +\d+ are with another manager", demo.text, re.MULTILINE)
    assert demo.counts == {"COMPLETE": 57, "ERROR": 1, "FAILED": 1, "KILLED": 1}, demo.text
    events, _ = await kept(data_dir)
    assert events["SERVER REPORT_ERROR"] == events["SERVER RETRY"] > 0
    assert events["MANAGER COMPLETE"] == 57

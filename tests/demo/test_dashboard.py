"""What the demo makes of the dashboard: in a fresh clone it is built meanwhile, and opened where there is a screen."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import httpx
import pytest

from demo.running import Demo, left_behind
from support.tools import ROOT, run

# The first one may fetch what the dashboard is made of.
pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """As git gives it: with nothing that is made from the sources."""
    made = shutil.ignore_patterns("node_modules", "generated", "web", "__pycache__")
    copied = ("src", "client_examples", "schema.graphql")
    for name in copied:
        source, target = ROOT / name, tmp_path / "clone" / name
        target.parent.mkdir(exist_ok=True)
        shutil.copytree(source, target, ignore=made) if source.is_dir() else shutil.copy(source, target)
    return tmp_path / "clone"


async def test_in_a_fresh_clone_the_dashboard_is_built_beside_the_calculations_and_then_opened(
    clone: Path, tmp_path: Path
) -> None:
    opened = tmp_path / "opened"
    os.mkfifo(opened)
    browser = tmp_path / "browser"
    browser.write_text(f'#!/bin/sh\necho "$1" > {opened}\n')
    browser.chmod(0o755)
    screen = {"DISPLAY": ":0", "BROWSER": f"{browser} %s", "PYTHONPATH": str(clone / "src")}
    data_dir = tmp_path / "data"
    arguments = ("--dashboard", "--molecules", "1", "--keep-running")
    async with Demo.started(data_dir, *arguments, **screen) as demo, httpx.AsyncClient() as http:
        address = (await demo.says("dashboard")).removeprefix("is being built beside this, once: ").split()[-1]
        before = await http.get(address)
        assert (before.status_code, before.text.partition(":")[0]) == (404, "The dashboard is not there")
        assert await demo.says("dashboard", within=400) == f"is at {address} until you press Ctrl-C"
        assert await demo.says("key") == f"to sign in with: cat {data_dir}/admin.key"
        after = await http.get(address)
        assert (after.status_code, "<title>" in after.text) == (200, True)
        assert await run("cat", opened) == f"{address}\n"
        demo.interrupt()
        assert await demo.ends() == 0, demo.text
    async with Demo.started(data_dir, *arguments, PYTHONPATH=str(clone / "src")) as demo:
        assert (await demo.says("dashboard")).startswith("is at http://127.0.0.1:")


async def test_a_dashboard_that_cannot_be_built_is_one_line_and_the_demo_goes_on(clone: Path, tmp_path: Path) -> None:
    data_dir, nothing = tmp_path / "data", "http://127.0.0.1:1"
    unreachable = {"npm_config_registry": nothing, "npm_config_cache": str(tmp_path / "npm")}
    async with Demo.started(
        data_dir, "--dashboard", "--molecules", "2", PYTHONPATH=str(clone / "src"), **unreachable
    ) as demo:
        assert await demo.ends() == 0, demo.text
    log = data_dir / "demo-dashboard.log"
    assert f"could not be built, and the demo goes on without it: {log} says why" in " ".join(demo.text.split())
    assert "npm ci ended with" in log.read_text()


async def test_a_demo_that_is_stopped_stops_the_build_as_well(clone: Path, tmp_path: Path) -> None:
    async with Demo.started(tmp_path / "data", "--dashboard", PYTHONPATH=str(clone / "src")) as demo:
        await demo.says("dashboard")
        assert left_behind(clone) != []
        demo.interrupt()
        assert await demo.ends() == 130, demo.text
    assert left_behind(clone) == []

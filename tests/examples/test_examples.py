"""The client examples, run as people run them, against a server that really listens."""

from __future__ import annotations

import asyncio
import json
import re
import signal
import sys
from pathlib import Path
from typing import Any

import pytest

from support.api import Api, Client
from support.examples import EXAMPLES, needs_curl, output, running
from support.scenario import events


def written(file: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []


def whole_lines(file: Path) -> int:
    return file.read_bytes().count(b"\n") if file.exists() else 0


def torn(file: Path) -> bool:
    return not file.exists() or not file.read_bytes().endswith(b"\n")


async def grown(file: Path, length: int) -> None:
    async with asyncio.timeout(30):
        while whole_lines(file) < length or torn(file):  # noqa: ASYNC110 - a file tells nobody
            await asyncio.sleep(0.02)


async def test_submit_and_follow_prints_every_change_and_the_energies(api: Api) -> None:
    pytest.importorskip("tblite")
    manager = (sys.executable, "-m", "interlock.cli", "manager", "--workers", "1", "--name", "box")
    example = (sys.executable, EXAMPLES / "submit_and_follow.py", "--points", "3")
    async with running(api.manager, *manager), running(api.submitter, *example) as process:
        text = await output(process)
    assert process.returncode == 0, text
    assert text.count("nothing -> WAITING, by submitter") == 3
    assert text.count("WAITING -> RUNNING, by box") == text.count("RUNNING -> COMPLETE, by box") == 3
    energies = re.findall(r"^(1\.[678]) bohr  (-5\.0\d+) hartree$", text, re.MULTILINE)
    assert [length for length, _ in energies] == ["1.6", "1.7", "1.8"]


async def test_submit_and_follow_tells_errors_with_their_reason(api: Api) -> None:
    box = await api.manager.activate("box", programs=[{"name": "tblite"}])
    async with running(api.submitter, sys.executable, EXAMPLES / "submit_and_follow.py", "--points", "1") as process:
        while not (leases := await api.manager.claim(box)):  # noqa: ASYNC110 - as managers do
            await asyncio.sleep(0.05)
        error = {"type": "execution_error", "message": "SCF not converged"}
        await api.manager.give_back(box, [(leases[0]["token"], {"error": error})])
        text = await output(process)
    assert "1.6 bohr  ERROR: SCF not converged (execution_error)" in text
    assert process.returncode == 1


@pytest.mark.parametrize(
    ("key", "url", "said"),
    [
        ("nonsense", None, "The server says: This API key is not valid, or no longer. Ask an admin for a new one.\n"),
        ("any", "http://127.0.0.1:1", "There is no answer from http://127.0.0.1:1: "),
    ],
)
async def test_submit_and_follow_says_in_one_line_why_it_cannot(api: Api, key: str, url: str | None, said: str) -> None:
    nobody = Client(api.viewer.http, url or api.viewer.url, key)
    async with running(nobody, sys.executable, EXAMPLES / "submit_and_follow.py") as process:
        text = await output(process)
    assert process.returncode == 1
    assert text.startswith(said)
    assert text.count("\n") == 1


async def test_submit_and_follow_asks_for_managers_of_a_tag(api: Api) -> None:
    box = await api.manager.activate("box", programs=[{"name": "tblite"}], tags=["demo"])
    given = ("--points", "1", "--tag", "demo")
    async with running(api.submitter, sys.executable, EXAMPLES / "submit_and_follow.py", *given) as process:
        while not (leases := await api.manager.claim(box)):  # noqa: ASYNC110 - as managers do
            await asyncio.sleep(0.05)
        await api.manager.give_back(box, [(leases[0]["token"], {"result": {"return_result": -5.0}})])
        assert "1.6 bohr  -5.000000 hartree" in await output(process)
    assert process.returncode == 0


@pytest.mark.parametrize("example", ["submit_and_follow.py", "watch_feed.py"])
async def test_an_example_ends_by_ctrl_c_without_a_word(api: Api, tmp_path: Path, example: str) -> None:
    (record,) = await api.operator.submit(1)
    async with running(api.submitter, sys.executable, EXAMPLES / example, cwd=tmp_path) as process:
        assert process.stdout is not None
        await process.stdout.readline()
        process.send_signal(signal.SIGINT)
        text = await output(process)
    assert process.returncode == -signal.SIGINT
    assert "Traceback" not in text
    if example == "watch_feed.py":
        assert written(tmp_path / "changes.jsonl")[0]["recordId"] == record


async def test_watch_feed_misses_and_repeats_nothing_when_it_is_killed_again_and_again(
    api: Api, tmp_path: Path
) -> None:
    file = tmp_path / "changes.jsonl"
    watch = (sys.executable, EXAMPLES / "watch_feed.py", file)
    done = asyncio.Event()

    async def write() -> None:
        while not done.is_set():
            await api.operator.move("kill", await api.operator.submit(10))
            await asyncio.sleep(0.01)

    await api.operator.submit(3)
    writing = asyncio.ensure_future(write())
    for _ in range(3):
        async with running(api.viewer, *watch) as process:
            await grown(file, whole_lines(file) + 50)
            process.kill()
            await process.wait()
        with file.open("ab") as end:
            end.write(b'{"cursor": "half a li')
    done.set()
    await writing
    feed = [(event["recordId"], event["action"]) for event in await events(api.viewer)]
    async with running(api.viewer, *watch):
        await grown(file, len(feed))
    assert [change["position"] for change in written(file)] == list(range(1, len(feed) + 1))
    assert [(change["recordId"], change["action"]) for change in written(file)] == feed


async def test_watch_feed_says_when_its_key_is_not_accepted(api: Api, tmp_path: Path) -> None:
    nobody = Client(api.viewer.http, api.viewer.url, "nonsense")
    async with running(nobody, sys.executable, EXAMPLES / "watch_feed.py", tmp_path / "changes.jsonl") as process:
        text = await output(process)
    assert (process.returncode, text) == (1, "The server does not accept the key in INTERLOCK_API_KEY.\n")


@pytest.mark.parametrize("example", ["submit_and_follow.py", "watch_feed.py"])
async def test_without_a_key_an_example_says_to_set_one(api: Api, tmp_path: Path, example: str) -> None:
    nobody = Client(api.viewer.http, api.viewer.url, "")
    async with running(nobody, sys.executable, EXAMPLES / example, cwd=tmp_path) as process:
        text = await output(process)
    assert process.returncode == 1
    assert text == (
        "INTERLOCK_API_KEY: set it to an API key; interlock keys create --name me --role SUBMITTER prints one\n"
    )


@needs_curl
async def test_the_tour_with_curl_ends_well_and_cleans_up(api: Api) -> None:
    async with running(api.submitter, "sh", EXAMPLES / "curl.sh") as process:
        text = await output(process)
    assert process.returncode == 0, text
    assert "RETRY is not permitted from HOLD; it is from ERROR." in text
    assert '"permitted":["RELEASE","KILL"]' in text
    assert '"reason":"only a tour"' in text
    assert (await api.viewer.execute("{ records { nodes { id } } }"))["records"]["nodes"] == []

"""The examples for managers, for operators, and for the feed with curl, against a server that really listens."""

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
from support.scenario import Bench, brought, events, failed


async def _line(process: asyncio.subprocess.Process) -> str:
    assert process.stdout is not None
    async with asyncio.timeout(30):
        return (await process.stdout.readline()).decode().rstrip("\n")


async def test_the_small_manager_returns_results_and_errors_and_leaves(api: Api) -> None:
    asked: list[dict[str, Any]] = [
        {"function": "math:sqrt", "args": [2]},
        {"function": "math:sqrt", "args": [-1]},
        {"function": "os:getcwd"},
    ]
    ids = await api.submitter.submit(specifications=asked)
    async with running(api.manager, sys.executable, EXAMPLES / "small_manager.py", "default") as process:
        said = [await _line(process) for _ in ids]
        process.send_signal(signal.SIGINT)
        assert await output(process) == ""
    assert process.returncode == 0
    assert said == [f"{ids[0]} result ACCEPTED", f"{ids[1]} error ACCEPTED", f"{ids[2]} error ACCEPTED"]
    nodes = (
        await api.viewer.execute(
            "query ($ids: [ID!]!) { nodes(ids: $ids) { ... on Record { status result errorType } } }", ids=ids
        )
    )["nodes"]
    assert nodes == [
        {"status": "COMPLETE", "result": pytest.approx(2**0.5), "errorType": None},
        {"status": "ERROR", "result": None, "errorType": "ValueError"},
        {"status": "ERROR", "result": None, "errorType": "unknown_function"},
    ]
    managers = await api.viewer.execute("{ managers { nodes { active runningCount } } }")
    assert managers["managers"]["nodes"] == [{"active": False, "runningCount": 0}]


async def test_the_small_manager_says_why_it_may_not(api: Api) -> None:
    async with running(api.viewer, sys.executable, EXAMPLES / "small_manager.py") as process:
        text = await output(process)
    assert process.returncode == 1
    assert text.startswith("activateManager: Your role does not allow this")


async def test_errors_are_listed_tried_and_retried_and_watched_to_the_end(api: Api) -> None:
    ids = await brought(api, "ERROR", 3, tag="bad")  # type: ignore[arg-type]  # its name
    example = (sys.executable, EXAMPLES / "retry_errors.py")
    async with running(api.operator, *example) as process:
        text = await output(process)
    assert re.fullmatch(r" +3  ERROR   scf_not_converged  such as rec_[123]: no\n", text)
    async with running(api.operator, *example, "scf_not_converged") as process:
        assert await output(process) == "3 match, 3 would be retried\n"
    assert process.returncode == 0
    assert await api.viewer.statuses(ids) == ["ERROR"] * 3
    async with running(api.operator, *example, "scf_not_converged", "--yes") as process:
        assert await _line(process) == "3 match, 3 were retried"
        bench = await Bench.of(api, "bad")
        tokens = list((await bench.claim()).values())
        await bench.give_back(tokens[:2], {"result": 1})
        await bench.give_back(tokens[2:], failed())
        text = await output(process)
    assert text.splitlines()[-1] == "2 COMPLETE, 1 ERROR"
    assert process.returncode == 1


async def test_retrying_what_nobody_has_ends_at_once(api: Api) -> None:
    async with running(api.operator, sys.executable, EXAMPLES / "retry_errors.py", "none", "--yes") as process:
        assert await output(process) == "0 match, 0 were retried\n"
    assert process.returncode == 0


@needs_curl
async def test_the_feed_by_curl_goes_on_where_it_stopped(api: Api, tmp_path: Path) -> None:
    follow = ("sh", EXAMPLES / "follow_sse.sh", tmp_path / "cursor")
    told: list[tuple[str, str]] = []
    heard: list[str] = []

    async def hear(process: asyncio.subprocess.Process, count: int) -> None:
        for _ in range(count):
            change = json.loads(await _line(process))["data"]["statusChanges"]
            told.append((change["recordId"], change["to"]))
            heard.append(change["cursor"])

    (tmp_path / "cursor").write_text((await api.viewer.execute("{ feedCursor }"))["feedCursor"])
    async with running(api.viewer, *follow) as process:
        ids = await api.operator.submit(3)
        await hear(process, 3)
        async with asyncio.timeout(10):
            while (tmp_path / "cursor").read_text().strip() != heard[-1]:  # noqa: ASYNC110 - a file tells nobody
                await asyncio.sleep(0.02)
    await api.operator.move("hold", ids)
    async with running(api.viewer, *follow) as process:
        await hear(process, 3)
        await api.operator.move("kill", ids)
        await hear(process, 3)
    assert told == [(event["recordId"], event["to"]) for event in await events(api.viewer)]


@needs_curl
@pytest.mark.parametrize(
    ("key", "cursor", "said"),
    [
        ("nonsense", None, "This API key is not valid"),
        ("nonsense", "any", "This API key is not valid"),
        (None, "nonsense", "cursor"),
    ],
)
async def test_the_feed_by_curl_says_why_it_cannot_go_on(
    api: Api, tmp_path: Path, key: str | None, cursor: str | None, said: str
) -> None:
    client = Client(api.viewer.http, api.viewer.url, key or api.viewer.key)
    if cursor is not None:
        (tmp_path / "cursor").write_text(cursor)
    async with running(client, "sh", EXAMPLES / "follow_sse.sh", tmp_path / "cursor") as process:
        text = await output(process)
    assert process.returncode == 1
    assert said in text

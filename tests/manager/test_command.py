"""``interlock manager``, as people start it."""

from __future__ import annotations

import asyncio
import json
import os
import pty
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from manager.faulty_server import faulty_server
from support.api import Api


@asynccontextmanager
async def command(url: str, *arguments: str, **environment: str) -> AsyncIterator[asyncio.subprocess.Process]:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "interlock.cli", "manager", "--url", url, *arguments,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env={k: v for k, v in os.environ.items() if not k.startswith("INTERLOCK_")} | environment,
    )  # fmt: skip
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


async def test_it_runs_what_it_is_allowed_to_and_leaves_when_told(api: Api, tmp_path: Path) -> None:
    file = tmp_path / "key"
    file.write_text(api.manager.key + "\n")
    (good,) = await api.submitter.submit(1)
    (bad,) = await api.submitter.submit(specifications=[{"function": "os:getcwd"}])
    given = ("--name", "box", "--workers", "1", "--function", "math:sqrt", "--key-file", str(file), "--tag", "default")
    async with api.viewer.follow() as changes, command(api.viewer.url, *given) as process:
        assert process.stdout is not None
        line = json.loads(await process.stdout.readline())["message"]
        assert " box: 1 workers, tags default, " in line
        ended: dict[str, str] = {}
        while len(ended) < 2:
            change = await anext(changes)
            if change["to"] in {"COMPLETE", "ERROR"}:
                ended[change["recordId"]] = change["to"]
        process.send_signal(signal.SIGTERM)
        assert await process.wait() == 0
        rest = [json.loads(line)["message"] for line in (await process.stdout.read()).splitlines()]
    assert ended == {good: "COMPLETE", bad: "ERROR"}
    assert rest[-2:] == ["Left: 0 tasks handed back, 0 given up.", "Stopped."]


async def test_a_key_that_is_refused_is_one_line_and_no_traceback(api: Api) -> None:
    async with command(api.viewer.url, INTERLOCK_API_KEY="nonsense") as process:
        out, errors = await process.communicate()
    assert process.returncode == 1
    assert errors.decode().splitlines()[-1].startswith("interlock: ")
    assert b"Traceback" not in out + errors


async def test_without_a_key_it_says_where_one_comes_from() -> None:
    async with command("http://127.0.0.1:1") as process:
        _, errors = await process.communicate()
    assert process.returncode == 1
    assert (
        errors.decode()
        == "interlock: the key is empty: set INTERLOCK_API_KEY or --key-file; `interlock keys create --name cluster --role MANAGER` makes one\n"
    )


async def test_one_that_gives_up_says_why_in_one_line_and_fails(api: Api) -> None:
    ids = await api.submitter.submit(20)
    given = ("--workers", "1", "--function", "os.path:join", "--give-up-after", "3")
    async with command(api.viewer.url, *given, INTERLOCK_API_KEY=api.manager.key) as process:
        _, errors = await process.communicate()
    assert process.returncode == 1
    last = json.loads(errors.splitlines()[-1])["message"]
    assert last.startswith("3 tasks in a row could not be run here. They ask for ")
    assert "They ask for math:sqrt; this manager runs os.path:join." in last
    assert set(await api.viewer.statuses(ids)) == {"WAITING"}


async def test_a_key_file_that_is_not_there_is_named() -> None:
    async with command("http://127.0.0.1:1", "--key-file", "no/such.key") as process:
        _, errors = await process.communicate()
    assert process.returncode == 1
    assert errors.decode() == "interlock: the key file no/such.key cannot be read: No such file or directory\n"


async def test_a_url_where_no_interlock_is_is_one_line(api: Api) -> None:
    async with command(f"{api.viewer.url}/wrong", INTERLOCK_API_KEY=api.manager.key) as process:
        _, errors = await process.communicate()
    assert process.returncode == 1
    (line,) = errors.decode().splitlines()
    assert line.startswith(f"interlock: There is no Interlock at {api.viewer.url}/wrong: ")


async def test_a_server_that_is_no_interlock_is_one_line_with_what_to_do() -> None:
    async with faulty_server() as server:
        server.instead = b"<html>It works!</html>"
        async with command(server.url, INTERLOCK_API_KEY="ilk_some") as process, asyncio.timeout(60):
            _, errors = await process.communicate()
    assert process.returncode == 1
    assert errors.decode() == (
        f"interlock: {server.url}/graphql answers, but not as an Interlock server does: see that the URL is the "
        "server's, such as http://127.0.0.1:8765, and that no other server or proxy answers there\n"
    )


@pytest.mark.parametrize(("given", "told"), [((), False), (("--verbose",), True)])
async def test_the_log_has_each_task_only_when_it_is_asked_to(api: Api, given: tuple[str, ...], told: bool) -> None:
    ids = await api.submitter.submit(3)
    usual = ("--workers", "1", "--function", "math:*", *given)
    async with command(api.viewer.url, *usual, INTERLOCK_API_KEY=api.manager.key) as process:
        async with api.viewer.follow() as changes:
            while (await api.viewer.statuses(ids)) != ["COMPLETE"] * 3:
                await anext(changes)
        process.send_signal(signal.SIGTERM)
        _, errors = await process.communicate()
    assert (b"finished" in errors) == (b"worker_ready" in errors) == told
    assert b"claimed" in errors


async def test_that_nobody_listens_any_more_does_not_stop_it(api: Api) -> None:
    ids = await api.submitter.submit(1)
    given = ("--name", "box", "--workers", "1", "--function", "math:sqrt")
    async with command(api.viewer.url, *given, INTERLOCK_API_KEY=api.manager.key) as process:
        assert process.stdout is not None
        await process.stdout.readline()
        process.stdout._transport.close()  # type: ignore[attr-defined]
        async with api.viewer.follow() as changes:
            while (await api.viewer.statuses(ids)) != ["COMPLETE"]:
                await anext(changes)
        process.send_signal(signal.SIGTERM)
        await process.wait()
    managers = (await api.viewer.execute("{ managers { nodes { name active } } }"))["managers"]["nodes"]
    assert managers == [{"name": "box", "active": False}]


async def test_in_a_file_all_lines_are_json_and_on_a_terminal_all_are_words(api: Api, tmp_path: Path) -> None:
    given = ("--name", "box", "--workers", "1", "--function", "math:sqrt")
    log = tmp_path / "log"
    ours, theirs = pty.openpty()
    for output in (log.open("wb"), os.fdopen(theirs, "wb")):
        with output:
            (record,) = await api.submitter.submit(1)
            process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "interlock.cli", "manager", "--url", api.viewer.url, *given,
                stdout=output, stderr=output, env={**os.environ, "INTERLOCK_API_KEY": api.manager.key},
            )  # fmt: skip
            try:
                async with api.viewer.follow() as changes:
                    while (await api.viewer.statuses([record])) != ["COMPLETE"]:
                        await anext(changes)
            finally:
                process.send_signal(signal.SIGTERM)
                await process.wait()
    events = [json.loads(line)["event"] for line in log.read_text().splitlines()]
    assert events == ["activated", "claimed", "draining", "deactivated", "stopped"]
    shown = os.read(ours, 100_000).decode().splitlines()
    os.close(ours)
    assert " box: 1 workers, tags *, " in shown[0]
    assert shown[-1] == "Stopped."
    assert not any(line.startswith("{") for line in shown)

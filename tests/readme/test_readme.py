"""What the README says is run: its commands, its queries, its links."""

from __future__ import annotations

import asyncio
import json
import os
import re
import signal
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import httpx
import pytest

from readme.reading import README, ROOT, blocks, commands
from support.api import Api, Client


@pytest.mark.timeout(120)
async def test_the_commands_of_running_it_work_in_their_order(tmp_path: Path) -> None:
    serve, *makers, manage = commands("Running it")
    assert serve.startswith("interlock serve")
    assert manage.startswith("interlock manager")
    (submit,) = [block for block in blocks("sh") if "curl" in block]
    server = await _started(re.sub(r"--port \d+", "--port 0", serve), tmp_path)
    said = [await _line(server) for _ in range(3)]
    assert said[0].startswith("Making a PostgreSQL in interlock-data, once: ")
    assert "admin.key" in said[1]
    assert (tmp_path / "interlock-data" / "admin.key").stat().st_mode & 0o777 == 0o600
    port = re.search(r":(\d+)/graphql", said[2])
    assert port is not None
    running = [server]
    try:
        for command in makers:
            assert await (await _started(command, tmp_path)).wait() == 0, command
        running.append(await _started(manage.replace("8765", port[1]), tmp_path))
        answer = json.loads(await _line(await _started(submit.replace("8765", port[1]), tmp_path)))
        (record,) = answer["data"]["submitRecords"]["ids"]
        for file in ("alice.key", "cluster.key"):
            assert (tmp_path / file).stat().st_mode & 0o777 == 0o600
        key = (tmp_path / "alice.key").read_text().strip()
        async with httpx.AsyncClient() as http:
            me = Client(http, f"http://127.0.0.1:{port[1]}", key)
            async with me.follow(after=None, filter={"record": [record]}) as changes:
                while await me.statuses([record]) != ["COMPLETE"]:
                    await anext(changes)
            (result,) = [query for query in blocks("graphql") if "result" in query]
            data = await me.execute(result)
        assert record == "rec_1"
        assert data["record"] == {"status": "COMPLETE", "result": pytest.approx(2**0.5)}
        if find_spec("tblite"):
            example = f"{sys.executable} {ROOT}/client_examples/submit_and_follow.py --url http://127.0.0.1:{port[1]}"
            assert await (await _started(f"{example} --points 2 --key {key}", tmp_path)).wait() == 0
    finally:
        for process in reversed(running):
            process.send_signal(signal.SIGTERM)
            assert process.stdout is not None
            assert "Stopped." in (await process.stdout.read()).decode().splitlines()[-1]
            assert await process.wait() == 0


async def _started(command: str, folder: Path) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_shell(
        command if "\n" in command else f"exec {command}",
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )


async def _line(process: asyncio.subprocess.Process) -> str:
    assert process.stdout is not None
    return (await process.stdout.readline()).decode()


def test_how_the_command_is_found_in_a_clone_is_told_before_it_is_first_used() -> None:
    running = README.partition("## Running it")[2]
    assert running.index("put `./dev run` in front") < running.index("```sh\ninterlock ")


@pytest.mark.parametrize("query", blocks("graphql"))
async def test_every_query_is_answered_without_errors(api: Api, query: str) -> None:
    await api.operator.execute(query)


@pytest.mark.parametrize(
    "command", [command for command in re.findall(r"`\./dev run ([^`]+)`", README) if "python" in command]
)
async def test_an_example_runs_as_it_is_printed(api: Api, tmp_path: Path, command: str) -> None:
    await api.operator.submit(1)
    program, example = command.split()
    process = await asyncio.create_subprocess_exec(
        program,
        ROOT / example,
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        env={**os.environ, "INTERLOCK_URL": api.viewer.url, "INTERLOCK_API_KEY": api.viewer.key},
    )
    assert "rec_1 SUBMIT WAITING" in await _line(process)
    process.send_signal(signal.SIGINT)
    await process.wait()


@pytest.mark.parametrize("command", ["check", "test", "demo", *re.findall(r"`\./dev (\w+)", README)])
def test_dev_knows_every_command_that_is_named(command: str) -> None:
    assert (
        f"\n  {command} " in subprocess.run([ROOT / "dev", "help"], capture_output=True, text=True, check=True).stdout
    )


@pytest.mark.parametrize("target", re.findall(r"\]\(([^)#:]+)\)", README))
def test_every_file_that_is_linked_exists(target: str) -> None:
    assert (ROOT / target).exists()


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_a_plain_pip_install_gives_a_working_command(tmp_path: Path) -> None:
    subprocess.run([sys.executable, "-m", "venv", tmp_path / "venv"], check=True)
    pip = [str(tmp_path / "venv/bin/python"), "-m", "pip", "install", "-qq", "--disable-pip-version-check"]
    subprocess.run([*pip, "--require-hashes", "-r", str(ROOT / "requirements.lock")], check=True, cwd=tmp_path)
    subprocess.run([*pip, str(ROOT)], check=True, cwd=tmp_path)
    schema = subprocess.run([tmp_path / "venv/bin/interlock", "schema"], capture_output=True, text=True, check=True)
    assert schema.stdout == (ROOT / "schema.graphql").read_text()

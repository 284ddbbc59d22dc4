"""What the README says of operating is run: its commands in their order, its metrics, its scrape."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import subprocess
from pathlib import Path

import httpx
import pytest

from readme.reading import blocks, commands, section
from support.collector import collecting

TEXT = section("Operating")


async def run(command: str, folder: Path) -> tuple[int, str]:
    """The exit status, and what it said."""
    process = await asyncio.create_subprocess_shell(
        f"exec {command}", cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    told, _ = await process.communicate()
    assert process.returncode is not None
    return process.returncode, told.decode()


async def _served(command: str, folder: Path) -> tuple[asyncio.subprocess.Process, str]:
    words = command.split()
    environment = dict(word.split("=", 1) for word in words if re.match(r"[A-Z_]+=", word))
    arguments = [word for word in words if not re.match(r"[A-Z_]+=", word)]
    process = await asyncio.create_subprocess_exec(
        *arguments, "--port", "0", cwd=folder, env=os.environ | environment,
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    assert process.stdout is not None
    while not (found := re.search(r"Interlock serves (\S+)/graphql", (await process.stdout.readline()).decode())):
        assert process.returncode is None
    return process, found[1]


@pytest.mark.slow
@pytest.mark.timeout(180)
async def test_the_commands_of_operating_work_in_their_order(tmp_path: Path) -> None:
    serve, doctor, managers, tasks, dump, *restore, base, last = commands("Operating")
    assert [command.split()[1] for command in (doctor, managers, tasks, last)] == [
        "doctor",
        "managers",
        "tasks",
        "doctor",
    ]
    assert "pg_dump" in dump
    with collecting() as collector:
        process, url = await _served(serve.replace("http://127.0.0.1:4318", collector.url), tmp_path)
        key = (tmp_path / "interlock-data" / "admin.key").read_text().strip()
        try:
            code, told = await run(doctor, tmp_path)
            assert code == 0, told
            assert all(line.startswith("ok ") for line in told.splitlines()), told
            async with httpx.AsyncClient(headers={"Authorization": f"Bearer {key}"}) as http:
                submit = 'mutation { submitRecords(input: {kind: "python", specifications: [{function: "math:sqrt", args: [2]}]}) { ids } }'
                assert (await http.post(f"{url}/graphql", json={"query": submit})).json()["data"]
                scraped = (await http.get(f"{url}/metrics")).text
            for command in (managers, tasks, dump, base):
                code, told = await run(command, tmp_path)
                assert code == 0, told
        finally:
            process.send_signal(signal.SIGTERM)
            await process.wait()
    assert any(span.name == "mutation submitRecords" for span in collector.spans)
    _names_are_there(scraped)
    for command in restore:
        code, told = await run(command, tmp_path)
        assert code == 0, told
    if os.geteuid() == 0:
        (chown,) = re.findall(r"`(chown [^`]+)`", TEXT)
        assert (await run(chown, tmp_path))[0] == 0
    code, told = await run(last, tmp_path)
    assert code == 0, told
    for data in ("restored", "backup"):
        code, told = await run(
            f"interlock postgres --data-dir {data} psql -qAt -c 'SELECT id FROM interlock.record'", tmp_path
        )
        assert (code, told) == (0, "1\n")
        (forget,) = re.findall(r"interlock postgres psql (-c '[^']+')", TEXT)
        assert await run(f"interlock postgres --data-dir {data} psql -qAt {forget}", tmp_path) == (0, "")


def _names_are_there(scraped: str) -> None:
    """Every metric that the table names is in a scrape."""
    table = re.findall(r"^\| (`[a-z].*?) \|", TEXT, flags=re.MULTILINE)
    names = [name for cell in table for name in re.findall(r"`(_?\w+)`", cell)]
    assert len(names) > 10
    for name in names:
        full = name if not name.startswith("_") else f"db_client_connection{name}"
        assert f"# TYPE {full.removesuffix('_total')}" in scraped, name


def test_the_scrape_is_what_prometheus_reads() -> None:
    (config,) = blocks("yaml", TEXT)
    assert "authorization:\n      credentials_file: " in config  # Prometheus sends it as `Authorization: Bearer`
    assert 'targets: ["127.0.0.1:8765"]' in config

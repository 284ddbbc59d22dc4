"""The embedded PostgreSQL is killed under a real server, which starts it again, and serves on without being restarted."""

from __future__ import annotations

import os
import shutil
import signal
import tempfile
import time
from collections.abc import AsyncIterator
from pathlib import Path
from random import Random

import httpx
import pytest

from chaos.calling import Caller
from chaos.server import Server
from chaos.world import COMMAND, DEADLINE
from interlock.store.embedded import EmbeddedPostgres, postmaster
from support.api import SUBMIT

pytestmark = pytest.mark.slow
BACK_WITHIN = 10.0
"""Seconds from the death of PostgreSQL to the next call that is done."""


@pytest.fixture
async def folder() -> AsyncIterator[Path]:
    made = Path(tempfile.mkdtemp(prefix="interlock-embedded-"))
    yield made
    shutil.rmtree(made, ignore_errors=True)


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGQUIT], ids=["killed", "shut down at once"])
async def test_the_server_starts_its_postgresql_again(folder: Path, number: signal.Signals) -> None:
    server = Server((*COMMAND, "--data-dir", str(folder)), _environment(), folder / "log")
    await server.start()
    try:
        key = (folder / "admin.key").read_text().strip()
        async with httpx.AsyncClient() as http:
            caller = Caller([server], http, key, Random(1))
            ids = await _submit(caller, 10)
            for _ in range(2):
                master = postmaster.find(folder / "postgres" / "cluster")
                assert master is not None
                os.kill(master, number)
                began = time.monotonic()
                ids += await _submit(caller, 10)
                assert time.monotonic() - began < BACK_WITHIN
                assert caller.slowest < DEADLINE
            statuses = "query ($ids: [ID!]!) { nodes(ids: $ids) { ... on Record { status } } }"
            nodes = (await caller.execute(statuses, ids=ids))["nodes"]
            assert [node["status"] for node in nodes] == ["WAITING"] * 30
        assert server.running
        assert await server.terminate() == 0
        with EmbeddedPostgres(folder / "postgres"):
            pass  # it was left in order
    finally:
        if server.running:
            await server.kill()


async def _submit(caller: Caller, count: int) -> list[str]:
    specifications = [{"function": "math:sqrt", "args": [number]} for number in range(count)]
    payload = await caller.call(SUBMIT, kind="python", specifications=specifications, key=True)
    ids: list[str] = payload["ids"]
    return ids


def _environment() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith(("INTERLOCK_", "PG"))}

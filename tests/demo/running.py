"""A demo in a process of its own, as people start it, and a look at what it left."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import sys
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil
from gql import gql

from interlock.demo.api import Api
from interlock.demo.processes import child

PATIENCE = 90.0
EVENTS = gql("""
  { statusChanges(first: 1000) { nodes { recordId action actor } } records { nodes { id status campaign } } }
""")


@dataclass
class Demo:
    """One start of it, and what it has said so far."""

    process: asyncio.subprocess.Process
    said: list[str] = field(default_factory=list)

    @classmethod
    @asynccontextmanager
    async def started(cls, data_dir: Path, *arguments: str, **environment: str) -> AsyncIterator[Demo]:
        """One that builds no dashboard, unless asked to."""
        without = [] if "--dashboard" in arguments else ["--no-dashboard"]
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "interlock.cli", "demo", "--data-dir", str(data_dir), *without, *arguments,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            env={n: value for n, value in os.environ.items() if not n.startswith("INTERLOCK_")} | environment,
        )  # fmt: skip
        demo = cls(process)
        try:
            yield demo
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()

    async def says(self, label: str, within: float = PATIENCE) -> str:
        """Wait for a line with this label; its text."""
        assert self.process.stdout is not None
        async with asyncio.timeout(within):
            while line := (await self.process.stdout.readline()).decode():
                self.said.append(line)
                if match := re.match(rf"  {label} +(.*)", line):
                    return match[1]
        raise AssertionError(f"it ended without saying {label}:\n{self.text}")

    async def ends(self) -> int:
        """Wait until it ends by itself; its exit code."""
        assert self.process.stdout is not None
        async with asyncio.timeout(PATIENCE):
            self.said.append((await self.process.stdout.read()).decode())
            return await self.process.wait()

    def interrupt(self) -> None:
        self.process.send_signal(signal.SIGINT)

    @property
    def text(self) -> str:
        return "".join(self.said)

    @property
    def labels(self) -> list[str]:
        """What happened, in order, without the figures between."""
        return [label for label in re.findall(r"^  (\w+)  +\S", self.text, re.MULTILINE) if label != "figures"]

    @property
    def counts(self) -> dict[str, int]:
        """The counts of the summary."""
        return {status: int(count) for status, count in re.findall(r"^  ([A-Z]+) +(\d+)  ━", self.text, re.MULTILINE)}


def left_behind(data_dir: Path) -> list[str]:
    """The processes that work with this folder."""
    found = []
    for process in psutil.process_iter(["cmdline", "environ"]):
        command = process.info["cmdline"] or []
        if any(str(data_dir) in argument for argument in command):
            found.append(" ".join(command))
    return found


async def nothing_is_left(data_dir: Path) -> None:
    """Wait until all that a killed demo had started has ended."""
    async with asyncio.timeout(PATIENCE):
        while left_behind(data_dir):  # noqa: ASYNC110 - processes of others tell nobody
            await asyncio.sleep(0.2)


@asynccontextmanager
async def looking(data_dir: Path) -> AsyncIterator[Api]:
    """A server on what a demo has left."""
    async with child(
        "server", "serve", "--port", "0", "--data-dir", str(data_dir), log=data_dir / "look.log"
    ) as server:
        url = (await server.line()).split()[-1]
        async with Api.connect(url, (data_dir / "admin.key").read_text().strip()) as api:
            yield api


async def kept(data_dir: Path) -> tuple[Counter[str], list[dict[str, Any]]]:
    """What the database has: transitions by actor and action, and records."""
    async with looking(data_dir) as api:
        seen = await api.ask(EVENTS)
    events = Counter(f"{event['actor']} {event['action']}" for event in seen["statusChanges"]["nodes"])
    return events, seen["records"]["nodes"]

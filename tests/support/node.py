"""Scripts of ``tests/clients``, run by Node against a test's server."""

from __future__ import annotations

import json
from typing import Any

from support.api import Client
from support.tools import NODE, npm_installed, run


async def told(script: str, client: Client) -> Any:
    """What a script says in JSON when it has ended."""
    folder = await npm_installed()
    environment = {"SERVER_URL": f"{client.url}/graphql", "API_KEY": client.key, "NODE_NO_WARNINGS": "1"}
    return json.loads(await run(NODE, folder / script, cwd=folder, environment=environment))

"""Calls that are repeated, at one server or another, until they are answered."""

from __future__ import annotations

import asyncio
import time
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any

import httpx

from chaos.server import Server
from chaos.world import DEADLINE

SLACK = 3.0
"""Seconds over the deadline after which a request that was not answered hangs."""
PATIENCE = 90.0
"""Seconds for one call with all its repetitions: longer than any fault lasts."""
AGAIN = frozenset({"UNAVAILABLE", "DEADLINE_EXCEEDED"})
"""What an error says whose call may be repeated."""
_AWAY = (httpx.ConnectError, httpx.ReadError, httpx.WriteError, httpx.RemoteProtocolError)


class Unexpected(AssertionError):
    """An answer that no fault excuses."""


@dataclass
class Caller:
    """One client; ``troubles``: why calls were repeated; ``slowest``: the longest time that any try took."""

    servers: Sequence[Server]
    http: httpx.AsyncClient
    key: str
    random: Random
    troubles: list[str] = field(default_factory=list)
    said: set[str] = field(default_factory=set)
    """The messages of these errors."""
    slowest: float = 0.0
    answered: float = 0.0
    """When the last answer without an error came."""

    async def call(self, document: str, *, key: bool = False, **given: Any) -> dict[str, Any]:
        """The payload of a mutation of one root field; ``key``: under an idempotency key."""
        if key:
            given["idempotencyKey"] = uuid.uuid4().hex
        (payload,) = (await self.execute(document, input=given)).values()
        if payload["errors"]:
            raise Unexpected(f"{payload['errors']} for {document} of {given}")
        return dict(payload)

    async def execute(self, document: str, **variables: Any) -> dict[str, Any]:
        """The data, however often it has to be asked for. Raises Unexpected and TimeoutError."""
        async with asyncio.timeout(PATIENCE):
            while (data := await self._tried(document, variables)) is None:  # noqa: ASYNC110 - a client far away
                await asyncio.sleep(self.random.uniform(0.02, 0.2))
        self.answered = time.monotonic()
        return data

    async def _tried(self, document: str, variables: dict[str, Any]) -> dict[str, Any] | None:
        server = self.random.choice(self.servers)
        began = time.monotonic()
        try:
            answer = await self.http.post(
                f"{server.url}/graphql",
                json={"query": document, "variables": variables},
                headers={"Authorization": f"Bearer {self.key}"},
                timeout=DEADLINE + SLACK,
            )
        except _AWAY as error:
            self.troubles.append(type(error).__name__)
            return None
        finally:
            self.slowest = max(self.slowest, time.monotonic() - began)
        return self._data(answer)

    def _data(self, answer: httpx.Response) -> dict[str, Any] | None:
        body = answer.json()
        errors = body.get("errors") or ()
        for error in errors:
            code = error.get("extensions", {}).get("code")
            if code not in AGAIN:
                raise Unexpected(f"{answer.status_code}: {error}")
            self.troubles.append(code)
            self.said.add(error["message"])
        return None if errors else dict(body["data"])

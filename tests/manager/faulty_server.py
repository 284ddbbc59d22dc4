"""An HTTP server that answers as it is told to, also wrongly or not at all.

It stands for what the real server cannot be asked to do; all else is tested on the real one.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

Answerer = Callable[[dict[str, Any]], dict[str, Any]]


class CutError(Exception):
    """The connection is closed before the reply."""


class StatusError(Exception):
    """A reply that is no GraphQL at all."""


@dataclass
class FaultyServer:
    """``answers``: by operation, what to do with its input; ``calls``: what came.

    ``instead``: what is answered, with ``status``, whatever is asked: as somebody else's server would.
    """

    answers: dict[str, Answerer] = field(default_factory=dict)
    calls: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    headers: list[str] = field(default_factory=list)
    port: int = 0
    instead: bytes | None = None
    status: int = 200

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def inputs(self, operation: str) -> list[dict[str, Any]]:
        """The inputs of all calls of one operation."""
        return [given for called, given in self.calls if called == operation]

    def _reply(self, body: dict[str, Any]) -> tuple[int, bytes]:
        if self.instead is not None:
            return self.status, self.instead
        query: str = body["query"]
        operation = next(name for name in OPERATIONS if f"{name}(" in query)
        given = body["variables"]["input"]
        self.calls.append((operation, given))
        try:
            payload = self.answers[operation](given)
        except StatusError as error:
            return int(str(error)), b"<html>no</html>"
        if "message" in payload:
            return 200, json.dumps({"errors": [payload], "data": None}).encode()
        return 200, json.dumps({"data": {operation: {"errors": [], **payload}}}).encode()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                self.headers.append(head.decode())
                (length,) = (line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length"))
                body = json.loads(await reader.readexactly(int(length.split(b":")[1])))
                status, reply = self._reply(body)
                start = f"HTTP/1.1 {status} -\r\ncontent-length: {len(reply)}\r\n\r\n"
                writer.write(start.encode() + reply)
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError, CutError):
            pass
        finally:
            writer.close()


OPERATIONS = ("activateManager", "claimTasks", "heartbeat", "returnTasks", "deactivateManager")


def accept(given: dict[str, Any]) -> dict[str, Any]:
    """Every return is taken."""
    return {"answers": [{"token": one["token"], "code": "ACCEPTED", "message": ""} for one in given["returns"]]}


def usual() -> dict[str, Answerer]:
    """A server that has nothing to do."""
    return {
        "activateManager": lambda _: {"manager": {"id": "mgr_1"}},
        "claimTasks": lambda _: {"leases": []},
        "heartbeat": lambda given: {"renewed": len(given["tokens"]), "lost": []},
        "returnTasks": accept,
        "deactivateManager": lambda _: {"handedBack": 0, "givenUp": 0},
    }


@asynccontextmanager
async def faulty_server(port: int = 0) -> AsyncIterator[FaultyServer]:
    faulty = FaultyServer(usual())
    server = await asyncio.start_server(faulty.serve, "127.0.0.1", port)
    faulty.port = server.sockets[0].getsockname()[1]
    try:
        yield faulty
    finally:
        server.close()

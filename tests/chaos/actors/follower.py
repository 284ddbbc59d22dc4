"""Followers: by WebSocket, by server-sent events and by paging, cut or dropping at random, resuming behind their last."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing, suppress
from typing import Any

import orjson
import websockets

from chaos.actors.actor import Actor, Stage
from chaos.actors.connection import Broken, Connection, Unreached
from chaos.history import Event, Follower, Got, Told
from support.api import FOLLOW

PAGE = """query ($after: String, $first: Int!, $filter: StatusChangeFilter) {
  statusChanges(after: $after, first: $first, filter: $filter) { pageInfo { endCursor hasNextPage } nodes {
    cursor position recordId from to action actor who reason at attempt owner tag } } }"""
_STAY = (0.3, 4.0)
"""Seconds that a follower stays with one server, unless it is cut before."""
_AWAY = (0.0, 0.3)
_ACKNOWLEDGED = 5.0
"""Seconds to be let in."""
_RESUME = "Resume after "
"""What stands before the cursor in the reason of a socket that is closed because its server leaves."""
_LARGEST = 300
"""Changes in a page at most."""


class Following(Actor):
    """Follows from ``after``, or from when it is let in, across any number of servers."""

    def __init__(
        self, stage: Stage, name: str, key: str, after: str | None, wanted: Mapping[str, Sequence[str]] | None = None
    ) -> None:
        super().__init__(stage, name, key)
        self.follower = Follower(name, after, wanted or {})
        self.cursor = after
        self.last = 0
        """The last position that it got."""
        self.grown = asyncio.Event()
        stage.history.followers.append(self.follower)

    async def run(self) -> None:
        """Until all is over."""
        while not self.stage.over.is_set():
            try:
                async with asyncio.timeout(self.random.uniform(*_STAY)):
                    await self._stint(self.random.choice(self.stage.world.servers).url)
            except websockets.ConnectionClosed as error:
                _, said, cursor = (error.rcvd.reason if error.rcvd else "").partition(_RESUME)
                self._resume(cursor if said else None)
                self.tell("", str(error))
            except (Broken, Unreached, TimeoutError, OSError, EOFError, websockets.WebSocketException) as error:
                self.tell("", f"{type(error).__name__}: {error}")
            await asyncio.sleep(self.random.uniform(*_AWAY))

    async def caught_up(self, feed: Sequence[Event], within: float) -> None:
        """Back when it has the last change that it wants, or has had no more for so many seconds."""
        position = max((event.position or 0 for event in feed if self.follower.wants(event)), default=0)
        with suppress(TimeoutError):
            while self.last < position:
                self.grown.clear()
                async with asyncio.timeout(within):
                    await self.grown.wait()

    def tell(self, code: str, words: str) -> None:
        self.stage.history.told.append(Told(self.name, time.time(), code, words))

    async def _stint(self, url: str) -> None:
        """With one server, until it ends."""
        async with aclosing(self.results(url)) as results:
            async for result in results:
                if errors := result.get("errors"):
                    self._heard(errors[0])
                    return
                self.take(result["data"]["statusChanges"])

    def _heard(self, error: Mapping[str, Any]) -> None:
        extensions = error.get("extensions", {})
        self._resume(extensions.get("cursor"))
        self.tell(str(extensions.get("code")), error["message"])

    def _resume(self, cursor: str | None) -> None:
        """A server that leaves says from where to go on: it is taken at its word."""
        self.cursor = cursor or self.cursor

    def take(self, node: Mapping[str, Any]) -> None:
        event = Event.of(node)
        self.stage.history.got.append(Got(self.name, time.time(), event))
        self.cursor = event.cursor
        self.last = event.position or 0
        self.grown.set()

    @property
    def variables(self) -> dict[str, Any]:
        return {"after": self.cursor, "filter": dict(self.follower.wanted) or None}

    def results(self, url: str) -> AsyncGenerator[Any, None]:
        """What a subscription at this server gives."""
        raise NotImplementedError


class SocketFollower(Following):
    """By graphql-transport-ws."""

    async def results(self, url: str) -> AsyncGenerator[Any, None]:
        protocol = websockets.Subprotocol("graphql-transport-ws")
        address = url.replace("http", "ws", 1) + "/graphql"
        socket = await websockets.connect(
            address, subprotocols=[protocol], max_size=None, compression=None, ping_interval=None,
            open_timeout=_ACKNOWLEDGED,
        )  # fmt: skip
        try:
            await socket.send(_frame(type="connection_init", payload={"authorization": f"Bearer {self.key}"}))
            async with asyncio.timeout(_ACKNOWLEDGED):
                acknowledged = orjson.loads(await socket.recv())
            if acknowledged["type"] != "connection_ack":
                raise Broken(str(acknowledged))
            await socket.send(_frame(id="1", type="subscribe", payload={"query": FOLLOW, "variables": self.variables}))
            while True:
                frame = orjson.loads(await socket.recv())
                match frame["type"]:
                    case "next":
                        yield frame["payload"]
                    case "error":
                        yield {"errors": frame["payload"]}
                        return
                    case "complete":
                        return
        finally:
            socket.transport.abort()  # without a word, as one that lost its network


def _frame(**message: Any) -> str:
    return orjson.dumps(message).decode()


class StreamFollower(Following):
    """By server-sent events."""

    async def results(self, url: str) -> AsyncGenerator[Any, None]:
        async with aclosing(Connection(url, self.key).stream(FOLLOW, self.variables)) as results:
            async for result in results:
                yield result


class Pager(Following):
    """By query, page by page; it goes on from the page's end, or from its last change."""

    async def _stint(self, url: str) -> None:
        connection = Connection(url, self.key)
        try:
            while True:
                asked = {**self.variables, "first": self.random.randint(1, _LARGEST)}
                answer = await connection.execute(PAGE, asked, _ACKNOWLEDGED)
                if errors := answer.get("errors"):
                    self._heard(errors[0])
                    return
                page = answer["data"]["statusChanges"]
                for node in page["nodes"]:
                    self.take(node)
                if self.random.random() < 0.5:
                    self.cursor = page["pageInfo"]["endCursor"]
                if not page["pageInfo"]["hasNextPage"]:
                    await asyncio.sleep(self.random.uniform(*_AWAY))
        finally:
            connection.close()

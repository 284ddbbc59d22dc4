"""A subscriber that resumes behind the last event that it had, whatever becomes of its socket or its server."""

from __future__ import annotations

import asyncio
import json
from contextlib import suppress
from random import Random
from typing import Any

import httpx
import websockets

from chaos.calling import AGAIN, Caller, Unexpected
from chaos.world import World
from interlock.domain.cursor import FeedCursor
from interlock.domain.roles import Role
from support.api import FOLLOW, Client, GraphQLFailure

_BROKEN = (OSError, websockets.WebSocketException, TimeoutError, EOFError, StopAsyncIteration)


class Follower:
    """``seen``: the events, in the order in which they came; ``resumed``: how often it had to."""

    def __init__(self, world: World, random: Random) -> None:
        self.seen: list[dict[str, Any]] = []
        self.resumed = -1
        self._world = world
        self._random = random
        self._task: asyncio.Task[None] | None = None
        self.cursor = ""
        self.start = 0
        """The position that it begins behind."""
        self._grown = asyncio.Event()

    async def begin(self) -> None:
        """Follow from now on, and from a place behind which there is everything that is still to come."""
        async with httpx.AsyncClient() as http:
            caller = Caller(self._world.servers, http, self._world.keys[Role.VIEWER], self._random)
            while not self.cursor or FeedCursor.parse(self.cursor).seen is not None:
                self.cursor = (await caller.execute("{ feedCursor }"))["feedCursor"]
        self.start = FeedCursor.parse(self.cursor).position
        self._task = asyncio.create_task(self._follow())

    def end(self) -> None:
        if self._task is not None:
            self._task.cancel()

    async def until(self, count: int, within: float) -> None:
        """Back when so many events were seen. Raises TimeoutError, or what ended it."""
        async with asyncio.timeout(within):
            while len(self.seen) < count:
                assert self._task is not None
                if self._task.done():
                    await self._task
                self._grown.clear()
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._grown.wait(), 0.5)

    async def _follow(self) -> None:
        while True:
            self.resumed += 1
            with suppress(*_BROKEN):
                await self._on_one_socket()
            await asyncio.sleep(self._random.uniform(0.02, 0.2))

    async def _on_one_socket(self) -> None:
        server = self._random.choice(self._world.servers)
        try:
            async with (
                httpx.AsyncClient() as http,
                Client(http, server.url, self._world.keys[Role.VIEWER]).socket() as socket,
            ):
                async for change in socket.subscribe(FOLLOW, after=self.cursor):
                    self.seen.append(change)
                    self.cursor = change["cursor"]
                    self._grown.set()
        except GraphQLFailure as failure:
            if failure.code not in AGAIN:
                raise Unexpected(json.dumps(list(failure.errors))) from failure

"""Subscribers that stop reading, and such as drop and resume at every event."""

from __future__ import annotations

import asyncio
import time
from contextlib import AsyncExitStack, suppress
from random import Random

import httpx
import websockets

from chaos.calling import AGAIN, Caller
from chaos.moves.move import Move
from chaos.world import World
from interlock.domain.cursor import FeedCursor
from interlock.domain.roles import Role
from support.api import FOLLOW, Client, GraphQLFailure
from support.stalled import stalled

_WITH_RECORD = "subscription { statusChanges { position cursor record { status specification } } }"
_GONE = (OSError, EOFError, websockets.WebSocketException, TimeoutError, StopAsyncIteration)
"""What a client sees whose server another move has taken away."""
_AN_EVENT = 0.5
"""Seconds to wait for one."""


async def stop_reading(world: World, random: Random) -> None:
    async with httpx.AsyncClient() as http, AsyncExitStack() as stack:
        for _ in range(random.randint(1, 5)):
            client = Client(http, random.choice(world.servers).url, world.keys[Role.VIEWER])
            with suppress(*_GONE):
                await stack.enter_async_context(stalled(client, random.choice((_WITH_RECORD, FOLLOW))))
        await asyncio.sleep(random.uniform(0.5, 4.0))


async def drop_and_resume(world: World, random: Random) -> None:
    """Raises AssertionError for an event that is skipped or comes again."""
    until = time.monotonic() + random.uniform(1.0, 3.0)
    async with httpx.AsyncClient() as http:
        cursor, position = await _start(Caller(world.servers, http, world.keys[Role.VIEWER], random))
        while time.monotonic() < until:
            client = Client(http, random.choice(world.servers).url, world.keys[Role.VIEWER])
            with suppress(*_GONE):
                cursor, position = await _a_few(client, cursor, position, random.randint(1, 3))


async def _a_few(client: Client, cursor: str, position: int, count: int) -> tuple[str, int]:
    """Follow for so many events at most, and drop the connection; where it stands then."""
    async with client.socket() as socket:
        changes = socket.subscribe(FOLLOW, after=cursor)
        try:
            for _ in range(count):
                change = await asyncio.wait_for(anext(changes), _AN_EVENT)
                assert change["position"] == position + 1, f"{change['position']} came after {position}"
                cursor, position = change["cursor"], change["position"]
        except GraphQLFailure as failure:
            if failure.code not in AGAIN:
                raise
        except TimeoutError:
            pass
        socket.raw.transport.abort()
        return cursor, position


async def _start(caller: Caller) -> tuple[str, int]:
    """A cursor behind which the positions are dense, and its position."""
    while True:
        text = (await caller.execute("{ feedCursor }"))["feedCursor"]
        cursor = FeedCursor.parse(text)
        if cursor.seen is None:
            return text, cursor.position


MOVES = (
    Move(
        "stop_reading",
        "subscriber that stops reading",
        "nothing is buffered for it beyond its socket; it is closed after `INTERLOCK_SEND_TIMEOUT`, and can resume; "
        "others do not notice",
        "api/test_slow_subscribers.py::test_a_subscriber_that_stops_reading_is_closed_and_holds_up_nobody",
        stop_reading,
        further=("chaos/test_faults_clients.py::test_what_one_client_does_no_other_notices",),
    ),
    Move(
        "drop_and_resume",
        "subscriber that drops and resumes, at any event",
        "behind each cursor comes the next event, at whatever server: none skipped, none twice",
        "chaos/test_faults_clients.py::test_a_subscriber_that_resumes_at_each_cursor_sees_every_event_once",
        drop_and_resume,
    ),
)

"""Clients that mean no good: slow bytes, floods of sockets, garbage."""

from __future__ import annotations

import asyncio
import json
import time
from contextlib import AsyncExitStack, suppress
from random import Random

import httpx
import websockets

from chaos.moves.move import Move
from chaos.world import World
from interlock.domain.roles import Role
from support.api import FOLLOW, Client
from support.raw import head, raw
from support.sockets import acknowledged, opened, say

_GONE = (OSError, EOFError, websockets.WebSocketException, TimeoutError)
_BETWEEN = 0.1


def _client(world: World, random: Random, http: httpx.AsyncClient) -> Client:
    return Client(http, random.choice(world.servers).url, world.keys[Role.VIEWER])


async def drip(world: World, random: Random) -> None:
    """Heads and bodies, byte by byte."""
    until = time.monotonic() + random.uniform(1.0, 3.0)
    async with httpx.AsyncClient() as http, AsyncExitStack() as stack:
        dripping = []
        for _ in range(random.randint(10, 50)):
            client = _client(world, random, http)
            start = random.choice((b"POST /graphql HTTP/1.1\r\nX-More: ", head(client, 1_000_000)))
            with suppress(*_GONE):
                dripping.append((await stack.enter_async_context(raw(client, start)))[1])
        while time.monotonic() < until:
            for writer in dripping:
                if not writer.transport.is_closing():
                    writer.write(b"x")
            await asyncio.sleep(_BETWEEN)


async def flood(world: World, random: Random) -> None:
    """Hundreds of sockets that never show a key, and one that subscribes hundreds of times."""
    async with httpx.AsyncClient() as http, AsyncExitStack() as stack:
        clients = [_client(world, random, http) for _ in range(random.randint(50, 200))]
        with suppress(*_GONE):
            await asyncio.gather(*(stack.enter_async_context(opened(client)) for client in clients))
            greedy = await stack.enter_async_context(acknowledged(clients[0]))
            stack.callback(greedy.transport.abort)  # its close would wait for what it has not read
            for number in range(300):
                await say(greedy, type="subscribe", id=str(number), payload={"query": FOLLOW})
        await asyncio.sleep(random.uniform(0.2, 2.0))


async def send_garbage(world: World, random: Random) -> None:
    """Bytes that are no HTTP, frames that are no messages, and one that is larger than any may be."""
    async with httpx.AsyncClient() as http:
        for _ in range(random.randint(5, 20)):
            client = _client(world, random, http)
            with suppress(*_GONE):
                async with raw(client, random.randbytes(random.randint(1, 2_000))):
                    await asyncio.sleep(0)
            frame: str | bytes = random.choice(
                (random.randbytes(500), "{", json.dumps({"type": 7}), json.dumps({"type": "x" * 2_000_000}))
            )
            with suppress(*_GONE):
                async with acknowledged(client) as socket:
                    await socket.send(frame)
                    await asyncio.wait_for(socket.recv(), 5)


MOVES = (
    Move(
        "drip",
        "slowloris: heads and bodies that drip",
        "given up after `INTERLOCK_HEAD_TIMEOUT` or `INTERLOCK_SEND_TIMEOUT` (408); without a key no body is read",
        "api/test_heads.py::test_a_head_that_trickles_is_given_up",
        drip,
        further=("api/test_bodies.py::test_a_body_that_trickles_is_given_up",),
    ),
    Move(
        "flood",
        "flood of sockets without a key, and of subscriptions on one",
        "closed after `INTERLOCK_INIT_TIMEOUT`; beyond `INTERLOCK_MAX_OPERATIONS` each is refused by itself; others are "
        "served meanwhile, with less than 40 kB for a socket",
        "chaos/test_faults_clients.py::test_thousands_of_sockets_without_a_key_hold_up_nobody",
        flood,
        further=("api/test_socket_limits.py::test_one_operation_too_many_is_an_error_of_its_own",),
    ),
    Move(
        "send_garbage",
        "garbage and oversize frames",
        "the socket is closed with the protocol's code; nothing of it in the log but that",
        "api/test_transport_ws.py::test_no_frame_is_too_strange",
        send_garbage,
        further=(
            "api/test_sockets.py::test_an_operation_that_cannot_be_run_is_an_error_of_its_own_and_the_socket_lives_on",
        ),
    ),
)

"""Heads that come slowly, or without end; and connections over which nothing comes: nobody waits for them for ever."""

from __future__ import annotations

import asyncio
import json

import pytest

from interlock.settings import Settings
from support.api import Api
from support.raw import head, raw
from support.server_settings import tuned

PATIENCE = 1.0
KEPT = 2
BODY = json.dumps({"query": "{ viewer { name } }"}).encode()


@pytest.fixture
def settings() -> Settings:
    return tuned(head_timeout=PATIENCE, keep_alive=KEPT)


async def _trickle(writer: asyncio.StreamWriter, piece: bytes) -> None:
    """Send the piece again and again, until the connection is closed."""
    while not writer.transport.is_closing():
        writer.write(piece)
        await asyncio.sleep(PATIENCE / 10)


async def _ended(reader: asyncio.StreamReader, after: float, before: float) -> bytes:
    """What comes until the connection ends, which is between these times from now on."""
    loop = asyncio.get_running_loop()
    began = loop.time()
    async with asyncio.timeout(before):
        rest = await reader.read()
    assert loop.time() - began > after
    return rest


@pytest.mark.parametrize("method", ["GET", "POST", "PUT"])
async def test_a_head_that_trickles_is_given_up(api: Api, method: str) -> None:
    async with raw(api.operator, f"{method} /graphql HTTP/1.1\r\n".encode()) as (reader, writer):
        trickling = asyncio.create_task(_trickle(writer, b"X-More: 1\r\n"))
        answer = await _ended(reader, 0.5 * PATIENCE, 3 * PATIENCE)
        assert answer.startswith(b"HTTP/1.1 408 Request Timeout\r\n")
        assert answer.endswith(b"The head of the request did not come within 1 seconds.\n")
        trickling.cancel()


async def test_a_connection_without_a_request_is_closed(api: Api) -> None:
    async with raw(api.operator, b"") as (reader, _):
        assert await _ended(reader, 0.5 * PATIENCE, 3 * PATIENCE) == b""


async def test_a_connection_is_kept_for_a_while_between_requests_but_not_for_a_head_that_trickles(api: Api) -> None:
    request = head(api.operator, len(BODY)) + BODY
    async with raw(api.operator, request) as (reader, writer):
        for _ in range(3):
            await reader.readuntil(b"}}}")
            await asyncio.sleep(1.2 * PATIENCE)  # longer than a head may take, and than those before it are remembered
            writer.write(request)
        await reader.readuntil(b"}}}")
        assert await _ended(reader, 0.8 * KEPT, 2 * KEPT) == b""
    async with raw(api.operator, request) as (reader, writer):
        await reader.readuntil(b"}}}")
        trickling = asyncio.create_task(_trickle(writer, b"\r\n"))  # which may come before a request
        await _ended(reader, 0.5 * PATIENCE, 3 * PATIENCE)
        trickling.cancel()


@pytest.mark.parametrize("method", ["PUT", "GET"])
async def test_a_body_that_nobody_reads_is_given_up_too(api: Api, method: str) -> None:
    lines = f"{method} /graphql HTTP/1.1", "Host: x", f"Authorization: Bearer {api.operator.key}"
    request = "\r\n".join([*lines, "Content-Length: 1000000", "", ""])
    async with raw(api.operator, request.encode()) as (reader, writer):
        assert (await reader.readuntil(b"}]}")).startswith(b"HTTP/1.1 4")
        trickling = asyncio.create_task(_trickle(writer, b" "))
        await _ended(reader, 0.5 * PATIENCE, 3 * PATIENCE)
        trickling.cancel()


async def test_a_head_without_end_is_refused_before_it_fills_the_memory(api: Api) -> None:
    more = b"X-More: " + b"x" * 9_000 + b"\r\n"
    async with raw(api.operator, b"GET /graphql HTTP/1.1\r\n") as (reader, writer):
        for _ in range(10):
            writer.write(more)
            await asyncio.sleep(PATIENCE / 100)
        assert (await _ended(reader, 0, 3 * PATIENCE)).startswith(b"HTTP/1.1 431 ")


async def test_what_was_asked_in_time_may_take_longer(api: Api) -> None:
    """A socket and a stream live on, though nothing else is sent over their connections."""
    async with api.viewer.follow() as changes:
        stream = head(api.viewer, len(FOLLOW)).replace(b"Host", b"Accept: text/event-stream\r\nHost") + FOLLOW
        async with raw(api.viewer, stream) as (reader, _):
            await reader.readuntil(b"\r\n\r\n")
            await asyncio.sleep(1.5 * PATIENCE)
            (id_,) = await api.operator.submit()
            assert (await anext(changes))["recordId"] == id_
            assert id_.encode() in await reader.readuntil(id_.encode())


FOLLOW = json.dumps({"query": "subscription { statusChanges { recordId } }"}).encode()

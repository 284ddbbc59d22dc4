"""Bodies that come slowly, or not at all: nobody waits for them without a key, and nobody for ever."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace

import pytest

from interlock.settings import Settings
from support.api import Api, Client
from support.raw import head, raw
from support.server_settings import tuned

PATIENCE = 2.0
BODY = json.dumps({"query": "{ viewer { name } }"}).encode()


@pytest.fixture
def settings() -> Settings:
    return tuned(send_timeout=PATIENCE)


async def _trickle(writer: asyncio.StreamWriter) -> None:
    """Send a little again and again, until the connection is closed."""
    while not writer.transport.is_closing():
        writer.write(b" ")
        await asyncio.sleep(PATIENCE / 10)


def _without_key(client: Client) -> Client:
    return replace(client, key="nobody's")


@pytest.mark.parametrize("length", [len(BODY), 10_000_000])
async def test_without_a_key_the_answer_comes_before_the_body(api: Api, length: int) -> None:
    client = _without_key(api.operator)
    async with raw(client, head(client, length)) as (reader, writer):
        async with asyncio.timeout(PATIENCE / 2):
            answer = await reader.readuntil(b"}]}")
        assert answer.startswith(b"HTTP/1.1 401")
        trickling = asyncio.create_task(_trickle(writer))
        async with asyncio.timeout(3 * PATIENCE):
            assert await reader.read() == b"", "and then the connection ends"
        trickling.cancel()


@pytest.mark.parametrize("length", [60_000, 10_000_000])
async def test_a_body_that_trickles_is_given_up(api: Api, length: int) -> None:
    async with raw(api.operator, head(api.operator, length)) as (reader, writer):
        trickling = asyncio.create_task(_trickle(writer))
        async with asyncio.timeout(3 * PATIENCE):
            assert (await reader.read()).startswith(b"HTTP/1.1 408")
        trickling.cancel()


async def test_a_body_in_many_pieces_that_keep_coming_is_read(api: Api) -> None:
    padded = BODY + b" " * 1_000_000
    async with raw(api.operator, head(api.operator, len(padded))) as (reader, writer):
        for start in range(0, len(padded), 50_000):
            writer.write(padded[start : start + 50_000])
            await asyncio.sleep(PATIENCE / 15)
        assert (await reader.readuntil(b"}}}")).startswith(b"HTTP/1.1 200")

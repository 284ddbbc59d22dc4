"""Following the feed in tests: collect until a condition, with the proof that the subscription stands before acting."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

from interlock.service.feed import Feed
from support.api import FOLLOW, Client

Change = dict[str, Any]
PATIENCE = 30
"""Seconds after which a test that waits has failed."""


async def until_followed(feed: Feed, followers: int) -> None:
    """Return when so many follow; each turn of the loop lets the server take a step."""
    async with asyncio.timeout(PATIENCE):
        while feed.followers != followers:  # noqa: ASYNC110 - the server has no event for it, and needs none
            await asyncio.sleep(0)


async def take(changes: AsyncIterator[Change], count: int) -> list[Change]:
    """The next so many changes."""
    return [await anext(changes) for _ in range(count)]


async def feed_cursor(client: Client) -> str:
    """Where the feed stands: what was committed lies before, also where the server has not read it yet."""
    return str((await client.execute("{ feedCursor }"))["feedCursor"])


@asynccontextmanager
async def collecting(
    client: Client, after: str | None = None, query: str = FOLLOW, **given: Any
) -> AsyncIterator[list[Change]]:
    """A list that fills with changes from now on (or after a cursor) until the block ends."""
    seen: list[Change] = []
    async with client.socket() as socket:
        changes = socket.subscribe(query, after=after, **given)

        async def collect() -> None:
            async for change in changes:
                seen.append(change)  # noqa: PERF401 - as they come

        collector = asyncio.create_task(collect())
        try:
            yield seen
        finally:
            collector.cancel()
            with suppress(asyncio.CancelledError):
                await collector


async def until_length(seen: list[Change], count: int, patience: float = PATIENCE) -> None:
    """Return when the list has so many entries."""
    async with asyncio.timeout(patience):
        while len(seen) < count:  # noqa: ASYNC110 - a list has no event
            await asyncio.sleep(0)

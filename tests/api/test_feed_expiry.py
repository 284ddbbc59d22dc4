"""Events that expire before a follower comes to them: it is told so, and never led past them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import pytest

from interlock.api.context import Services
from interlock.api.inputs import ChangeTest
from interlock.domain.cursor import FeedCursor
from interlock.domain.errors import CursorExpired
from interlock.service.channels import Batch, Channel
from interlock.service.upkeep import look_after
from support.api import UPDATE, Api
from support.following import feed_cursor, until_followed
from support.scenario import events

MANY = 1_200
"""More than the feed reads at a time."""


def _all(services: Services) -> Channel:
    return services.channels.of(ChangeTest.of(None))


async def _expire(services: Services, psql: asyncpg.Connection[Any]) -> None:
    """Drop all that the server may drop, which is all but the last tick."""
    await psql.execute("UPDATE tick SET at = at - $1::interval", services.core.settings.event_retention * 2)
    assert (await look_after(services.core))["ticks expired"]


async def _read(batches: AsyncIterator[Batch], found: list[int | None]) -> None:
    """Append the positions as they come, so that none is lost to an exception."""
    async for batch in batches:
        found += [placed.event.position for placed in batch.events]


async def _until_expired(services: Services, cursor: FeedCursor) -> list[int | None]:
    """The positions that come until the follower is told that what is next has expired."""
    found: list[int | None] = []
    with pytest.raises(CursorExpired, match="Read a new snapshot"):
        await _read(_all(services).follow(cursor, live=False), found)
    return found


async def test_a_follower_that_is_behind_when_events_expire_is_told_so(
    api: Api, services: Services, psql: asyncpg.Connection[Any]
) -> None:
    await api.operator.submit(MANY)
    await events(api.viewer)
    await api.operator.submit(2)
    await events(api.viewer)
    batches = _all(services).follow(FeedCursor(services.feed.epoch, 0), live=False)
    first = await anext(batches)
    await _expire(services, psql)
    found = [placed.event.position for placed in first.events]
    with pytest.raises(CursorExpired, match="Read a new snapshot"):
        await _read(batches, found)
    assert found == list(range(1, len(found) + 1)), "what had been read comes without a gap"
    assert len(found) < MANY


async def test_where_no_event_is_left_at_all_the_follower_is_told_so(
    api: Api, services: Services, psql: asyncpg.Connection[Any]
) -> None:
    ids = await api.operator.submit(2)
    await events(api.viewer)
    await api.operator.call(UPDATE, target={"ids": ids}, campaign="another")
    while await psql.fetchval("SELECT n FROM tick ORDER BY id DESC LIMIT 1"):
        """Until the last tick is the one of the new label, which is no event."""
    await _expire(services, psql)
    assert await _until_expired(services, FeedCursor(services.feed.epoch, 0)) == []


async def test_a_follower_from_a_snapshot_whose_events_expired_is_told_so(
    api: Api, services: Services, psql: asyncpg.Connection[Any]
) -> None:
    await api.operator.submit(1)
    await events(api.viewer)
    async with psql.transaction():  # no tick gets through, so the snapshot is ahead of the positions
        await psql.execute("LOCK TABLE tick IN SHARE MODE")
        await api.operator.submit(3)
        cursor = FeedCursor.parse(await feed_cursor(api.viewer))
        await psql.execute("UPDATE record SET status = 'HOLD'")
    assert cursor.seen is not None
    await events(api.viewer)
    await api.operator.submit(1)
    await events(api.viewer)
    await _expire(services, psql)
    assert await _until_expired(services, cursor) == []


async def test_who_waits_for_events_that_expire_before_they_are_read_is_told_so(
    api: Api, services: Services, psql: asyncpg.Connection[Any]
) -> None:
    """As where the server could not reach the database for as long as events are kept."""
    await api.operator.submit(1)
    await events(api.viewer)
    waiting = asyncio.ensure_future(_until_expired(services, FeedCursor(services.feed.epoch, 1)))
    await until_followed(services.feed, 1)
    await psql.execute("UPDATE tick SET first_pos = first_pos + 5 WHERE id = (SELECT max(id) FROM tick)")
    await api.operator.submit(1)
    assert await waiting == []

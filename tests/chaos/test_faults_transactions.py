"""Transactions that stay open in psql: the feed neither waits for them, nor skips what they wrote."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from chaos.trial import struck
from chaos.world import World
from support.api import Api, Client
from support.following import feed_cursor
from support.storing import submit

pytestmark = [pytest.mark.slow, pytest.mark.asyncio(loop_scope="module")]
SEED = 1
TOLD_WITHIN = 2.0
"""Seconds from a call's answer to its event at a subscriber, whatever other transactions do."""
EVENTS = 20


@asynccontextmanager
async def _following(client: Client) -> AsyncIterator[AsyncIterator[dict[str, Any]]]:
    async with client.follow(await feed_cursor(client)) as changes:
        yield changes


async def _told_at_once(api: Api, changes: AsyncIterator[dict[str, Any]]) -> None:
    """Each of some events comes in time."""
    for _ in range(EVENTS):
        began = time.monotonic()
        (id_,) = await api.operator.submit()
        assert (await anext(changes))["recordId"] == id_
        assert time.monotonic() - began < TOLD_WITHIN


async def test_a_transaction_left_open_does_not_hold_up_the_feed(world: World) -> None:
    await struck(world, "idle_in_transaction", SEED)
    async with world.api() as api, _following(api.viewer) as changes, world.psql() as psql, psql.transaction():
        await psql.fetchval("SELECT pg_current_xact_id()")
        await _told_at_once(api, changes)


async def test_events_committed_late_are_neither_skipped_nor_waited_for(world: World) -> None:
    await struck(world, "commit_late", SEED)
    async with world.api() as api, _following(api.viewer) as changes, world.psql() as psql:
        async with psql.transaction():
            late = await submit(psql, 3, tag="late")
            await _told_at_once(api, changes)
        began = time.monotonic()
        assert [(await anext(changes))["recordId"] for _ in late] == [f"rec_{id_}" for id_ in late]
        assert time.monotonic() - began < TOLD_WITHIN
        await _told_at_once(api, changes)

"""Room in memory: given in order, never more than there is, and given back whatever happens."""

from __future__ import annotations

import asyncio

import pytest

from interlock.api.http.room import Held, Room
from interlock.domain.errors import Unavailable


async def _settled() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


async def test_whoever_asks_first_comes_first_however_much_it_is() -> None:
    room = Room(100)
    await room.take(60)
    came: list[int] = []

    async def take(size: int) -> None:
        await room.take(size)
        came.append(size)

    tasks = [asyncio.create_task(take(size)) for size in (80, 10, 20)]
    await _settled()
    assert came == [], "the small ones do not push past the large one"
    room.give(60)
    await _settled()
    assert (came, room.free) == ([80, 10], 10)
    room.give(10)
    await asyncio.gather(*tasks)
    assert (came, room.free) == ([80, 10, 20], 0)


async def test_who_waits_too_long_is_told_so_and_the_next_one_comes() -> None:
    room = Room(100, patience=0.05)
    await room.take(60)
    large = asyncio.create_task(room.take(80))
    await asyncio.sleep(0.03)
    small = asyncio.create_task(room.take(10))
    with pytest.raises(Unavailable, match="try again"):
        await large
    await small
    assert room.free == 30


async def test_nothing_is_lost_with_a_request_that_is_cancelled() -> None:
    room = Room(100)
    await room.take(100)
    waiting = asyncio.create_task(room.take(50))
    await _settled()
    waiting.cancel()
    await asyncio.gather(waiting, return_exceptions=True)
    late = asyncio.create_task(room.take(50))
    await _settled()
    room.give(100)
    late.cancel()  # at the moment of its turn
    await asyncio.gather(late, return_exceptions=True)
    assert room.free == 100


async def test_a_request_holds_once_of_each_room_and_leaves_with_nothing() -> None:
    room, other, held = Room(100), Room(10), Held()
    await held.take(room, 30)
    await held.take(room, 90)
    await held.take(other, 10)
    assert (room.free, other.free) == (10, 0)
    held.keep(room, 40)
    held.keep(room, 60)
    assert room.free == 60, "no more is kept than was held"
    held.leave()
    assert (room.free, other.free) == (100, 10)

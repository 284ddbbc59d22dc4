"""The feed under subscribers: what a delivery costs the server, how late it comes, and what writers pay for it.

Subscribers are WebSocket clients in a process of their own, which really subscribe and count what comes. Lines that say
"at most" are limits: the peer is the limit, and the ratio says how many times what was measured would fit into it.
"""

from __future__ import annotations

import asyncio
import resource
import statistics
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import psutil

from benchmarks.following.crowd import Crowd
from benchmarks.following.writers import moves
from benchmarks.measuring.ground import Ground, ground
from benchmarks.measuring.pairs import Result, Timed, compare
from benchmarks.measuring.serving import served

_SUBSCRIBERS = 1_000
_ROUNDS = 100
"""Events in one slice, each delivered to all before the next is made."""
_SUBSCRIPTION = """subscription ($after: String, $filter: StatusChangeFilter) { statusChanges(after: $after, filter: $filter) {
  cursor position recordId from to action actor who at attempt owner campaign tag } }"""
_SIZE = 400
"""Bytes of one message, about: what the bare sockets send."""
_MANY = 10_000
_IDLE_SECONDS = 30.0
_RECORDS = 10_000
_CAMPAIGNS = [f"campaign {number}" for number in range(100)]
_LOAD = 2_000
_LOAD_SECONDS = 10.0
_SLICE_SECONDS = 2.0
_ALL = [{"query": _SUBSCRIPTION}]
_BY_CAMPAIGN = [{"query": _SUBSCRIPTION, "variables": {"filter": {"campaign": [one]}}} for one in _CAMPAIGNS]


def told(text: str) -> None:
    print(text, file=sys.stderr, flush=True)  # noqa: T201 - progress


def _seconds(pid: int) -> float:
    """Of CPU that the process has had."""
    cpu = psutil.Process(pid).cpu_times()
    return cpu.user + cpu.system


def _port(g: Ground) -> int:
    return int(g.client.url.rsplit(":", 1)[1])


class _Events:
    """One event after the other, each of a transition past the API."""

    def __init__(self, g: Ground, record: int) -> None:
        self._bare = g.bare
        self._record = record
        self.made = 0

    async def make(self) -> None:
        status = ("HOLD", "WAITING")[self.made % 2]
        self.made += 1
        await self._bare.execute("UPDATE record SET status = $1 WHERE part = 0 AND id = $2", status, self._record)


@asynccontextmanager
async def _following(g: Ground, events: _Events) -> AsyncIterator[Timed]:
    """Deliveries per second of the server's CPU, with all subscribers up."""
    async with Crowd.of(_port(g), g.client.key, _ALL, _SUBSCRIBERS) as crowd:
        delivered = 0

        async def timed() -> float:
            nonlocal delivered
            before = _seconds(g.pid)
            for _ in range(_ROUNDS):
                await events.make()
                delivered += 1
                await crowd.say("until", each=delivered)
            spent = _seconds(g.pid) - before
            told(f"ours: {spent / _ROUNDS / _SUBSCRIBERS * 1e6:.1f} microseconds a delivery")
            return _ROUNDS * _SUBSCRIBERS / spent

        yield timed


@asynccontextmanager
async def _bare(g: Ground) -> AsyncIterator[Timed]:
    """The same of bare sockets."""
    command = (sys.executable, "-m", "benchmarks.following.bare", str(_SIZE))
    async with (
        served(g.database, "interlock", *command) as up,
        Crowd.of(up.port, "", _ALL, _SUBSCRIBERS) as crowd,
    ):

        async def timed() -> float:
            before = _seconds(up.pid)
            await crowd.say("trigger", times=_ROUNDS)
            spent = _seconds(up.pid) - before
            told(f"bare: {spent / _ROUNDS / _SUBSCRIBERS * 1e6:.1f} microseconds a delivery")
            return _ROUNDS * _SUBSCRIBERS / spent

        yield timed


async def _deliveries(g: Ground, events: _Events) -> list[Result]:
    costs: list[float] = []
    async with _following(g, events) as ours, _bare(g) as peer:

        async def noted() -> float:
            costs.append(await ours())
            return costs[-1]

        name = f"feed, {_SUBSCRIBERS:,} subscribers: ours / bare sockets"
        ratio = await compare(name, "deliveries per CPU second", 1 / 1.5, noted, peer)
    cost = 1e6 / statistics.median(costs[1:])
    return [ratio, Result.limit("feed, CPU of a delivery", cost, 12, "microseconds")]


async def _delay(g: Ground) -> Result:
    """From an event's own moment, before its commit, to the subscribers of its campaign."""
    async with Crowd.of(_port(g), g.client.key, _BY_CAMPAIGN, _SUBSCRIBERS) as crowd:
        load = asyncio.create_task(moves(g.database, _RECORDS, _LOAD_SECONDS + 4, _LOAD))
        await crowd.say("delays", seconds=2)
        before = _seconds(g.pid)
        found = await crowd.say("delays", seconds=_LOAD_SECONDS)
        spent = (_seconds(g.pid) - before) / _LOAD_SECONDS
        rate = await load
    told(
        f"{rate:,.0f} transitions/s, {found['count'] / _LOAD_SECONDS:,.0f} deliveries/s: median "
        f"{found['median'] * 1e3:.1f} ms, 99 % within {found['p99'] * 1e3:.1f} ms; server at {spent:.0%} of a core"
    )
    name = f"feed, delay at {rate:,.0f} transitions/s, each to 10 of {_SUBSCRIBERS:,} subscribers: median"
    return Result.limit(name, found["median"] * 1e3, 50, "ms")


async def _many(g: Ground, events: _Events) -> list[Result]:
    """What subscribers cost that only are there: memory, and CPU against the same server without them."""
    server = psutil.Process(g.pid)
    before = server.memory_info().rss
    alone = await _idle(g.pid)
    # from a cursor: many of them have not begun to follow yet when all are connected
    after = {"after": (await g.client.execute("{ feedCursor }"))["feedCursor"]}
    async with Crowd.of(_port(g), g.client.key, [{"query": _SUBSCRIPTION, "variables": after}], _MANY) as crowd:
        await events.make()
        await crowd.say("until", each=1)
        grown = (server.memory_info().rss - before) / 1e6
        idle = (await _idle(g.pid) - alone) / _MANY * 1e6
    return [
        Result.limit(f"feed, memory of {_MANY:,} subscribers", grown, 1_000, "MB"),
        Result.limit(f"feed, idle CPU of one of {_MANY:,} subscribers", idle, 10, "microseconds a second"),
    ]


async def _idle(pid: int) -> float:
    """CPU seconds a second, over two heartbeats."""
    before = _seconds(pid)
    await asyncio.sleep(_IDLE_SECONDS)
    return (_seconds(pid) - before) / _IDLE_SECONDS


async def _writers(g: Ground) -> list[Result]:
    """Writers with all of the feed, and with the server halted: then nothing ticks, listens or reads.

    Server, subscribers, writers and database share this machine's cores, so that what subscribers take is in it too.
    """
    server = psutil.Process(g.pid)

    async def running() -> float:
        return await moves(g.database, _RECORDS, _SLICE_SECONDS)

    async def halted() -> float:
        server.suspend()
        try:
            return await moves(g.database, _RECORDS, _SLICE_SECONDS)
        finally:
            server.resume()
            await _caught_up(g)

    alone = await compare("feed, writers with it / without", "transitions/s", 0.75, running, halted)
    async with Crowd.of(_port(g), g.client.key, _BY_CAMPAIGN, _SUBSCRIBERS):
        name = f"feed, writers with it and {_SUBSCRIBERS:,} subscribers / without"
        return [alone, await compare(name, "transitions/s", 0.75, running, halted)]


async def _caught_up(g: Ground) -> None:
    """Return when every event has its position."""
    behind = "SELECT EXISTS (SELECT FROM events_between((SELECT snap FROM tick ORDER BY id DESC LIMIT 1), pg_current_snapshot()))"
    while await g.bare.fetchval(behind):  # noqa: ASYNC110 - the ticker is another process's
        await asyncio.sleep(0.05)


async def run() -> list[Result]:
    """All of them, on one server."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))  # which the processes that are started here have too
    results: list[Result] = []
    async with ground() as g:
        for campaign in _CAMPAIGNS:
            await g.client.submit(_RECORDS // len(_CAMPAIGNS), campaign=campaign)
        events = _Events(g, 1)
        results += await _deliveries(g, events)
        results.append(await _delay(g))
        results += await _writers(g)
        results += await _many(g, events)
    return results

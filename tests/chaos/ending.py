"""The end of a run: everything is healed, what is left drains, followers catch up, and all that there is is read."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

import asyncpg
import orjson

from chaos.actors.actor import Stage
from chaos.actors.connection import Connection
from chaos.actors.follower import PAGE, Following
from chaos.actors.watcher import SNAPSHOT
from chaos.checkers.drain import LONGEST
from chaos.history import End, Event, Kept, microseconds
from interlock.domain.roles import Role

_BETWEEN = 0.1
_STALL = 15.0
"""Seconds that the feed may stand still after a fault: a ticker whose connection is silent is given ten."""
_CATCHING_UP = 5.0
"""Seconds without anything new after which nobody waits for more."""
_PATIENCE = 30.0
_LEFT = """
SELECT status::text, count(*) AS n FROM record GROUP BY status
UNION ALL SELECT 'PENDING', count(*) FROM record WHERE status = 'ERROR' AND retry_at IS NOT NULL"""
_EVENTS = """
SELECT 'rec_' || e.record_id AS record, e.from_status::text AS source, coalesce(e.to_status::text, 'KILLED') AS target,
  e.action::text, e.actor::text, e.who, e.reason, e.at, e.attempt, p.name AS owner, l.tag
FROM event e JOIN cohort c ON c.id = e.cohort_id JOIN lane l ON l.id = c.lane_id JOIN principal p ON p.id = c.owner_id
ORDER BY e.seq"""
_RECORDS = """
SELECT 'rec_' || r.id AS id, r.status::text, r.attempt, t.record_id IS NOT NULL AS task, s.body::text AS result
FROM record r LEFT JOIN task t ON t.record_id = r.id LEFT JOIN result s ON s.record_id = r.id"""
_RELABELS = """
SELECT c.campaign, count(*) AS n FROM relabel x JOIN cohort c ON c.id = x.to_cohort JOIN cohort f ON f.id = x.from_cohort
WHERE c.campaign IS DISTINCT FROM f.campaign AND c.campaign IS NOT NULL GROUP BY c.campaign"""
_PENDING = ("WAITING", "RUNNING", "PENDING")


async def drained(stage: Stage) -> tuple[float | None, dict[str, int]]:
    """When nothing waited, ran or was to be retried any more, and what there was then; None if that took too long."""
    since = time.monotonic()
    async with stage.world.psql() as psql:
        while True:
            left = {row["status"]: row["n"] for row in await psql.fetch(_LEFT)}
            if not any(left.get(status) for status in _PENDING):
                return time.time(), left
            if time.monotonic() - since > LONGEST:
                return None, left
            await asyncio.sleep(_BETWEEN)


async def whole_feed(stage: Stage) -> list[Event]:
    """The feed until the event that was written last, or as it is when that has had its time."""
    async with stage.world.psql() as psql:
        (last,) = [_event(row) for row in await psql.fetch(f"{_EVENTS} DESC LIMIT 1")]
    key = await stage.world.key("auditor", Role.VIEWER)
    url = stage.world.servers[0].url
    feed: list[Event] = []
    with suppress(TimeoutError):
        async with asyncio.timeout(_STALL):
            while True:
                nodes = await _nodes(url, key, PAGE, feed[-1].cursor if feed else None)
                feed += map(Event.of, nodes)
                if any(event.key == last.key for event in feed):
                    break
                await asyncio.sleep(_BETWEEN)
    return feed


async def caught_up(feed: Sequence[Event], followers: Sequence[Following]) -> None:
    """Back when every follower has what it wants of the feed, or gets no more."""
    await asyncio.gather(*(follower.caught_up(feed, _CATCHING_UP) for follower in followers))


async def everything(
    stage: Stage, healed: float, drained_at: float | None, left: dict[str, int], feed: Sequence[Event]
) -> End:
    """All that there is when all is over."""
    async with stage.world.psql() as psql:
        events = [_event(row) for row in await psql.fetch(_EVENTS)]
        records = {row["id"]: _kept(row) for row in await psql.fetch(_RECORDS)}
        relabels = {row["campaign"]: row["n"] for row in await psql.fetch(_RELABELS)}
    key = await stage.world.key("auditor", Role.VIEWER)
    counts = {}
    for number, server in enumerate(stage.world.servers):
        answer = await _asked(server.url, key, SNAPSHOT, {})
        counts[str(number)] = {one["status"]: one["count"] for one in answer["statusCounts"]}
    url = stage.world.servers[0].url
    positions = PAGE.replace(
        "cursor position recordId from to action actor who reason at attempt owner tag", "position"
    )
    rests = {
        snapshot.cursor: [node["position"] for node in await _nodes(url, key, positions, snapshot.cursor)]
        for snapshot in stage.history.snapshots
    }
    faults = [str(fault) for fault in stage.world.faults()]
    return End(healed, drained_at, left, events, feed, records, counts, relabels, rests, faults)


def _event(row: asyncpg.Record) -> Event:
    said: dict[str, Any] = dict(row)
    return Event(**{**said, "at": microseconds(said["at"])})


def _kept(row: asyncpg.Record) -> Kept:
    result = None if row["result"] is None else orjson.loads(row["result"])
    return Kept(row["status"], row["attempt"], row["task"], result)


async def _asked(url: str, key: str, document: str, variables: dict[str, Any]) -> dict[str, Any]:
    connection = Connection(url, key)
    try:
        answer = await connection.execute(document, variables, _PATIENCE)
    finally:
        connection.close()
    if "errors" in answer:
        raise AssertionError(f"{url} answers {answer['errors']}, though all is over")
    data: dict[str, Any] = answer["data"]
    return data


async def _nodes(url: str, key: str, document: str, after: str | None) -> list[dict[str, Any]]:
    """The feed after a cursor, page by page."""
    found: list[dict[str, Any]] = []
    more = True
    while more:
        page = (await _asked(url, key, document, {"after": after, "first": 1000}))["statusChanges"]
        found += page["nodes"]
        after, more = page["pageInfo"]["endCursor"], page["pageInfo"]["hasNextPage"]
    return found


def figures(stage: Stage) -> dict[str, int]:
    """How much there was of everything."""
    history = stage.history
    outcomes = Counter(call.outcome.value for call in history.calls)
    return {
        "calls": len(history.calls),
        **{f"calls {outcome}": n for outcome, n in sorted(outcomes.items())},
        "records": len(history.events_of),
        "events": len(history.end.events),
        "completed": sum(event.action == "COMPLETE" for event in history.end.events),
        "delivered": len(history.got),
        "reads": len(history.reads),
        "snapshots": len(history.snapshots),
        "audits": len(history.audits),
        "moves": len(history.strikes),
        "cuts": len(history.told),
    }

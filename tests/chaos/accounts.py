"""Holding what clients were told against what the feed and the database have."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

import httpx

from chaos.calling import SLACK
from chaos.load import Load
from chaos.world import DEADLINE
from interlock.domain.roles import Role
from support.api import Client
from support.scenario import events
from support.thread import PERMITTED

CATCHING_UP = 20.0
"""Seconds after which a follower has all that there is."""


async def verify(load: Load) -> None:
    """Nothing acknowledged is lost, nothing is done twice, and the feed has all of it, in order, for everyone."""
    await _results(load)
    feed = await _whole_feed(load)
    ours = [event for event in feed if event["campaign"] == load.campaign]
    _totals(load, ours)
    _chains(ours)
    for follower in load.followers:
        expected = [event for event in feed if event["position"] > follower.start]
        await follower.until(len(expected), CATCHING_UP)
        assert _told(follower.seen) == _told(expected), "a follower missed events, or saw some twice"
    slowest = max(caller.slowest for caller in load.callers)
    assert slowest < DEADLINE + SLACK, f"a request took {slowest:.1f} s"


def _told(feed: list[dict[str, Any]]) -> list[tuple[Any, ...]]:
    return [(event["position"], event["recordId"], event["action"], event["at"]) for event in feed]


async def _whole_feed(load: Load) -> list[dict[str, Any]]:
    async with httpx.AsyncClient(timeout=60) as http:
        feed = await events(Client(http, load.world.servers[0].url, load.world.keys[Role.VIEWER]))
    assert [event["position"] for event in feed] == list(range(1, len(feed) + 1)), "the feed has gaps"
    async with load.world.psql() as psql:
        assert await psql.fetchval("SELECT count(*) FROM event") == len(feed), "events without a position"
    return feed


def _totals(load: Load, ours: list[dict[str, Any]]) -> None:
    counts = Counter(event["action"] for event in ours)
    told = load.told
    expected = {
        "SUBMIT": len(told.submitted),
        "HOLD": told.moved["hold"],
        "RELEASE": told.moved["release"],
        "COMPLETE": len(told.results),
    }
    assert {action: counts[action] for action in expected} == expected, f"{counts} of {expected}"
    assert len(told.submitted) == len(set(told.submitted)) == len(told.results)


def _chains(ours: list[dict[str, Any]]) -> None:
    """Each record's events follow from one another."""
    status: dict[str, str | None] = {}
    for event in ours:
        assert event["from"] == status.get(event["recordId"]), f"{event} after {status.get(event['recordId'])}"
        assert event["from"] is None or (event["from"], event["to"]) in PERMITTED, event
        status[event["recordId"]] = event["to"]
    assert set(status.values()) <= {"COMPLETE"}


async def _results(load: Load) -> None:
    """Every record is complete, with the one result that was accepted."""
    async with load.world.psql() as psql:
        rows = await psql.fetch(
            """SELECT 'rec_' || r.id AS id, r.status::text, s.body::text AS result, t.record_id IS NULL AS done
            FROM record r JOIN cohort c ON c.id = r.cohort_id LEFT JOIN result s ON s.record_id = r.id
            LEFT JOIN task t ON t.record_id = r.id WHERE c.campaign = $1""",
            load.campaign,
        )
    found = {row["id"]: row for row in rows}
    assert found.keys() == set(load.told.submitted), "acknowledged records are lost, or others are there"
    assert {(row["status"], row["done"]) for row in rows} <= {("COMPLETE", True)}
    assert {id_: json.loads(row["result"]) for id_, row in found.items()} == load.told.results

"""Throughput over the API: a past for a chart, which the feed goes on with."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest

from interlock.domain.lifecycle import Action, RecordStatus
from support.api import Api, GraphQLFailure
from support.scenario import brought, events

POINTS = """query ($since: DateTime!, $step: Int! = 60) { feedCursor throughput(since: $since, step: $step) {
  at submitted: count(action: SUBMIT) claimed: count(action: CLAIM) completed: count(action: COMPLETE)
  errors: count(action: REPORT_ERROR) failed: count(action: FAIL) } }"""
COUNTED = {
    "submitted": "SUBMIT",
    "claimed": "CLAIM",
    "completed": "COMPLETE",
    "errors": "REPORT_ERROR",
    "failed": "FAIL",
}


def _ago(**span: float) -> str:
    return (datetime.now(UTC) - timedelta(**span)).isoformat()


async def _points(api: Api, **given: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (await api.viewer.execute(POINTS, **given))["throughput"]
    return found


async def test_it_adds_up_to_the_feed_and_has_a_point_for_each_step(api: Api) -> None:
    for status in RecordStatus:
        await brought(api, status, 3)
    points = await _points(api, since=_ago(hours=2))
    happened = [event["action"] for event in await events(api.viewer)]
    for name, action in COUNTED.items():
        assert sum(point[name] for point in points) == happened.count(action) > 0
    times = [datetime.fromisoformat(point["at"]) for point in points]
    assert len(times) in {121, 122}
    assert {later - earlier for earlier, later in pairwise(times)} == {timedelta(minutes=1)}
    assert {time.second for time in times} == {0}
    by_hour = await _points(api, since=_ago(hours=2), step=3_600)
    assert len(by_hour) in {3, 4}
    assert {datetime.fromisoformat(point["at"]).minute for point in by_hour} == {0}
    for name in COUNTED:
        assert sum(point[name] for point in by_hour) == sum(point[name] for point in points)


async def test_what_follows_the_cursor_of_the_same_query_is_what_it_does_not_count(api: Api) -> None:
    await api.operator.submit(3)
    data = await api.viewer.execute(POINTS, since=_ago(minutes=5))
    await api.operator.submit(2)
    page = "query ($after: String) { statusChanges(after: $after) { nodes { action } } }"
    assert sum(point["submitted"] for point in data["throughput"]) == 3
    async with api.viewer.follow(after=data["feedCursor"]) as changes:
        assert [(await anext(changes))["action"] for _ in range(2)] == [Action.SUBMIT] * 2
    assert len((await api.viewer.execute(page, after=data["feedCursor"]))["statusChanges"]["nodes"]) == 2


@pytest.mark.parametrize("step", [0, -60, 59, 61, 90, 86_460])
async def test_a_step_is_of_whole_minutes_and_a_day_at_most(api: Api, step: int) -> None:
    with pytest.raises(GraphQLFailure, match="multiple of 60, from 60 to 86400") as failure:
        await _points(api, since=_ago(hours=1), step=step)
    assert failure.value.code == "INVALID_INPUT"
    assert failure.value.errors[0]["extensions"]["argument"] == "step"


@pytest.mark.parametrize("since", ["", "x", "2026-01-31", "2026-01-31T12:00:00", "0001-01-01T00:00:00+14:00", 5])
async def test_what_is_no_moment_is_refused(api: Api, since: Any) -> None:
    with pytest.raises(GraphQLFailure) as failure:
        await _points(api, since=since)
    assert "$since" in failure.value.errors[0]["message"]
    with pytest.raises(GraphQLFailure, match="DateTime") as failure:
        await api.viewer.execute(f"{{ throughput(since: {json.dumps(since)}) {{ at }} }}")
    assert "INTERNAL" not in str(failure.value)


async def test_more_steps_than_a_chart_has_room_for_are_refused(api: Api) -> None:
    with pytest.raises(GraphQLFailure, match="choose longer ones") as failure:
        await _points(api, since=_ago(days=2), step=60)
    assert failure.value.code == "LIMIT_EXCEEDED"
    assert len(await _points(api, since="0001-01-01T00:00:00Z", step=600)) in {1_009, 1_010}
    assert await _points(api, since=_ago(days=-1)) == []
    assert len(await _points(api, since=_ago())) in {1, 2}

"""Managers that leave: what they had not begun is queued again at once, the rest is given up, and they may return."""

from __future__ import annotations

from typing import Any

from interlock.api.context import Services
from interlock.domain.retry import MANAGER_LEFT, rule_for
from support.api import CLAIM, DEACTIVATE, Api
from support.scenario import Bench, record


async def _leave(api: Api, bench: Bench, unstarted: list[str]) -> dict[str, Any]:
    return await api.manager.call(DEACTIVATE, managerId=bench.id, unstarted=unstarted)


async def test_a_leaving_manager_hands_back_what_it_had_not_begun_and_gives_up_the_rest(
    api: Api, services: Services
) -> None:
    begun, unstarted, killed, done = await api.operator.submit(4, tag="t")
    bench = await Bench.of(api, "t")
    tokens = await bench.claim()
    await api.operator.move("kill", [killed])
    await bench.give_back([tokens[done]], {"result": 1})
    other = await Bench.of(api, "u")
    (foreign,) = await api.operator.submit(tag="u")
    foreign_token = (await other.claim())[foreign]
    payload = await _leave(api, bench, [tokens[unstarted], tokens[killed], tokens[done], foreign_token])
    assert (payload["errors"], payload["handedBack"], payload["givenUp"]) == ([], 1, 1)
    assert payload["manager"] == {"active": False}
    assert await api.viewer.statuses([begun, unstarted, killed, done, foreign]) == [
        "ERROR", "WAITING", None, "COMPLETE", "RUNNING",
    ]  # fmt: skip
    left = await record(api.viewer, begun)
    allowed = rule_for(MANAGER_LEFT, services.core.settings.retry_policy).retries
    assert (left["errorType"], left["retry"]["used"], left["retry"]["allowed"]) == (MANAGER_LEFT, 0, allowed)
    assert left["retry"]["nextAt"] is not None
    last = left["events"][-1]
    said = (last["action"], last["actor"], last["who"], last["reason"])
    assert said == ("REPORT_ERROR", "SERVER", "interlock", MANAGER_LEFT)
    assert left["attempts"][0]["error"]["type"] == MANAGER_LEFT
    back = await record(api.viewer, unstarted)
    assert (back["retry"]["used"], [e["action"] for e in back["events"]]) == (
        0, ["SUBMIT", "CLAIM", "REPORT_ERROR", "RETRY"],
    )  # fmt: skip
    # it is gone: no claims, and its late answers find their leases lost
    refused = await api.manager.call(CLAIM, managerId=bench.id)
    assert [error["code"] for error in refused["errors"]] == ["FORBIDDEN"]
    assert await bench.give_back([tokens[begun]], {"result": 1}) == ["LEASE_EXPIRED"]
    assert (await bench.heartbeat([tokens[begun]]))["lost"][0]["code"] == "LEASE_EXPIRED"
    shown = await api.viewer.execute(
        "query ($id: ID!) { manager(id: $id) { completedCount errorCount runningCount } }", id=bench.id
    )
    assert shown["manager"] == {"completedCount": 1, "errorCount": 0, "runningCount": 0}  # not begun is no error
    again = await _leave(api, bench, [])
    assert (again["handedBack"], again["givenUp"], again["errors"]) == (0, 0, [])


async def test_a_manager_that_left_returns_under_its_name_with_its_history(api: Api) -> None:
    (first, second) = await api.operator.submit(2, tag="t")
    bench = await Bench.of(api, "t")
    tokens = await bench.claim(1)
    await bench.give_back(list(tokens.values()), {"result": 1})
    await _leave(api, bench, [])
    again = await Bench.of(api, "t")
    assert again.id == bench.id
    assert list(await again.claim()) == [second]
    shown = await api.viewer.execute(
        "query ($id: ID!) { manager(id: $id) { active completedCount runningCount } }", id=bench.id
    )
    assert shown["manager"] == {"active": True, "completedCount": 1, "runningCount": 1}
    active = "{ yes: managers(active: true) { nodes { id } } no: managers(active: false) { nodes { id } } }"
    assert await api.viewer.execute(active) == {"yes": {"nodes": [{"id": bench.id}]}, "no": {"nodes": []}}
    assert (await record(api.viewer, first))["attempts"][0]["manager"]["name"] == "bench of t"


async def test_leaving_with_more_leases_than_a_batch_gives_all_of_them_up(api: Api) -> None:
    await api.operator.submit(2_300, tag="t")
    bench = await Bench.of(api, "t")
    for _ in range(3):
        await bench.claim(1_000)
    payload = await _leave(api, bench, [])
    assert payload["givenUp"] == 2_300
    counts = (await api.viewer.execute("{ statusCounts { status count } }"))["statusCounts"]
    assert counts == [{"status": "ERROR", "count": 2_300}]

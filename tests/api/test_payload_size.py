"""What a mutation did is always told, so what it may have to tell is bounded before it does anything."""

from __future__ import annotations

import asyncio
import time
from uuid import uuid4

import pytest

from interlock.settings import Settings
from support.api import Api, GraphQLFailure
from support.server_settings import tuned

SMALL = 4_000_000
CLAIM = "claimTasks(input: $input) { leases { token args } errors { code message } }"


@pytest.fixture
def settings() -> Settings:
    return tuned(max_claimed=3_000_000)


async def _large(api: Api, count: int) -> list[str]:
    made = [{"function": "a:b", "args": ["x" * 900_000]} for _ in range(count)]
    return await api.operator.submit(specifications=made)


async def test_a_claim_gives_so_many_bytes_of_arguments_times_the_names_that_there_may_be(api: Api) -> None:
    ids = await _large(api, 5)
    manager = await api.manager.activate()
    query = "mutation ($input: ClaimTasksInput!) { claimTasks(input: $input) { leases { token %s } } }"
    given = {"managerId": manager, "limit": 100}
    many = " ".join(f"a{i}: args" for i in range(4))
    with pytest.raises(GraphQLFailure, match="4 names"):
        await api.manager.execute(query % many, input=given)
    assert await api.viewer.statuses(ids) == ["WAITING"] * 5
    response = await api.manager.post(query % "a: args b: args args", input=given)
    assert len(response.json()["data"]["claimTasks"]["leases"]) == 3
    assert len(response.content) < 3 * 3_000_000


@pytest.mark.parametrize("key", [None, "again"])
async def test_of_several_claims_none_begins_after_much_was_given(api: Api, key: str | None) -> None:
    ids = await _large(api, 7)
    manager = await api.manager.activate()
    query = f"mutation ($input: ClaimTasksInput!) {{ {' '.join(f'c{i}: {CLAIM}' for i in range(4))} }}"
    found = await api.manager.execute(query, input={"managerId": manager, "limit": 100, "claimKey": key})
    assert [len(found[name]["leases"]) for name in found] == [3, 3, 0, 0]
    assert found["c1"]["errors"] == []
    for name in ("c2", "c3"):
        (error,) = found[name]["errors"]
        assert error["code"] == "LIMIT_EXCEEDED"
        assert f"after {SMALL}" in error["message"]
        assert error["message"].endswith("Nothing was done: send it in an operation of its own.")
    running = {lease["token"] for name in found for lease in found[name]["leases"]}
    statuses = await api.viewer.statuses(ids)
    assert statuses.count("RUNNING") == len(running) == (6 if key is None else 3)


async def test_ten_thousand_lost_leases_are_told_without_keeping_others_waiting(api: Api) -> None:
    manager = await api.manager.activate()
    given = {"managerId": manager, "tokens": [f"lease_{i}_1_{uuid4().hex}" for i in range(1, 10_001)]}
    names = "a: message b: message message c: token d: token token"
    for count, told in ((1, names), (30, "message token")):
        roots = " ".join(
            f"h{i}: heartbeat(input: $input) {{ lost {{ {told} }} errors {{ code }} }}" for i in range(count)
        )
        query = f"mutation ($input: HeartbeatInput!) {{ {roots} }}"
        call = asyncio.create_task(api.manager.post(query, input=given))
        longest = 0.0
        while not call.done():
            began = time.monotonic()
            await api.viewer.execute("{ viewer { name } }")
            longest = max(longest, time.monotonic() - began)
        found = call.result().json()["data"]
        assert [len(payload["lost"]) for payload in found.values()] == [10_000, *([0] * (count - 1))]
        assert [payload["errors"] for payload in found.values()] == [
            [],
            *([[{"code": "LIMIT_EXCEEDED"}]] * (count - 1)),
        ]
        assert longest < 2
        assert len(call.result().content) < SMALL


async def test_the_ids_of_what_was_submitted_are_told_three_times_at_most(api: Api) -> None:
    query = "mutation ($input: SubmitRecordsInput!) { submitRecords(input: $input) { %s } }"
    given = {"kind": "python", "specifications": [{"function": "a:b"}] * 3}
    with pytest.raises(GraphQLFailure, match="4 names for the field `submitRecords"):
        await api.operator.execute(query % " ".join(f"a{i}: ids" for i in range(4)), input=given)
    assert (await api.viewer.execute("{ records { nodes { id } } }"))["records"]["nodes"] == []
    payload = (await api.operator.execute(query % "a: ids b: ids ids", input=given))["submitRecords"]
    assert payload["a"] == payload["b"] == payload["ids"]

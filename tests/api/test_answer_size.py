"""Each text counts as often as it is told: whatever stands beside it, and by whatever way the answer goes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from interlock.domain.lifecycle import RecordStatus
from interlock.settings import Settings
from support.api import Api, Client, GraphQLFailure
from support.scenario import Bench, brought
from support.server_settings import tuned

MOST = 1_000_000
TEXT = 400_000
BESIDE = ("", "permittedActions { action } ")
"""Nothing; and what is not compiled."""


@pytest.fixture
def settings() -> Settings:
    return tuned(max_answer=MOST, max_names=50)


def names(what: str, count: int) -> str:
    return " ".join(f"a{i}: {what}" for i in range(count))


def specification(size: int) -> dict[str, Any]:
    return {"function": "a:b", "args": ["x" * size]}


async def returned(api: Api, outcome: Any, **output: str) -> str:
    """A record with such an outcome."""
    (id_,) = await api.operator.submit()
    bench = await Bench.of(api)
    (token,) = (await bench.claim()).values()
    call = "mutation ($input: ReturnTasksInput!) { returnTasks(input: $input) { answers { code } } }"
    payload = await api.manager.call(call, managerId=bench.id, returns=[{"token": token, "outcome": outcome, **output}])
    assert payload["answers"] == [{"code": "ACCEPTED"}]
    return id_


async def fits(client: Client, query: str, **given: Any) -> bool:
    """Whether the answer fits, in which case it is no larger than allowed; else it is one error that says so."""
    response = await client.post(query, **given)
    answer = response.json()
    if not answer.get("errors"):
        assert len(response.content) <= MOST + 1_000
        return True
    (error,) = answer["errors"]
    assert answer["data"] is None
    assert error["extensions"] == {"code": "LIMIT_EXCEEDED"}
    assert f"more than {MOST} bytes" in error["message"]
    assert "select less of each" in error["message"]
    return False


SELECTIONS: Sequence[tuple[str, bool]] = [
    (names("specification", 2), True),
    (names("specification", 3), False),
    ("specification task { args }", True),
    ("specification task { args kwargs record { specification } }", False),
    (f"task {{ {names('args', 2)} }}", True),
    (f"task {{ {names('args', 3)} }}", False),
    (names("task { args }", 3), False),
]


@pytest.mark.parametrize("beside", BESIDE)
async def test_a_record_counts_each_text_as_often_as_it_is_told(api: Api, beside: str) -> None:
    (id_,) = await api.operator.submit(specifications=[specification(TEXT)])
    for selected, whether in SELECTIONS:
        selection = selected + " " + beside
        one = f"query ($id: ID!) {{ record(id: $id) {{ {selection} }} }}"
        node = f"query ($id: ID!) {{ node(id: $id) {{ ... on Record {{ {selection} }} }} }}"
        nodes = f"query ($id: ID!) {{ nodes(ids: [$id]) {{ ... on Record {{ {selection} }} }} }}"
        page = f"{{ records(first: 3) {{ nodes {{ {selection} }} }} }}"
        assert [await fits(api.viewer, query, id=id_) for query in (one, node, nodes)] == [whether] * 3, selection
        assert await fits(api.viewer, page) is whether, selection


@pytest.mark.parametrize("beside", BESIDE)
async def test_a_task_counts_each_text_as_often_as_it_is_told(api: Api, beside: str) -> None:
    (id_,) = await api.operator.submit(specifications=[specification(TEXT)])
    for count in (2, 3):
        selection = names("args", count) + " " + beside
        task = f"query ($id: ID!) {{ task(id: $id) {{ {selection} }} }}"
        page = f"{{ tasks {{ nodes {{ {selection} }} }} }}"
        assert await fits(api.viewer, task, id=id_.replace("rec", "task")) is (count == 2)
        assert await fits(api.viewer, page) is (count == 2)


@pytest.mark.parametrize("beside", BESIDE)
async def test_several_roots_share_what_there_is(api: Api, beside: str) -> None:
    (id_,) = await api.operator.submit(specifications=[specification(TEXT)])
    for root in ("record(id: $id) { specification %s}", "node(id: $id) { ... on Record { specification %s} }"):
        for count in (2, 3):
            query = f"query ($id: ID!) {{ {names(root % beside, count)} }}"
            assert await fits(api.viewer, query, id=id_) is (count == 2), query


@pytest.mark.parametrize("beside", BESIDE)
async def test_a_result_that_is_larger_than_an_answer_is_refused_by_itself(api: Api, beside: str) -> None:
    small, large = await returned(api, {"result": "x" * 900_000}), await returned(api, {"result": "x" * 1_100_000})
    query = f"query ($id: ID!) {{ record(id: $id) {{ result {beside}}} }}"
    assert [await fits(api.viewer, query, id=id_) for id_ in (small, large)] == [True, False]


async def test_what_attempts_wrote_counts_as_often_as_it_is_told(api: Api) -> None:
    error = {"type": "no", "message": "no", "traceback": "x" * TEXT}
    id_ = await returned(api, {"error": error}, stdout="y" * TEXT)
    for told, whether in (
        (names("stdout", 2), True),
        (names("stdout", 3), False),
        (f"error {{ {names('traceback', 2)} }}", True),
        (f"error {{ {names('traceback', 3)} }}", False),
        (names("error { traceback }", 3), False),
        ("stdout " + names("error { traceback }", 2), False),
    ):
        query = f"query ($id: ID!) {{ record(id: $id) {{ attempts {{ {told} }} }} }}"
        assert await fits(api.viewer, query, id=id_) is whether, told


async def test_one_record_asked_for_several_times_counts_each_time(api: Api) -> None:
    (id_,) = await api.operator.submit(specifications=[specification(TEXT)])
    for selected in ("specification", "task { args }"):
        query = f"query ($ids: [ID!]!) {{ nodes(ids: $ids) {{ ... on Record {{ {selected} }} }} }}"
        assert [await fits(api.viewer, query, ids=[id_] * count) for count in (2, 3)] == [True, False]


async def test_the_reasons_of_events_count(api: Api) -> None:
    await api.operator.submit(300, hold=True, reason="é" * 2_000)
    query = "query ($n: Int!) { statusChanges(first: $n) { nodes { reason } } }"
    assert [await fits(api.viewer, query, n=n) for n in (150, 300)] == [True, False]


async def test_a_page_counts_what_is_told_of_many_however_little_each_has(api: Api) -> None:
    programs = [f"p{i:02}{'x' * 90}" for i in range(50)]
    await brought(
        api, RecordStatus.HOLD, 210, specifications=[{"function": "a:b", "programs": programs} for _ in range(210)]
    )
    for beside in BESIDE:
        query = f"query ($n: Int!) {{ records(first: $n) {{ nodes {{ requiredPrograms {beside}}} }} }}"
        assert [await fits(api.viewer, query, n=n) for n in (160, 210)] == [True, False]


@pytest.mark.parametrize("settings", [tuned(max_answer=20_000_000, max_names=50)], ids=["usual"])
@pytest.mark.parametrize("beside", BESIDE)
async def test_one_message_has_four_megabytes_at_most_and_says_where_there_may_be_more(api: Api, beside: str) -> None:
    (id_,) = await api.operator.submit(specifications=[specification(900_000)])
    few, many = (
        f"query ($id: ID!) {{ record(id: $id) {{ {names('specification', count)} {beside}}} }}" for count in (4, 5)
    )
    assert len((await api.viewer.execute(many, id=id_))["record"]["a4"]["args"][0]) == 900_000
    async with api.viewer.socket() as socket:
        async for found in socket.subscribe(few, id=id_):
            assert len(found["a3"]["args"][0]) == 900_000
        with pytest.raises(GraphQLFailure, match="A query over HTTP may have up to 20000000"):
            async for _ in socket.subscribe(many, id=id_):
                pass
    assert "A query over HTTP may have up to 20000000" in await streamed(api.viewer, many, id=id_)
    assert len(await streamed(api.viewer, few, id=id_)) > 3_600_000


async def streamed(client: Client, query: str, **given: Any) -> str:
    """What a stream of server-sent events has."""
    headers = {"Authorization": f"Bearer {client.key}", "Accept": "text/event-stream"}
    body = {"query": query, "variables": given}
    return (await client.http.post(f"{client.url}/graphql", json=body, headers=headers)).text

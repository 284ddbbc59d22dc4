"""Requests and answers too large to be served as they come: they wait, or hear the limit and what to do."""

from __future__ import annotations

import asyncio
import json
import tracemalloc
from contextlib import AsyncExitStack
from typing import Any

import httpx
import orjson
import pytest

from interlock.api.http.bodies import SMALL, weight
from interlock.api.limits.allowance import steps
from interlock.domain.lifecycle import RecordStatus
from interlock.settings import Settings
from support.api import Api, Client, GraphQLFailure
from support.raw import head, raw
from support.scenario import Bench, brought
from support.server_settings import tuned

MOST = 10_000_000
PAGE = "query ($first: Int!) { records(first: $first) { nodes { id result } } }"
ONE = "query ($id: ID!) { record(id: $id) { id result } }"
COMPUTED = "query ($id: ID!) { record(id: $id) { id result attempts { number } } }"


@pytest.fixture
def settings() -> Settings:
    return tuned(
        max_answer=MOST, max_body=12_000_000, max_result=9_000_000, body_memory=60_000_000, send_timeout=3.0,
        max_cost=1_000_000,
    )  # fmt: skip


async def _complete(api: Api, sizes: list[int]) -> list[str]:
    """Records whose results have so many bytes."""
    ids = await api.operator.submit(len(sizes))
    bench = await Bench.of(api)
    tokens = await bench.claim(len(ids))
    for id_, size in zip(ids, sizes, strict=True):
        assert await bench.give_back([tokens[id_]], {"result": "é" + "x" * (size - 4)}) == ["ACCEPTED"]
    return ids


async def test_an_answer_beyond_the_limit_is_one_error_that_says_it_and_what_to_do(api: Api) -> None:
    ids = await _complete(api, [3_000_000] * 4)
    for first, fits in ((1, True), (3, True), (4, False)):
        for query in (PAGE, PAGE.replace("result", "result attempts { number }")):
            if fits:
                nodes = (await api.viewer.execute(query, first=first))["records"]["nodes"]
                assert [len(node["result"].encode()) for node in nodes] == [2_999_998] * first
                continue
            answer = (await api.viewer.post(query, first=first)).json()
            assert answer["data"] is None
            (error,) = answer["errors"]
            assert error["extensions"] == {"code": "LIMIT_EXCEEDED"}
            assert f"more than {MOST} bytes" in error["message"]
            assert "fewer entries at a time" in error["message"]
    several = " ".join(f'r{i}: record(id: "{id_}") {{ result }}' for i, id_ in enumerate(ids))
    with pytest.raises(GraphQLFailure, match=f"more than {MOST} bytes"):
        await api.viewer.execute(f"{{ {several} }}")
    lopsided = f'{{ large: record(id: "{ids[0]}") {{ result }} none: record(id: "rec_9") {{ result }} }}'
    assert len((await api.viewer.execute(lopsided))["large"]["result"]) > 2_900_000


async def test_large_and_small_ones_that_are_asked_for_together_all_have_their_answers(api: Api) -> None:
    sizes = [10, 5_000_000, 20, 8_000_000, 30] + [40] * 20
    ids = await _complete(api, sizes)
    for query in (ONE, COMPUTED):
        found = await asyncio.gather(*(api.viewer.execute(query, id=id_) for id_ in ids))
        assert [len(one["record"]["result"].encode()) + 2 for one in found] == sizes


async def test_a_stream_carries_small_answers_only_and_says_where_the_large_ones_are(api: Api) -> None:
    (id_,) = await _complete(api, [5_000_000])
    async with api.viewer.socket() as socket:
        with pytest.raises(GraphQLFailure, match="A query over HTTP may have up to 10000000"):
            async for _ in socket.subscribe(ONE, id=id_):
                pass


async def test_many_rows_count_too_however_little_of_each_is_asked_for(api: Api) -> None:
    await brought(api, RecordStatus.HOLD, 1_000)
    aliases = " ".join(
        f"a{i}: records(first: 1000) {{ nodes {{ attemptCount attempts {{ number }} }} }}" for i in range(11)
    )
    with pytest.raises(GraphQLFailure, match=f"more than {MOST} bytes"):
        await api.viewer.execute(f"{{ {aliases} }}")


@pytest.mark.parametrize("value", ['"' + "x" * 99 + '"', "1", "-0.123456789", "[]", "{}", '{"a": 1}', "257"])
def test_what_a_body_weighs_is_no_less_than_what_its_values_take(value: str) -> None:
    body = ("[" + ",".join([value] * 20_000) + "]").encode()
    tracemalloc.start()
    before, _ = tracemalloc.get_traced_memory()
    parsed = orjson.loads(body)
    after, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert parsed
    assert after - before <= weight(body)


async def test_a_body_of_too_many_values_is_refused_with_what_it_would_take(api: Api) -> None:
    body = b'{"query": "{ viewer { name } }", "variables": {"x": [' + b"[]," * 1_000_000 + b"[]]}}"
    answer = await _post(api.operator, body)
    assert answer.status_code == 413
    (error,) = answer.json()["errors"]
    assert error["extensions"]["code"] == "LIMIT_EXCEEDED"
    assert "bytes of memory; at most 60000000 are allowed" in error["message"]


async def test_large_bodies_that_come_at_the_same_time_all_have_their_turn(api: Api) -> None:
    padded = json.dumps({"query": "{ viewer { name } }", "variables": {"x": "x" * 8_000_000}}).encode()
    answers = await asyncio.gather(*(_post(api.operator, padded) for _ in range(12)))
    assert [answer.status_code for answer in answers] == [200] * 12


async def test_a_large_body_is_not_read_before_its_key_is_known(api: Api) -> None:
    answer = await _post(Client(api.operator.http, api.operator.url, "nobody's"), b" " * 10_000_000)
    assert answer.status_code == 401


async def test_a_body_that_stops_half_way_gives_its_room_back(api: Api) -> None:
    request = head(api.operator, 10_000_000) + b" " * (SMALL + 100)
    async with AsyncExitStack() as stack:
        readers = [(await stack.enter_async_context(raw(api.operator, request)))[0] for _ in range(3)]
        for reader in readers:  # more than there is room for at a time
            assert (await reader.readline()).startswith(b"HTTP/1.1 408")
    padded = json.dumps({"query": "{ viewer { name } }", "variables": {"x": "x" * 8_000_000}}).encode()
    assert (await _post(api.operator, padded)).status_code == 200


async def test_an_answer_that_is_not_read_gives_its_room_back(api: Api) -> None:
    (id_,) = await _complete(api, [8_000_000])
    body = json.dumps({"query": ONE, "variables": {"id": id_}}).encode()
    async with AsyncExitStack() as stack:
        for _ in range(4):  # twice as many as there is room for at a time
            reader, _ = await stack.enter_async_context(raw(api.viewer, head(api.viewer, len(body)) + body))
            assert (await reader.readline()).startswith(b"HTTP/1.1 200")
        assert (await api.viewer.execute(ONE, id=id_))["record"]["id"] == id_


def test_the_sizes_that_are_tried_end_with_the_limit() -> None:
    assert steps(tuned()) == [4_000_000, 20_000_000, 100_000_000]
    assert steps(tuned(max_answer=30_000_000)) == [4_000_000, 20_000_000, 30_000_000]
    assert steps(tuned(max_answer=1_000)) == [1_000]


async def _post(client: Client, content: Any) -> httpx.Response:
    headers = {"Authorization": f"Bearer {client.key}", "Content-Type": "application/json"}
    return await client.http.post(f"{client.url}/graphql", content=content, headers=headers)

"""Every limit on operations: what is too much is refused with the limit and what was asked, quickly, by every way."""

from __future__ import annotations

import time
from typing import Any

import pytest

from interlock.settings import Settings
from support.api import FOLLOW, Api
from support.server_settings import tuned

NESTED = "{ records { nodes { task { record { task { record { id } } } } } } }"
PAGE = "query ($n: Int, $m: Int = 3) { records(first: $n) { nodes { id events(first: $m) { at } } } }"
FRAGMENTS = "fragment A on Viewer { ...B ...B } fragment B on Viewer { n: name @skip(if: false) }"
TOO_MUCH: dict[str, tuple[str, int, int]] = {
    NESTED: ("max_depth", 5, 7),
    "{ viewer { name } viewer { role } viewer { role } viewer { name } }": ("max_roots", 3, 4),
    "{ viewer { " + "name " * 30 + "} }": ("max_fields", 30, 31),
    "{ viewer { ...A ...A } } " + FRAGMENTS: ("max_aliases", 3, 4),
    "{ viewer { ... @include(if: true) { ... @skip(if: false) { ... @include(if: true) { ...A } } } } } " + FRAGMENTS: (
        "max_directives",
        4,
        5,
    ),
    "{ records(first: 40) { nodes { id status tag } } }": ("max_cost", 150, 161),
    "{ records(last: 2) { nodes { events { id: at } } } }": ("max_cost", 150, 205),
}


@pytest.fixture
def settings() -> Settings:
    return tuned(max_depth=5, max_roots=3, max_fields=30, max_aliases=3, max_directives=4, max_cost=150)


@pytest.mark.parametrize("document", TOO_MUCH)
async def test_what_is_too_much_is_refused_with_the_limit_and_what_was_asked(api: Api, document: str) -> None:
    name, allowed, asked = TOO_MUCH[document]
    (error,) = (await api.viewer.post(document)).json()["errors"]
    assert error["extensions"]["code"] == "LIMIT_EXCEEDED"
    assert error["extensions"]["limit"] == {"name": name, "allowed": allowed, "asked": asked}
    assert f"{asked} " in error["message"]
    assert f"at most {allowed} are allowed" in error["message"]
    async with api.viewer.socket() as socket:
        await socket.send(type="subscribe", id="1", payload={"query": document})
        assert (await socket.receive())["payload"] == [error]


@pytest.mark.parametrize(
    ("given", "cost"),
    [
        ({}, 1),
        ({"n": 2}, 13),
        ({"n": 2, "m": 5}, 17),
        ({"n": 0}, 1),
        ({"n": 2.0}, 13),
        ({"n": -1}, None),
        ({"n": "x"}, None),
    ],
)
async def test_the_cost_counts_the_pages_that_the_variables_ask_for_and_is_told(
    api: Api, given: dict[str, Any], cost: int | None
) -> None:
    answer = (await api.viewer.post(PAGE, **given)).json()
    if given == {}:  # a page of 100
        assert answer["errors"][0]["extensions"]["limit"] == {"name": "max_cost", "allowed": 150, "asked": 601}
    elif cost is None:
        assert answer["errors"][0].get("extensions", {}).get("code") != "LIMIT_EXCEEDED"
    else:
        assert answer["extensions"] == {"cost": {"asked": cost, "allowed": 150}}


async def test_lists_without_a_size_count_ten_times(api: Api) -> None:
    query = '{ record(id: "rec_1") { permittedActions { action denial { code shortestWay { action } } } } }'
    answer = (await api.viewer.post(query)).json()
    assert answer["extensions"]["cost"]["asked"] == 1 + 1 + 10 * (1 + 1 + 1 + 1 + 10 * 1)


async def test_a_single_id_counts_as_a_list_of_it(api: Api) -> None:
    query = "query ($ids: [ID!]!) { nodes(ids: $ids) { ... on Record { events(first: 2) { at } } } }"
    assert (await api.viewer.post(query, ids="rec_1")).json()["extensions"]["cost"]["asked"] == 1 + (1 + 2)


async def test_a_size_that_is_left_out_costs_what_the_schema_says_of_it(api: Api) -> None:
    for query, given, cost in (
        ("{ errorGroups(first: 3) { managers { name } } }", {}, 1 + 3 * (1 + 10)),
        ("query ($n: Int!) { errorGroups(first: 3) { managers(first: $n) { name } } }", {"n": 2}, 1 + 3 * (1 + 2)),
    ):
        answer = (await api.viewer.post(query, **given)).json()
        assert answer["extensions"]["cost"]["asked"] == cost


async def test_a_query_a_mutation_and_an_answer_past_the_compiler_tell_their_cost(api: Api) -> None:
    hold = "mutation ($input: HoldInput!) { hold(input: $input) { moved counts { code } } }"
    for query, given, cost in (
        ('{ record(id: "rec_1") { id } }', {}, 2),
        ("{ __schema { queryType { name } } viewer { name } }", {}, 5),
        (hold, {"input": {"target": {"ids": ["rec_1"]}}}, 13),
    ):
        answer = (await api.operator.post(query, **given)).json()
        assert answer["extensions"] == {"cost": {"asked": cost, "allowed": 150}}
    async with api.viewer.socket() as socket:
        cursor = (await api.viewer.execute("{ feedCursor }"))["feedCursor"]
        await api.operator.submit()
        await socket.send(type="subscribe", id="1", payload={"query": FOLLOW, "variables": {"after": cursor}})
        assert set((await socket.receive())["payload"]) == {"data"}


async def test_nested_pages_multiply_and_ids_count_each(api: Api) -> None:
    query = "query ($ids: [ID!]!) { nodes(ids: $ids) { ... on Record { events(first: 2) { at } } } }"
    answer = (await api.viewer.post(query, ids=["rec_1", "rec_2", "rec_3"])).json()
    assert answer["extensions"]["cost"]["asked"] == 1 + 3 * (1 + 2)


async def test_too_many_tokens_are_a_limit_and_no_syntax_error(api: Api) -> None:
    (error,) = (await api.viewer.post("{ " + "feedCursor " * 10_001 + "}")).json()["errors"]
    assert error["extensions"] == {"code": "LIMIT_EXCEEDED", "limit": {"name": "max_tokens", "allowed": 10_000}}
    assert error["message"].startswith("The document has more than 10000 tokens")


async def test_twenty_levels_of_double_spreads_cost_a_hundred_milliseconds_at_most(api: Api) -> None:
    parts = [f"fragment F{i} on Record {{ ...F{i + 1} ...F{i + 1} }}" for i in range(20)]
    document = '{ record(id: "rec_1") { ...F0 } } ' + " ".join([*parts, "fragment F20 on Record { id }"])
    await api.viewer.execute("{ viewer { name } }")
    took = []
    for _ in range(3):  # the least of them: a collection of all the garbage of these tests may fall into one
        began = time.process_time()
        (error,) = (await api.viewer.post(document)).json()["errors"]
        took.append(time.process_time() - began)
        assert error["extensions"]["limit"]["asked"] == 2**20 + 1
    assert min(took) < 0.1

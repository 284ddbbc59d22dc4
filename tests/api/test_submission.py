"""Submission: many at once and in order, held at once, or not at all with every fault named."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import asyncpg
import pytest

from interlock.settings import Settings
from support.api import SUBMIT, Api, GraphQLFailure
from support.scenario import Bench, events, record
from support.server_settings import tuned

FINE = {"function": "math:sqrt", "args": [4]}
NOTHING = "SELECT (SELECT count(*) FROM record) + (SELECT count(*) FROM event) + (SELECT count(*) FROM task)"


@pytest.fixture
def settings() -> Settings:
    return tuned(max_submitted=10_000, max_specification=2_000)


async def test_ten_thousand_records_come_in_one_call_in_the_order_given(
    api: Api, psql: asyncpg.Connection[Any]
) -> None:
    specifications = [{"function": "math:sqrt", "args": [i], "programs": ["p", "q"][: i % 3]} for i in range(10_000)]
    began = time.monotonic()
    ids = await api.submitter.submit(specifications=specifications, tag="t", priority=9, campaign="c")
    took = time.monotonic() - began
    numbers = [int(id_.removeprefix("rec_")) for id_ in ids]
    assert numbers == sorted(set(numbers))
    rows = await psql.fetch("SELECT record_id, args::text FROM task ORDER BY record_id")
    assert [tuple(row) for row in rows] == [(n, f"[{i}]") for i, n in enumerate(numbers)]
    some = await api.viewer.execute(
        "query ($ids: [ID!]!) { nodes(ids: $ids) { ... on Record { requiredPrograms owner tag priority campaign } } }",
        ids=ids[:3],
    )
    labels = {"owner": "submitter", "tag": "t", "priority": 9, "campaign": "c"}
    assert some["nodes"] == [labels | {"requiredPrograms": p} for p in ([], ["p"], ["p", "q"])]
    counts = "{ statusCounts(groupBy: [STATUS, TAG, CAMPAIGN, OWNER, KIND]) { status tag campaign owner kind count } }"
    del labels["priority"]
    assert (await api.viewer.execute(counts))["statusCounts"] == [
        labels | {"status": "WAITING", "kind": "python", "count": 10_000}
    ]
    too_many = await api.submitter.call(SUBMIT, kind="python", specifications=[*specifications, FINE])
    assert [(e["code"], e["path"]) for e in too_many["errors"]] == [("LIMIT_EXCEEDED", "input.specifications")]
    assert took < 30


async def test_what_is_submitted_on_hold_is_never_claimed_between(api: Api) -> None:
    bench = await Bench.of(api, "*")
    done = asyncio.Event()

    async def keep_claiming() -> dict[str, str]:
        claimed: dict[str, str] = {}
        while not done.is_set():
            claimed |= await bench.claim(10)
        return claimed

    claiming = asyncio.create_task(keep_claiming())
    ids = [id_ for _ in range(8) for id_ in await api.submitter.submit(50, hold=True, reason="later")]
    done.set()
    assert await claiming == {}
    assert set(await api.viewer.statuses(ids)) == {"HOLD"}
    of_one = await events(api.viewer, ids[7])
    assert [(e["action"], e["from"], e["to"], e["actor"], e["reason"]) for e in of_one] == [
        ("SUBMIT", None, "WAITING", "USER", "later"), ("HOLD", "WAITING", "HOLD", "USER", "later"),
    ]  # fmt: skip


async def test_every_wrong_specification_is_named_with_its_field_and_nothing_is_stored(
    api: Api, psql: asyncpg.Connection[Any]
) -> None:
    wrong: dict[int, Any] = {
        1: {}, 3: {"function": "no colon"}, 4: {"function": "a:b", "args": 3}, 6: 3.5, 7: [], 8: "text",
        9: {"function": "a:b", "more": 1}, 10: {"function": "a:b", "kwargs": {"x": "y" * 2_000}},
    }  # fmt: skip
    specifications = [wrong.get(i, FINE) for i in range(12)]
    payload = await api.submitter.call(SUBMIT, kind="python", specifications=specifications)
    assert payload["ids"] == []
    paths = [error["path"] for error in payload["errors"]]
    assert [int(path.split(".")[2]) for path in paths] == list(wrong)
    assert paths[:3] == [f"input.specifications.{p}" for p in ("1.function", "3.function", "4.args")]
    codes = {int(e["path"].split(".")[2]): e["code"] for e in payload["errors"]}
    assert codes.pop(10) == "LIMIT_EXCEEDED"
    assert set(codes.values()) == {"INVALID_SPECIFICATION"}
    many = await api.submitter.call(SUBMIT, kind="python", specifications=[{}] * 150)
    assert len(many["errors"]) == 100
    assert await psql.fetchval(NOTHING) == 0


async def test_wrong_labels_and_limits_are_named_and_nothing_is_stored(api: Api, psql: asyncpg.Connection[Any]) -> None:
    wrong: list[tuple[dict[str, Any], str, str]] = [
        ({"kind": "mineral"}, "KIND_NOT_INSTALLED", ""),
        ({"kind": "\0"}, "KIND_NOT_INSTALLED", ""),
        ({"priority": 10}, "INVALID_INPUT", "input.priority"),
        ({"priority": -1}, "INVALID_INPUT", "input.priority"),
        ({"tag": ""}, "INVALID_INPUT", "input.tag"),
        ({"tag": "*"}, "INVALID_INPUT", "input.tag"),
        ({"tag": " a"}, "INVALID_INPUT", "input.tag"),
        ({"tag": "a\0"}, "INVALID_INPUT", "input.tag"),
        ({"tag": "a\nb"}, "INVALID_INPUT", "input.tag"),
        ({"tag": "x" * 201}, "LIMIT_EXCEEDED", "input.tag"),
        ({"campaign": ""}, "INVALID_INPUT", "input.campaign"),
        ({"campaign": "\u202etxt"}, "INVALID_INPUT", "input.campaign"),
        ({"campaign": "x" * 201}, "LIMIT_EXCEEDED", "input.campaign"),
        ({"reason": "a\0"}, "INVALID_INPUT", "input.reason"),
        ({"reason": "x" * 2_001}, "LIMIT_EXCEEDED", "input.reason"),
    ]
    for change, code, path in wrong:
        given = {"kind": "python", "specifications": [FINE]} | change
        (error,) = (await api.submitter.call(SUBMIT, **given))["errors"]
        assert (error["code"], error["path"] or "") == (code, path), change
    for change in ({"priority": 2**31}, {"priority": "5"}, {"priority": 5.5}, {"specifications": None}, {"x": 1}):
        with pytest.raises(GraphQLFailure) as failure:
            await api.submitter.call(SUBMIT, **({"kind": "python", "specifications": [FINE]} | change))
        assert "INTERNAL" not in str(failure.value)
    assert await psql.fetchval(NOTHING) == 0
    assert await api.submitter.submit(specifications=[]) == []


async def test_whatever_json_can_say_comes_back_as_it_was(api: Api) -> None:
    values: list[Any] = [
        "\0", "\ufffd", "\U0001f9ea", "'; DROP TABLE record; --", "\\u0000", 2**63, -(2**63), 2**64 - 1, 1e308, -0.0,
        0.1, None, True, [], {}, {"": {"\0": "\n"}}, [[[[]]]], "é", "é",
    ]  # fmt: skip
    kwargs = {"v": values}
    ids = await api.submitter.submit(
        specifications=[{"function": "a:b", "args": values, "kwargs": kwargs}], tag="<'\">"
    )
    (id_,) = ids
    seen = await record(api.viewer, id_)
    assert seen["specification"]["args"] == seen["task"]["args"] == values
    assert seen["task"]["kwargs"] == kwargs
    bench = await Bench.of(api, "<'\">")
    (lease,) = await api.manager.claim(bench.id)
    assert (lease["args"], lease["kwargs"], lease["tag"]) == (values, kwargs, "<'\">")
    assert await bench.give_back([lease["token"]], {"result": values}) == ["ACCEPTED"]
    assert (await record(api.viewer, id_))["result"] == values


async def test_what_could_not_be_written_back_is_refused_when_it_comes(api: Api, psql: asyncpg.Connection[Any]) -> None:
    def nested(levels: int) -> Any:
        value: Any = 1
        for _ in range(levels):
            value = [value]
        return value

    for levels in (195, 205, 230, 250, 254, 400):
        given = {"kind": "python", "specifications": [{"function": "a:b", "args": nested(levels)}]}
        for key in (None, f"key {levels}"):
            payload = await api.submitter.call(SUBMIT, **given, idempotencyKey=key)
            if payload["ids"]:
                assert (await record(api.viewer, payload["ids"][0]))["task"]["args"] == nested(levels)
            else:
                (error,) = payload["errors"]
                assert error["path"].startswith("input.specifications.0"), levels
    stored = await psql.fetchval("SELECT count(*) FROM record")
    assert stored == 2
    literal = f'{{function: "a:b", args: [{2**64}]}}'
    query = f'mutation {{ submitRecords(input: {{kind: "python", specifications: [{literal}]}}) {{ ids errors {{ path }} }} }}'
    answer = (await api.submitter.post(query)).json()
    assert answer["data"]["submitRecords"]["errors"][0]["path"].startswith("input.specifications.0")
    assert await psql.fetchval("SELECT count(*) FROM record") == stored

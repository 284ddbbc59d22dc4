"""Numbers beyond what JSON and the database can hold are refused where they stand, and never stored as something else."""

from __future__ import annotations

import json
from typing import Any

import asyncpg
import pytest

from support.api import SUBMIT, Api
from support.scenario import Bench

SUBMITTED = """mutation { submitRecords(input: {kind: "python", KEY
  specifications: [{function: "a:b"}, {function: "a:b", kwargs: {x: [1, NUMBER]}}]}) { ids errors { code message path } } }"""
RETURNED = """mutation { returnTasks(input: {managerId: "MANAGER", returns: [{token: "TOKEN",
  outcome: {result: {energy: NUMBER}}}]}) { answers { code } errors { code message path } } }"""
INFINITE = ["1e999", "-1e999", "1.5E+400", "9" * 5_000, "9" * 310, "9" * 250 + "e70", "0." + "1" * 400 + "e320"]


async def _refused(api: Api, document: str, path: str, **variables: Any) -> None:
    answer = await api.manager.post(document, **variables)
    assert answer.status_code < 500
    (error,) = answer.json()["errors"]
    assert error["message"] == f"{path} must be a finite number."
    assert error["extensions"] == {"code": "INVALID_INPUT", "argument": path}
    assert error["locations"]


@pytest.mark.parametrize("number", INFINITE, ids=lambda number: number[:12])
async def test_a_literal_that_is_no_finite_number_is_refused_with_its_path(
    api: Api, psql: asyncpg.Connection[Any], number: str
) -> None:
    await _refused(api, f"{{ records(first: {number}) {{ nodes {{ id }} }} }}", "first")
    await _refused(api, f"query ($n: Int! = {number}) {{ records(first: $n) {{ nodes {{ id }} }} }}", "$n")
    submitted = SUBMITTED.replace("NUMBER", number).replace("KEY", "")
    await _refused(api, submitted, "input.specifications.1.kwargs.x.1")
    await _refused(api, submitted + " " * 5_000, "input.specifications.1.kwargs.x.1")
    assert await psql.fetchval("SELECT count(*) FROM record") == 0


async def test_a_result_with_such_a_literal_is_not_stored_and_the_lease_goes_on(api: Api) -> None:
    (id_,) = await api.operator.submit()
    bench = await Bench.of(api)
    token = (await bench.claim())[id_]
    document = RETURNED.replace("MANAGER", bench.id).replace("TOKEN", token)
    await _refused(api, document.replace("NUMBER", "1e999"), "input.returns.0.outcome.result.energy")
    assert await bench.give_back([token], {"result": {"energy": 1e300}}) == ["ACCEPTED"]


async def test_a_body_with_such_a_number_is_no_json(api: Api) -> None:
    for number in ("1e999", "NaN", "9" * 5_000):
        body = json.dumps({"query": SUBMIT, "variables": {"input": "HERE"}}).replace('"HERE"', number)
        answer = await api.operator.http.post(
            f"{api.operator.url}/graphql",
            content=body,
            headers={"Authorization": f"Bearer {api.operator.key}", "Content-Type": "application/json"},
        )
        assert answer.status_code == 400, number


@pytest.mark.parametrize("number", ["12", "1e30", "0.1e-999", "123456789012345678901234567890", "9" * 200])
async def test_a_submission_has_the_same_answer_with_and_without_a_key(api: Api, number: str) -> None:
    document = SUBMITTED.replace("NUMBER", number)
    answers = [
        (await api.operator.execute(document.replace("KEY", key)))["submitRecords"]
        for key in ("", 'idempotencyKey: "k"', 'idempotencyKey: "k"')
    ]
    assert answers[0]["errors"] == answers[1]["errors"]
    assert len(answers[0]["ids"]) == len(answers[1]["ids"])
    assert answers[1] == answers[2]


async def test_a_whole_number_beyond_64_bits_that_its_kind_takes_is_taken_with_a_key_too(api: Api) -> None:
    hydrogen = 'symbols: ["H"], geometry: [123456789012345678901234567890, 0, 0]'
    document = SUBMITTED.replace("python", "qcschema").replace(
        '{function: "a:b"}, {function: "a:b", kwargs: {x: [1, NUMBER]}}',
        f'{{program: "tblite", input: {{molecule: {{{hydrogen}}}, driver: "energy", model: {{method: "GFN2-xTB"}}}}}}',
    )
    ids = set()
    for key in ("", 'idempotencyKey: "k"', 'idempotencyKey: "k"'):
        payload = (await api.operator.execute(document.replace("KEY", key)))["submitRecords"]
        assert payload["errors"] == []
        ids |= set(payload["ids"])
    assert len(ids) == 2
    changed = document.replace("567890", "567891").replace("KEY", 'idempotencyKey: "k"')
    (error,) = (await api.operator.execute(changed))["submitRecords"]["errors"]
    assert error["code"] == "IDEMPOTENCY_CONFLICT"


async def test_text_that_only_looks_like_such_a_number_is_stored_as_it_is(api: Api) -> None:
    text = "1e999 " + "9" * 5_000
    document = SUBMITTED.replace("NUMBER", json.dumps(text)).replace("KEY", "")
    id_ = (await api.operator.execute(document))["submitRecords"]["ids"][1]
    found = await api.viewer.execute("query ($id: ID!) { record(id: $id) { specification } }", id=id_)
    assert found["record"]["specification"]["kwargs"] == {"x": [1, text]}

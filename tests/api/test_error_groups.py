"""Errors by what their messages have in common: counted right, led back to, acted upon, whatever the messages are."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from interlock.api.context import Services
from interlock.domain.error_patterns import OTHER, pattern_of
from interlock.domain.lifecycle import RecordStatus
from interlock.service.upkeep import look_after
from interlock.store import error_groups
from interlock.store.connection import Connection
from interlock.store.error_groups import LOOKED_AT
from interlock.store.error_patterns import MOST_OF_A_TYPE
from support.api import UPDATE, Api, GraphQLFailure
from support.scenario import Bench, brought, counted, failed

GROUPS = """query ($filter: RecordFilter, $by: ErrorGrouping! = MESSAGE, $first: Int! = 100) {
  errorGroups(by: $by, filter: $filter, first: $first) { errorType status count firstSince lastSince exampleId
    exampleMessage pattern message managers { managerId name count } } }"""
RECORDS = """query ($filter: RecordFilter) { records(first: 1000, filter: $filter) { nodes {
  id status since errorType errorPattern campaign attempts { error { message } manager { name } } } } }"""
MESSAGES = [
    ("scf", "SCF not converged in 128 cycles"),
    ("scf", "SCF not converged in 250 cycles"),
    ("scf", "no energy"),
    ("OSError", "cannot open /scratch/1/input.xyz"),
    ("OSError", "cannot open /scratch/2/input.xyz"),
    ("ValueError", "no energy"),
]
Groups = list[dict[str, Any]]


async def _fail(api: Api, count: int = 3, **given: Any) -> Bench:
    """So many records with each of the messages, on a manager of their own."""
    tag = f"tag of {given}"
    await api.operator.submit(len(MESSAGES) * count, tag=tag, **given)
    bench = await Bench.of(api, tag, f"manager of {given}")
    tokens = list((await bench.claim(1_000)).values())
    for i, (type_, message) in enumerate(MESSAGES):
        await bench.give_back(tokens[i :: len(MESSAGES)], failed(type_, message))
    return bench


async def _groups(api: Api, **given: Any) -> Groups:
    found: Groups = (await api.viewer.execute(GROUPS, **given))["errorGroups"]
    return found


async def _records(api: Api, **where: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (await api.viewer.execute(RECORDS, filter=where))["records"]["nodes"]
    return found


@pytest.mark.parametrize(
    "where",
    [{}, {"campaign": ["a"]}, {"status": ["FAILED"]}, {"errorType": ["scf", "none"]}, {"campaign": ["b"], "errorType": []},
     {"campaign": ["a", "b"], "errorType": ["ValueError", "scf"], "status": ["ERROR", "HOLD"]}],
    ids=str,
)  # fmt: skip
async def test_groups_are_what_the_records_say(api: Api, where: dict[str, Any]) -> None:
    for campaign in ("a", "b"):
        await _fail(api, campaign=campaign)
    await brought(api, RecordStatus.COMPLETE, 2)
    first = (await _groups(api))[0]
    await api.operator.move("fail", filter={"errorPattern": [first["pattern"]], "campaign": ["b"]})
    groups = await _groups(api, filter=where)
    expected: dict[Any, list[dict[str, Any]]] = {}
    for one in await _records(api, **where):
        if one["errorType"]:
            message = pattern_of(one["attempts"][-1]["error"]["message"])
            expected.setdefault((one["errorType"], message, one["status"]), []).append(one)
    assert {(g["errorType"], g["message"], g["status"]) for g in groups} == expected.keys()
    assert [g["count"] for g in groups] == sorted((len(found) for found in expected.values()), reverse=True)
    for g in groups:
        found = expected[g["errorType"], g["message"], g["status"]]
        since = sorted(one["since"] for one in found)
        assert (g["count"], g["firstSince"], g["lastSince"]) == (len(found), since[0], since[-1])
        assert {one["errorPattern"] for one in found} == {g["pattern"]}
        example = {one["id"]: one for one in found}[g["exampleId"]]
        assert example["attempts"][-1]["error"]["message"] == g["exampleMessage"]
        managers = Counter(one["attempts"][-1]["manager"]["name"] for one in found)
        assert {m["name"]: m["count"] for m in g["managers"]} == managers
        listed = await _records(api, **(where | {"errorPattern": [g["pattern"]], "status": [g["status"]]}))
        assert [one["id"] for one in listed] == sorted((one["id"] for one in found), key=lambda id_: int(id_[4:]))


async def test_by_type_they_are_as_before_and_tell_nothing_of_messages(api: Api) -> None:
    await _fail(api)
    groups = await _groups(api, by="TYPE")
    assert [(g["errorType"], g["count"], g["pattern"], g["message"], g["managers"]) for g in groups] == [
        ("scf", 9, None, None, []), ("OSError", 6, None, None, []), ("ValueError", 3, None, None, []),
    ]  # fmt: skip
    pattern = next(g["pattern"] for g in await _groups(api) if g["message"] == "SCF not converged in <n> cycles")
    assert [g["count"] for g in await _groups(api, by="TYPE", filter={"errorPattern": [pattern]})] == [6]


@pytest.mark.parametrize("action", ["retry", "fail"])
async def test_an_action_on_a_group_moves_its_records_and_no_others(api: Api, action: str) -> None:
    for campaign in ("a", "b"):
        await _fail(api, campaign=campaign)
    group = next(g for g in await _groups(api) if g["message"] == "cannot open <path>")
    target = {"errorPattern": [group["pattern"]], "campaign": ["a"], "status": ["ERROR"]}
    mine = {one["id"] for one in await _records(api, **target)}
    dry = await api.operator.move(action, filter=target, dryRun=True)
    assert (dry["matched"], dry["moved"]) == (6, 6)
    payload = await api.operator.move(action, filter=target)
    assert (payload["matched"], payload["moved"], payload["refused"]) == (6, 6, 0)
    assert {one["id"] for one in await _records(api, status=["ERROR"])} & mine == set()
    assert group["count"] == 12
    left = {(g["message"], g["status"]): g["count"] for g in await _groups(api)}
    assert left["cannot open <path>", "ERROR"] == 6
    assert left.get(("cannot open <path>", "FAILED")) == (6 if action == "fail" else None)
    assert {one["errorPattern"] for one in await _records(api) if one["status"] == "WAITING"} <= {None}
    refused = await api.operator.move("retry", filter=target | {"status": ["FAILED"]})
    assert counted(refused) == ({"NOT_PERMITTED": 6} if action == "fail" else {})


async def test_labels_can_be_changed_by_it(api: Api) -> None:
    await _fail(api, campaign="a")
    group = (await _groups(api))[-1]
    target = {"filter": {"errorPattern": [group["pattern"]]}}
    payload = await api.operator.call(UPDATE, target=target, campaign="sick")
    assert (payload["updated"], payload["errors"]) == (group["count"], [])
    assert [g["pattern"] for g in await _groups(api, filter={"campaign": ["sick"]})] == [group["pattern"]]


async def test_what_is_no_pattern_is_named_and_what_never_was_one_matches_nothing(api: Api) -> None:
    await _fail(api)
    for wrong in ("rec_1", "nonsense", "err_0", ""):
        with pytest.raises(GraphQLFailure) as failure:
            await _groups(api, filter={"errorPattern": ["err_1", wrong]})
        assert (failure.value.code, failure.value.errors[0]["extensions"]["argument"]) == (
            "INVALID_INPUT", "filter.errorPattern.1",
        )  # fmt: skip
    with pytest.raises(GraphQLFailure) as failure:
        await _records(api, errorPattern=["err_1"] * 1_001)
    assert failure.value.errors[0]["extensions"]["argument"] == "filter.errorPattern"
    for none in ([], ["err_4711"], ["err_2147483648"], ["err_99999999999999999"]):
        assert await _groups(api, filter={"errorPattern": none}) == []
        assert await _records(api, errorPattern=none) == []
        payload = await api.operator.move("retry", filter={"errorPattern": none})
        assert (payload["matched"], payload["errors"]) == (0, [])
    with pytest.raises(GraphQLFailure) as failure:
        await api.viewer.execute('{ statusCounts(filter: {errorPattern: ["err_1"]}) { count } }')
    assert failure.value.errors[0]["extensions"]["argument"] == "filter.errorPattern"
    assert (await api.viewer.execute('{ node(id: "err_1") { id } }'))["node"] is None
    with pytest.raises(GraphQLFailure) as failure:
        await api.viewer.execute("{ errorGroups(by: MESSAGE) { managers(first: -1) { name } } }")
    assert failure.value.errors[0]["extensions"]["argument"] == "first"


async def test_messages_without_end_make_no_groups_without_end(api: Api) -> None:
    words = [f"{a}{b}{c}" for a in "abcdefgh" for b in "ijklmnop" for c in "qrstuvwx"]
    await api.operator.submit(len(words), tag="t")
    bench = await Bench.of(api, "t")
    tokens = list((await bench.claim(1_000)).values())
    payload = await api.manager.give_back(
        bench.id, [(token, failed("E", f"garbage {word}")) for token, word in zip(tokens, words, strict=True)]
    )
    assert set(payload) == {"ACCEPTED"}
    groups = await _groups(api, first=1_000)
    assert len(groups) == MOST_OF_A_TYPE + 1
    assert sum(g["count"] for g in groups) == len(words)
    assert (groups[0]["message"], groups[0]["count"]) == (OTHER, len(words) - MOST_OF_A_TYPE)
    moved = await api.operator.move("fail", filter={"errorPattern": [groups[0]["pattern"]]})
    assert moved["moved"] == groups[0]["count"]


async def test_a_message_of_any_characters_has_a_pattern(api: Api) -> None:
    await api.operator.submit(3, tag="t")
    bench = await Bench.of(api, "t")
    for token, message in zip((await bench.claim()).values(), ("\0", "a\0 1\u2028b", "\U0001f4a5 " * 300), strict=True):
        assert await bench.give_back([token], failed("E", message)) == ["ACCEPTED"]
    assert {g["message"] for g in await _groups(api)} == {
        "(no message)", "a\ufffd <n> / b", pattern_of("\U0001f4a5 " * 300),
    }  # fmt: skip


async def test_errors_without_a_pattern_are_told_of_until_they_have_one(
    api: Api, services: Services, psql: Connection
) -> None:
    await _fail(api)
    before = await _groups(api)
    await psql.execute("UPDATE record SET error_pattern = NULL")
    between = await _groups(api)
    assert {(g["errorType"], g["count"], g["pattern"], g["message"]) for g in between} == {
        ("scf", 9, None, None), ("OSError", 6, None, None), ("ValueError", 3, None, None),
    }  # fmt: skip
    assert await look_after(services.core) == {"errors given a pattern": 18}
    assert await _groups(api) == before


async def test_managers_are_counted_among_the_newest_and_read_once_for_all_groups(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(error_groups, "LOOKED_AT", 4)
    monkeypatch.setattr(error_groups, "_OF_COHORTS", error_groups._OF_COHORTS.replace(f"{LOOKED_AT}", "4"))
    read = []
    failing = error_groups.failing_managers

    async def seen(*arguments: Any) -> Any:
        read.append(arguments)
        return await failing(*arguments)

    monkeypatch.setattr(error_groups, "failing_managers", seen)
    old, new = await _fail(api, 3, campaign="a"), await _fail(api, 2, campaign="b")
    for where in ({}, {"owner": ["operator"]}):
        groups = {g["message"]: g for g in await _groups(api, filter=where)}
        assert [(m["managerId"], m["count"]) for m in groups["cannot open <path>"]["managers"]] == [(new.id, 4)]
        single = next(g for g in groups.values() if g["count"] == 5)
        assert [(m["managerId"], m["count"]) for m in single["managers"]] == [(old.id, 2), (new.id, 2)]
    assert len(read) == 2
    first = "{ errorGroups(by: MESSAGE) { managers(first: 1) { name } } }"
    assert {len(g["managers"]) for g in (await api.viewer.execute(first))["errorGroups"]} == {1}


async def test_what_is_returned_without_its_lease_leaves_no_pattern(api: Api, psql: Connection) -> None:
    await api.operator.submit(2, tag="fleet")
    bench = await Bench.of(api, "fleet", "worker")
    done, held = list((await bench.claim(2)).values())
    await bench.give_back([done], failed("scf", "no energy"))
    answers = await bench.give_back([done, held], failed("scf", "the second, which is of no use"))
    assert sorted(answers) == ["ACCEPTED", "CONTENT_DIFFERS"]
    answers = await bench.give_back([done], failed("scf", "the third, which is of no use"))
    rows = await psql.fetch("SELECT message FROM error_pattern ORDER BY message")
    assert [row["message"] for row in rows] == ["no energy", "the second, which is of no use"]


async def test_one_lease_leaves_one_pattern_however_often_it_is_returned(api: Api, psql: Connection) -> None:
    await api.operator.submit(1, tag="fleet")
    bench = await Bench.of(api, "fleet", "worker")
    (token,) = (await bench.claim(1)).values()
    returns = [(token, failed("scf", f"the message {'x' * n}")) for n in range(50)]
    await api.manager.give_back(bench.id, returns)
    assert await psql.fetchval("SELECT count(*) FROM error_pattern") == 1

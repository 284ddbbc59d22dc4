"""Bulk transitions by filter: they match what a brute-force look at all records matches, of the viewer's own."""

from __future__ import annotations

import itertools
from typing import Any

from interlock.domain.lifecycle import RecordStatus
from support.api import MOVE, Api, Client
from support.scenario import Bench, brought, counted, failed

ALL = "{ records(first: 1000) { nodes { id status tag campaign owner kind errorType } } }"
CHOICES: dict[str, list[list[str]]] = {
    "status": [["WAITING"], ["ERROR", "FAILED"], ["WAITING", "HOLD", "WAITING"], []],
    "tag": [["a"], ["a", "b", "nowhere"], []],
    "campaign": [["spring"], []],
    "owner": [["submitter"], ["operator", "submitter"], ["nobody"]],
    "kind": [["python"], ["qcschema"]],
    "errorType": [["scf"], ["scf", "memory"], [], ["'; DROP TABLE record; --"]],
}


async def _population(api: Api) -> None:
    """Records of two owners in every status that differ in all labels."""
    for owner, tag, campaign in itertools.product((api.submitter, api.operator), "ab", ("spring", None)):
        label = f"{tag}-{campaign}-{owner.key[-4:]}"
        for error in ("scf", "memory"):
            ids = await owner.submit(2, tag=label)
            bench = await Bench.of(api, label)
            await bench.give_back(list((await bench.claim()).values()), failed(error))
            await owner.move("fail", ids[:1])
            await _relabel(owner, ids, tag, campaign)
        await owner.submit(1, tag=tag, campaign=campaign)
        await owner.submit(1, tag=tag, campaign=campaign, hold=True)
    await brought(api, RecordStatus.COMPLETE, 2, tag="done")


async def _relabel(owner: Client, ids: list[str], tag: str, campaign: str | None) -> None:
    update = "mutation ($input: UpdateRecordsInput!) { updateRecords(input: $input) { updated } }"
    assert (await owner.call(update, target={"ids": ids}, tag=tag, campaign=campaign))["updated"] == len(ids)


def _passes(record: dict[str, Any], where: dict[str, list[str]]) -> bool:
    return all(record[field] in values for field, values in where.items())


def _filters() -> list[dict[str, list[str]]]:
    one = [{field: values} for field, choices in CHOICES.items() for values in choices]
    pairs = [a | b for a, b in itertools.combinations(one, 2) if not a.keys() & b.keys()]
    everything = {"status": ["ERROR"], "tag": ["a"], "campaign": ["spring"], "owner": ["submitter"], "kind": ["python"]}
    return [*one, *pairs, everything | {"errorType": ["scf"]}]


async def test_every_filter_matches_what_a_look_at_all_records_does_of_the_viewers_own(api: Api) -> None:
    await _population(api)
    records = (await api.viewer.execute(ALL))["records"]["nodes"]
    assert len(records) == 50
    filters = _filters()
    for client in (api.submitter, api.operator):
        for start in range(0, len(filters), 50):
            some = filters[start : start + 50]
            answers = await _dry_runs(client, some)
            for where, answer in zip(some, answers, strict=True):
                mine = [r for r in records if client is api.operator or r["owner"] == "submitter"]
                expected = [r for r in mine if _passes(r, where)]
                movable = sum(r["status"] == "ERROR" for r in expected)
                waiting = sum(r["status"] == "WAITING" for r in expected)
                got = (answer["matched"], answer["moved"], answer["unchanged"])
                assert got == (len(expected), movable, waiting), where


async def _dry_runs(client: Client, filters: list[dict[str, list[str]]]) -> list[dict[str, Any]]:
    """What `retry` would do with each of the filters, asked in one request."""
    names = [f"f{i}" for i in range(len(filters))]
    declared = ", ".join(f"${name}: RecordFilter!" for name in names)
    asked = " ".join(
        f"{n}: retry(input: {{target: {{filter: ${n}}}, dryRun: true}}) {{ matched moved unchanged errors {{ code }} }}"
        for n in names
    )
    data = await client.execute(f"mutation ({declared}) {{ {asked} }}", **dict(zip(names, filters, strict=True)))
    return [data[name] for name in names]


async def test_a_filter_moves_only_what_the_viewer_may_act_on_and_only_what_it_matches(api: Api) -> None:
    mine = await api.submitter.submit(2, tag="shared")
    theirs = await api.operator.submit(2, tag="shared")
    other = await api.submitter.submit(1, tag="other")
    payload = await api.submitter.move("hold", filter={"tag": ["shared"]})
    assert (payload["matched"], payload["moved"], payload["refused"]) == (2, 2, 0)
    assert await api.viewer.statuses([*mine, *theirs, *other]) == ["HOLD", "HOLD", "WAITING", "WAITING", "WAITING"]
    payload = await api.operator.move("hold", filter={"tag": ["shared"], "status": ["WAITING"]})
    assert counted(payload) == {"MOVED": 2}


async def test_a_filter_that_matches_nothing_or_nobody_is_no_error_and_an_empty_one_is(api: Api) -> None:
    (id_,) = await api.operator.submit()
    empty: dict[str, list[str]] = {"status": [], "errorType": [], "kind": [], "tag": ["nowhere"], "owner": ["nobody"]}
    for where in ({name: values} for name, values in empty.items()):
        payload = await api.operator.move("kill", filter=where)
        assert (payload["matched"], payload["errors"], payload["moved"]) == (0, [], 0)
    (error,) = (await api.operator.move("kill", filter={}))["errors"]
    assert (error["code"], error["path"]) == ("INVALID_INPUT", "input.target.filter")
    (error,) = (await api.operator.move("kill", filter={"errorType": ["x"] * 1001}))["errors"]
    assert error["path"] == "input.target.filter.errorType"
    assert await api.operator.statuses([id_]) == ["WAITING"]


async def test_a_target_is_ids_or_a_filter_but_not_both_and_not_nothing(api: Api) -> None:
    (id_,) = await api.operator.submit()
    query = MOVE.format(Name="Kill", name="kill")
    targets: list[Any] = [
        {}, {"ids": [id_], "filter": {"status": ["WAITING"]}}, {"ids": None}, {"filter": None}, None,
        {"ids": [None]}, {"ids": [id_], "filter": None}, {"ids": {"a": 1}}, [], "rec_1",
    ]  # fmt: skip
    for target in targets:
        answer = (await api.operator.post(query, input={"target": target})).json()
        assert answer["errors"], target
        assert "INTERNAL" not in str(answer), target
    for literal in ("{}", "{ids: null}", "{ids: [], filter: {}}", '{ids: ["rec_1"], filter: null}', "{filter: null}"):
        answer = (await api.operator.post(f"mutation {{ kill(input: {{target: {literal}}}) {{ moved }} }}")).json()
        assert answer["errors"], literal
        assert "INTERNAL" not in str(answer), literal
    assert await api.operator.statuses([id_]) == ["WAITING"]


async def test_a_hundred_refusals_are_listed_and_all_are_counted(api: Api) -> None:
    held = await brought(api, RecordStatus.HOLD, 150, tag="many")
    payload = await api.operator.move("retry", filter={"tag": ["many"]})
    assert counted(payload) == {"NOT_PERMITTED": 150}
    assert [refusal["id"] for refusal in payload["refusals"]] == held[:100]
    payload = await api.operator.move("release", filter={"tag": ["many"]})
    assert payload["movedIds"] == held[:100]
    assert payload["moved"] == 150

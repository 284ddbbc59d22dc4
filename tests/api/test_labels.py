"""updateRecords: new tag, campaign or priority, in bulk, counted exactly, without events."""

from __future__ import annotations

from typing import Any

from support.api import UPDATE, Api

LABELS = """query ($ids: [ID!]!) { nodes(ids: $ids) { ... on Record { tag campaign priority events { action } } }
  statusCounts(groupBy: [TAG, CAMPAIGN, STATUS]) { tag campaign status count } }"""


def _counts(data: dict[str, Any]) -> dict[tuple[str, str | None, str], int]:
    return {(c["tag"], c["campaign"], c["status"]): c["count"] for c in data["statusCounts"]}


async def test_new_labels_move_the_records_between_counts_and_write_no_event(api: Api) -> None:
    ids = await api.submitter.submit(3, tag="old", campaign="c")
    await api.submitter.move("hold", ids[:1])
    payload = await api.submitter.call(UPDATE, target={"ids": ids[:2]}, tag="new", priority=7)
    assert (payload["matched"], payload["updated"], payload["unchanged"]) == (2, 2, 0)
    data = await api.viewer.execute(LABELS, ids=ids)
    assert [(r["tag"], r["campaign"], r["priority"]) for r in data["nodes"]] == [
        ("new", "c", 7),
        ("new", "c", 7),
        ("old", "c", 5),
    ]
    assert [len(r["events"]) for r in data["nodes"]] == [2, 1, 1]
    assert _counts(data) == {("new", "c", "HOLD"): 1, ("new", "c", "WAITING"): 1, ("old", "c", "WAITING"): 1}


async def test_a_retagged_task_is_claimed_under_its_new_tag_and_priority(api: Api) -> None:
    first, second = await api.submitter.submit(2, tag="old")
    manager = await api.manager.activate(tags=["new"])
    assert await api.manager.claim(manager) == []
    await api.submitter.call(UPDATE, target={"filter": {"tag": ["old"]}}, tag="new")
    await api.submitter.call(UPDATE, target={"ids": [second]}, priority=9)
    assert [lease["recordId"] for lease in await api.manager.claim(manager)] == [second, first]


async def test_a_second_time_nothing_changes_and_a_dry_run_only_tells(api: Api) -> None:
    ids = await api.submitter.submit(2, campaign="c")
    told = await api.submitter.call(UPDATE, target={"ids": ids}, campaign="d", dryRun=True)
    assert told["updated"] == 2
    data = await api.viewer.execute(LABELS, ids=ids)
    assert {r["campaign"] for r in data["nodes"]} == {"c"}
    for updated in (2, 0):
        payload = await api.submitter.call(UPDATE, target={"ids": ids}, campaign="")
        assert (payload["updated"], payload["unchanged"]) == (updated, 2 - updated)
    data = await api.viewer.execute(LABELS, ids=ids)
    assert {r["campaign"] for r in data["nodes"]} == {None}


async def test_others_records_unknown_ones_and_empty_wishes_are_refused(api: Api) -> None:
    ids = await api.operator.submit(1)
    payload = await api.submitter.call(UPDATE, target={"ids": [*ids, "rec_999"]}, tag="mine")
    assert [(r["id"], r["code"]) for r in payload["refusals"]] == [(ids[0], "FORBIDDEN"), ("rec_999", "NOT_FOUND")]
    payload = await api.operator.call(UPDATE, target={"ids": ids})
    assert payload["errors"][0]["path"] == "input"
    payload = await api.operator.call(UPDATE, target={"ids": ids}, tag="*")
    assert payload["errors"][0]["path"] == "input.tag"
    payload = await api.operator.call(UPDATE, target={"ids": ids}, priority=10)
    assert payload["errors"][0]["path"] == "input.priority"

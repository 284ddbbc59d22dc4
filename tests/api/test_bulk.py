"""Bulk transitions by id: five different answers, all or nothing, dry runs, and sums that add up."""

from __future__ import annotations

from typing import Any

import pytest

from interlock.domain.lifecycle import RecordStatus, Target
from interlock.settings import Settings
from support.api import Api
from support.scenario import Bench, brought, by_id, counted, events
from support.server_settings import tuned

UNKNOWN = "rec_999999999999"


@pytest.fixture
def settings() -> Settings:
    return tuned(max_ids=50)


async def _situation(api: Api) -> dict[str, str]:
    """One record for each answer that a submitter may get."""
    (mine,) = await brought(api, RecordStatus.WAITING, owner=api.submitter)
    (held,) = await brought(api, RecordStatus.HOLD, owner=api.submitter)
    (done,) = await brought(api, RecordStatus.COMPLETE, owner=api.submitter)
    (killed,) = await brought(api, Target.KILLED, owner=api.submitter)
    (foreign,) = await brought(api, RecordStatus.WAITING)
    return {
        "MOVED": mine, "UNCHANGED": held, "NOT_PERMITTED": done, "GONE": killed, "NOT_FOUND": UNKNOWN,
        "FORBIDDEN": foreign,
    }  # fmt: skip


def _adds_up(payload: dict[str, Any], matched: int) -> None:
    assert payload["matched"] == matched
    assert payload["moved"] + payload["unchanged"] + payload["refused"] == matched
    assert sum(counted(payload).values()) == matched


async def test_every_situation_has_its_own_answer_in_one_call_and_only_the_movable_moves(api: Api) -> None:
    records = await _situation(api)
    before = len(await events(api.viewer))
    dry = await api.submitter.move("hold", list(records.values()), dryRun=True)
    assert len(await events(api.viewer)) == before
    payload = await api.submitter.move("hold", list(records.values()), reason="wait for the license")
    _adds_up(payload, len(records))
    assert counted(payload) == dict.fromkeys(records, 1)
    refusals = by_id(payload["refusals"])
    assert {refusal["code"]: id_ for id_, refusal in refusals.items()} == {
        code: id_ for code, id_ in records.items() if code not in {"MOVED", "UNCHANGED"}
    }
    assert len({refusal["message"] for refusal in refusals.values()}) == len(refusals)
    assert refusals[records["NOT_FOUND"]]["currentStatus"] is refusals[records["GONE"]]["currentStatus"] is None
    assert refusals[records["FORBIDDEN"]]["permitted"] == []
    assert payload["movedIds"] == [records["MOVED"]]
    new = (await events(api.viewer))[before:]
    assert [(e["recordId"], e["action"], e["who"], e["reason"]) for e in new] == [
        (records["MOVED"], "HOLD", "submitter", "wait for the license")
    ]
    assert dry == payload | {"dryRun": True}


async def test_a_stale_expectation_is_an_answer_of_its_own_beside_the_four_others(api: Api) -> None:
    records = await _situation(api)
    payload = await api.submitter.move("hold", list(records.values()), expectedStatus="COMPLETE")
    _adds_up(payload, len(records))
    codes = {id_: refusal["code"] for id_, refusal in by_id(payload["refusals"]).items()}
    assert codes == {
        records[name]: "STALE_EXPECTATION" if name in {"MOVED", "UNCHANGED"} else name for name in records
    }  # and only what is in the expected status is judged by it
    message = by_id(payload["refusals"])[records["MOVED"]]["message"]
    assert "WAITING" in message
    assert "COMPLETE" in message
    moved = await api.submitter.move("hold", [records["MOVED"]], expectedStatus="WAITING")
    assert moved["moved"] == 1


async def test_all_or_nothing_moves_nothing_when_one_is_refused_and_everything_otherwise(api: Api) -> None:
    good = await brought(api, RecordStatus.WAITING, 3)
    (bad,) = await brought(api, RecordStatus.COMPLETE)
    before = len(await events(api.viewer))
    dry = await api.operator.move("hold", [*good, bad], allOrNothing=True, dryRun=True)
    payload = await api.operator.move("hold", [*good, bad], allOrNothing=True)
    assert counted(payload) == counted(dry) == {"NOT_PERMITTED": 1, "WITHHELD": 3}
    _adds_up(payload, 4)
    assert payload["movedIds"] == dry["movedIds"] == []
    assert len(await events(api.viewer)) == before
    assert (await api.operator.move("hold", good, allOrNothing=True))["moved"] == 3
    # unchanged is no refusal
    again = await api.operator.move("hold", [*good, *await api.operator.submit()], allOrNothing=True)
    assert counted(again) == {"MOVED": 1, "UNCHANGED": 3}


async def test_duplicate_ids_count_once_and_write_one_event(api: Api) -> None:
    (id_,) = await api.operator.submit()
    payload = await api.operator.move("hold", [id_, UNKNOWN, id_, UNKNOWN])
    assert counted(payload) == {"MOVED": 1, "NOT_FOUND": 1}
    assert [e["action"] for e in await events(api.viewer, id_)] == ["SUBMIT", "HOLD"]


NO_IDS = [
    "task_1",
    "mgr_1",
    "rec_0",
    "rec_01",
    "rec_" + "9" * 19,
    "rec_-1",
    "rec_1\n",
    "rec_\u0661",
    "\0",
    "",
    "x" * 99_999,
]


async def test_what_is_no_record_id_is_named_by_its_place_and_too_many_are_counted(api: Api) -> None:
    (good,) = await api.operator.submit()
    for wrong in NO_IDS:
        payload = await api.operator.move("kill", [good, wrong])
        (error,) = payload["errors"]
        assert (error["code"], error["path"]) == ("INVALID_INPUT", "input.target.ids.1"), wrong
        assert len(error["message"]) < 300
        assert (payload["matched"], payload["moved"], payload["refusals"]) == (0, 0, [])
    payload = await api.operator.move("kill", [good] * 51)
    assert [(e["code"], e["path"]) for e in payload["errors"]] == [("LIMIT_EXCEEDED", "input.target.ids")]
    assert "51" in payload["errors"][0]["message"]
    assert "50" in payload["errors"][0]["message"]
    assert await api.operator.statuses([good]) == ["WAITING"]


async def test_no_ids_are_nothing_to_do(api: Api) -> None:
    payload = await api.operator.move("kill", [])
    assert (payload["matched"], payload["errors"], payload["refusals"]) == (0, [], [])


async def test_a_running_record_can_be_killed_and_its_killed_neighbours_are_gone(api: Api) -> None:
    (id_,) = await api.operator.submit(tag="t")
    bench = await Bench.of(api, "t")
    (token,) = (await bench.claim()).values()
    assert (await api.operator.move("kill", [id_]))["moved"] == 1
    assert await bench.give_back([token], {"result": 1}) == ["KILLED"]
    (refusal,) = (await api.operator.move("kill", [id_]))["refusals"]
    assert refusal["code"] == "GONE"
    assert refusal["shortestWay"] is None

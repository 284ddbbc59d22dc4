"""The lifecycle through the API: every row of the table works, everything else is refused with reasons."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from interlock.api.context import Services
from interlock.domain import matrix
from interlock.domain.lifecycle import (
    STATUSES_WITH_TASK,
    TRANSITIONS,
    USER_ACTIONS,
    Action,
    ActorKind,
    RecordStatus,
    Target,
    Transition,
)
from interlock.service.upkeep import look_after
from support.api import Api
from support.scenario import Bench, brought, events, failed, record


def _each_actor() -> list[Any]:
    return [
        pytest.param(row, actor, id=f"{row.action}-from-{row.source}-by-{actor}")
        for row in TRANSITIONS
        for actor in row.actors
    ]


async def _take(api: Api, services: Services, row: Transition, actor: ActorKind) -> str:
    """Take this row of the table as this actor, from a record brought to its start; the record's id."""
    if actor == ActorKind.USER:
        (id_,) = await brought(api, row.source)
        payload = await api.operator.move(row.action.lower(), [id_], reason="because")
        assert (payload["moved"], payload["movedIds"], payload["refusals"]) == (1, [id_], [])
        return id_
    if actor == ActorKind.MANAGER:
        (id_,) = await api.operator.submit(tag="row")
        bench = await Bench.of(api, "row")
        tokens = list((await bench.claim()).values())
        if row.action != Action.CLAIM:
            outcome = {"result": 1.5} if row.action == Action.COMPLETE else failed()
            assert await bench.give_back(tokens, outcome) == ["ACCEPTED"]
        return id_
    (id_,) = await api.operator.submit(tag="row")
    bench = await Bench.of(api, "row")
    tokens = list((await bench.claim()).values())
    if row.action == Action.FAIL:
        await bench.give_back(tokens, failed())
    now = datetime.now(UTC) + timedelta(hours=1)
    await look_after(services.core, now=now)
    if row.action == Action.RETRY:
        await look_after(services.core, now=now + timedelta(hours=1))
    if row.action == Action.FAIL:
        await look_after(services.core, now=now + services.core.settings.error_retention)
    return id_


@pytest.mark.parametrize(("row", "actor"), _each_actor())
async def test_every_row_of_the_table_works_for_each_of_its_actors(
    api: Api, services: Services, row: Transition, actor: ActorKind
) -> None:
    id_ = await _take(api, services, row, actor)
    changes = await events(api.viewer, id_)
    change = next(c for c in reversed(changes) if c["action"] == row.action)
    assert (change["from"], change["to"], change["actor"]) == (row.source, row.target, actor)
    if actor == ActorKind.USER:
        assert (change["who"], change["reason"]) == ("operator", "because")
    if row.target == Target.KILLED:
        gone = "query ($ids: [ID!]!) { nodes(ids: $ids) { id } }"
        assert await api.viewer.execute(gone, ids=[id_, id_.replace("rec", "task")]) == {"nodes": [None, None]}
        return
    after, status = await record(api.viewer, id_), RecordStatus(row.target)
    assert after["status"] == status
    assert (after["task"] is not None) == (status in STATUSES_WITH_TASK)
    assert after["task"] is None or after["task"]["status"] == status
    assert [(e["from"], e["to"]) for e in after["events"]] == [(c["from"], c["to"]) for c in changes]


ILLEGAL = [
    (status, action) for status in RecordStatus for action in USER_ACTIONS if matrix.find(status, action) is None
]


@pytest.mark.parametrize("status", list(RecordStatus))
async def test_what_the_table_does_not_have_is_refused_with_status_alternatives_and_the_shortest_way(
    api: Api, status: RecordStatus
) -> None:
    (id_,) = await brought(api, status)
    before = await record(api.operator, id_)
    for action in [a for s, a in ILLEGAL if s == status]:
        payload = await api.operator.move(action.lower(), [id_])
        assert (payload["matched"], payload["moved"]) == (1, 0)
        if str(matrix.target(action)) == status:
            assert (payload["unchanged"], payload["refusals"]) == (1, [])
            continue
        (refusal,) = payload["refusals"]
        assert (refusal["id"], refusal["code"], refusal["currentStatus"]) == (id_, "NOT_PERMITTED", status)
        assert f"{action} is not permitted from {status}" in refusal["message"]
        for source in matrix.sources(action):
            assert source in refusal["message"].partition("it is from")[2]
        open_to_users = [row.action for row in matrix.transitions(source=status, actor=ActorKind.USER)]
        assert refusal["permitted"] == open_to_users
        way = matrix.shortest_way(status, matrix.target(action))
        expected = None if way is None else [{"action": row.action, "to": row.target} for row in way]
        assert refusal["shortestWay"] == expected
    assert await record(api.operator, id_) == before


async def test_a_complete_record_has_no_way_out_and_an_error_can_only_be_killed_on_detours(api: Api) -> None:
    (complete,) = await brought(api, RecordStatus.COMPLETE)
    (error,) = await brought(api, RecordStatus.ERROR)
    (done, not_yet) = (await api.operator.move("kill", [complete, error]))["refusals"]
    assert (done["id"], done["permitted"], done["shortestWay"]) == (complete, [], None)
    assert [step["action"] for step in not_yet["shortestWay"]] == ["RETRY", "KILL"]

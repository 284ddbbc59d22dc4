"""permittedActions keeps its word: what it says of an action is what happens when the action is then tried."""

from __future__ import annotations

from typing import Any

import asyncpg
import pytest

from interlock.api.context import Services
from interlock.domain import matrix
from interlock.domain.kinds import KindRegistry
from interlock.domain.lifecycle import STATUSES_WITH_TASK, USER_ACTIONS, Action, RecordStatus
from interlock.domain.roles import Role
from interlock.service.identity import create_key
from support.api import Api, Client
from support.scenario import PERMITTED, Bench, brought, failed

ASK = f"""query ($ids: [ID!]!, $tasks: [ID!]!) {{
  nodes(ids: $ids) {{ ... on Record {{ all: permittedActions(includeDenied: true) {PERMITTED}
    open: permittedActions {{ action to }} }} }}
  tasks: nodes(ids: $tasks) {{ ... on Task {{ permittedActions(includeDenied: true) {PERMITTED} }} }} }}"""
ANSWER = """{ counts { code } refusals { message currentStatus permitted shortestWay { action to } } }"""
BY_MANAGERS = {Action.CLAIM, Action.COMPLETE, Action.REPORT_ERROR}


async def _ask(client: Client, *ids: str) -> list[dict[str, dict[str, Any]]]:
    """What is said of each action on each record; a record and its task, and both forms of the question, agree."""
    data = await client.execute(ASK, ids=ids, tasks=[id_.replace("rec", "task") for id_ in ids])
    answers = []
    for record, task in zip(data["nodes"], data["tasks"], strict=True):
        said = {one["action"]: one for one in record["all"]}
        assert set(said) == set(Action) - {Action.SUBMIT}
        permitted = [{"action": action, "to": one["to"]} for action, one in said.items() if one["permitted"]]
        assert record["open"] == permitted
        assert task is None or task["permittedActions"] == record["all"]
        assert all((one["denial"] is None) == one["permitted"] for one in said.values())
        answers.append(said)
    return answers


async def _try(client: Client, tries: dict[Action, str]) -> dict[Action, dict[str, Any]]:
    """Each action on its record: the code that trying gives, and the refusal where there is one."""
    fields = [f'{a}: {a.lower()}(input: {{target: {{ids: ["{id_}"]}}}}) {ANSWER}' for a, id_ in tries.items()]
    answer = (await client.post(f"mutation {{ {' '.join(fields)} }}")).json()
    if answer["data"] is None:  # one root field's error takes the others with it
        if len(tries) == 1:
            return dict.fromkeys(tries, answer["errors"][0]["extensions"])
        return {a: code for action, id_ in tries.items() for a, code in (await _try(client, {action: id_})).items()}
    payloads = answer["data"]
    return {a: {**payloads[a]["counts"][0], **next(iter(payloads[a]["refusals"]), {})} for a in tries}


@pytest.mark.parametrize("status", list(RecordStatus))
async def test_for_every_role_and_user_action_asking_and_trying_agree(api: Api, status: RecordStatus) -> None:
    # One record for each try, as a try may move it: the submitter's own ones, and the operator's.
    for owner in (api.submitter, api.operator):
        ids = iter(await brought(api, status, len(Role) * len(USER_ACTIONS), owner, tag=owner.key[:12]))
        for role in Role:
            tries = {action: next(ids) for action in USER_ACTIONS}
            answers = await _ask(api.by_role(role), *tries.values())
            for (action, tried), said in zip((await _try(api.by_role(role), tries)).items(), answers, strict=True):
                _agree(said[action], tried, status, (role, action))


def _agree(said: dict[str, Any], tried: dict[str, Any], status: RecordStatus, what: Any) -> None:
    assert said["to"] == matrix.target(said["action"]), what
    assert said["permitted"] == (tried["code"] == "MOVED"), what
    if said["permitted"]:
        return
    assert said["denial"]["code"] == tried["code"], what
    assert said["denial"]["currentStatus"] == status, what
    if "message" in tried:
        same = ("message", "currentStatus", "permitted", "shortestWay")
        assert {k: said["denial"][k] for k in same} == {k: tried[k] for k in same}, what


async def test_for_managers_asking_and_trying_agree(api: Api, services: Services, server: str) -> None:
    other = Client(api.manager.http, server, (await create_key(services.core, "other", Role.MANAGER)).secret)
    for status in RecordStatus:
        (id_,) = await brought(api, status)
        for client in (api.manager, other):
            (said,) = await _ask(client, id_)
            opened = {action for action, one in said.items() if one["permitted"]}
            mine = client is api.manager
            assert opened == {
                RecordStatus.WAITING: {"CLAIM"},
                RecordStatus.RUNNING: {"COMPLETE", "REPORT_ERROR"} if mine else set(),
            }.get(status, set()), (status, mine)
        for role in set(Role) - {Role.MANAGER}:
            (said,) = await _ask(api.by_role(role), id_)
            for action in BY_MANAGERS:
                assert said[action]["denial"]["code"] == "FORBIDDEN"
                assert "MANAGER" in said[action]["denial"]["message"]
    theirs = await other.activate("the other's")
    (waiting,) = await other.claim(theirs)
    assert await other.give_back(theirs, [(waiting["token"], failed())]) == ["ACCEPTED"]
    (running,) = await api.operator.submit(tag="mine")
    tokens = await (await Bench.of(api, "mine")).claim()
    assert await other.give_back(theirs, [(tokens[running], failed())]) == ["FORBIDDEN"]


async def test_a_task_exists_exactly_in_the_statuses_that_have_one(api: Api) -> None:
    ids = {status: (await brought(api, status))[0] for status in RecordStatus}
    data = await api.viewer.execute(ASK, ids=[], tasks=[id_.replace("rec", "task") for id_ in ids.values()])
    has = {status for status, task in zip(ids, data["tasks"], strict=True) if task is not None}
    assert has == STATUSES_WITH_TASK


async def test_regenerate_is_not_offered_where_there_is_no_specification(
    api: Api, psql: asyncpg.Connection[Any]
) -> None:
    """Only psql makes such a record."""
    ids = await brought(api, RecordStatus.FAILED, 3)
    bare = ids[1]
    await psql.execute("DELETE FROM specification WHERE record_id = $1", int(bare.removeprefix("rec_")))
    answers = dict(zip(ids, await _ask(api.operator, *ids), strict=True))
    assert [answers[id_][Action.REGENERATE]["permitted"] for id_ in ids] == [True, False, True]
    tried = await _try(api.operator, dict.fromkeys(USER_ACTIONS, bare))
    assert tried[Action.REGENERATE]["code"] == "SPECIFICATION_MISSING"
    for action, one in tried.items():
        _agree(answers[bare][action], one, RecordStatus.FAILED, action)
        assert one.get("permitted", []) == [], "no refusal offers what cannot be done"
        assert one.get("shortestWay") is None
    (said,) = await _ask(api.viewer, bare)
    assert said[Action.REGENERATE]["denial"]["code"] == "FORBIDDEN"
    assert said[Action.HOLD]["denial"]["shortestWay"] is None


async def test_regenerate_is_not_offered_where_the_kind_is_not_installed(api: Api, services: Services) -> None:
    (id_,) = await brought(api, RecordStatus.FAILED)
    services.core.kinds = KindRegistry({})
    (said,) = await _ask(api.operator, id_)
    tried = await _try(api.operator, dict.fromkeys(USER_ACTIONS, id_))
    assert tried[Action.REGENERATE]["code"] == "KIND_NOT_INSTALLED"
    for action, one in tried.items():
        _agree(said[action], one, RecordStatus.FAILED, action)
        assert one.get("permitted", []) == []

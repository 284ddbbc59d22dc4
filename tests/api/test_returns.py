"""Returns and heartbeats: each lease is fenced by its token, and every row of the outcome table answers as it says."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg
import pytest

from interlock.api.context import Services
from interlock.domain.outcomes import Operation, Situation, outcomes, sentence
from interlock.domain.roles import Role
from interlock.service.identity import create_key
from interlock.service.upkeep import look_after
from interlock.settings import Settings
from support.api import HEARTBEAT, RETURN, Api, Client
from support.blocked import until_blocked
from support.scenario import Bench, events, failed, record
from support.server_settings import tuned

RESULT = {"result": {"energy": -5.07}}
HOUR = timedelta(hours=1)


@pytest.fixture
def settings() -> Settings:
    return tuned(max_result=1_000, max_output=20)


async def _claimed(api: Api) -> tuple[Bench, str, str]:
    (id_,) = await api.operator.submit(tag="t")
    bench = await Bench.of(api, "t")
    return bench, id_, (await bench.claim())[id_]


async def _killed(api: Api, _: Services, id_: str) -> None:
    await api.operator.move("kill", [id_])


async def _expired(_: Api, services: Services, __: str) -> None:
    await look_after(services.core, now=datetime.now(UTC) + HOUR)


async def _retried(api: Api, services: Services, id_: str) -> None:
    await _expired(api, services, id_)
    await api.operator.move("retry", [id_])


async def _claimed_again(api: Api, services: Services, id_: str) -> None:
    await _retried(api, services, id_)
    assert list(await (await Bench.of(api, "t", "second")).claim()) == [id_]


async def _nothing(*_: Any) -> None:
    """The lease is held."""


LOST: list[tuple[Situation, Callable[[Api, Services, str], Awaitable[None]]]] = [
    (Situation.LEASE_HELD, _nothing),
    (Situation.WAS_KILLED, _killed),
    (Situation.LEASE_RAN_OUT, _expired),
    (Situation.LEASE_RAN_OUT, _retried),
    (Situation.LEASE_RAN_OUT, _claimed_again),
]


def _row(operation: Operation, situation: Situation) -> Any:
    return next(row for row in outcomes(operation) if row.situation == situation)


@pytest.mark.parametrize(("situation", "happen"), LOST)
async def test_a_late_answer_is_judged_by_what_happened_meanwhile(
    api: Api, services: Services, situation: Situation, happen: Callable[[Api, Services, str], Awaitable[None]]
) -> None:
    bench, id_, token = await _claimed(api)
    await happen(api, services, id_)
    before, seen = len(await events(api.viewer)), await record(api.viewer, id_)
    beat = await bench.heartbeat([token])
    row = _row(Operation.HEARTBEAT, situation)
    if situation == Situation.LEASE_HELD:
        assert (beat["renewed"], beat["lost"]) == (1, [])
    else:
        assert beat["renewed"] == 0
        assert beat["lost"] == [{"token": token, "code": row.code, "message": row.sentence}]
        assert await record(api.viewer, id_) == seen
    row = _row(Operation.RETURN, situation)
    assert await bench.give_back([token], RESULT) == [row.code]
    assert len(await events(api.viewer)) == before + row.events
    if situation != Situation.LEASE_HELD:
        assert await record(api.viewer, id_) == seen
    else:
        assert (await record(api.viewer, id_))["result"] == RESULT["result"]


async def test_made_up_and_foreign_leases_are_told_from_lost_ones(api: Api, services: Services, server: str) -> None:
    other = Client(api.manager.http, server, (await create_key(services.core, "other", Role.MANAGER)).secret)
    bench, id_, token = await _claimed(api)
    second = await Bench.of(api, "t", "second of the same principal")
    _, number, attempt, claim = token.split("_")
    made_up = [f"lease_{n}_{a}_{c}" for n, a, c in (
        ("999999", attempt, claim), (number, "2", claim), (number, "999999999", claim), (number, attempt, "0" * 32),
        ("9" * 18, attempt, claim),
    )]  # fmt: skip
    for operation, code_of in ((Operation.RETURN, bench.give_back), (Operation.HEARTBEAT, None)):
        code = _row(operation, Situation.NEVER_EXISTED).code
        if code_of is not None:
            assert await code_of(made_up, RESULT) == [code] * len(made_up)
        else:
            assert [lost["code"] for lost in (await bench.heartbeat(made_up))["lost"]] == [code] * len(made_up)
    assert await second.give_back([token], RESULT) == ["FORBIDDEN"]
    expires = (await record(api.viewer, id_))["task"]["leaseExpiresAt"]
    assert [lost["code"] for lost in (await second.heartbeat([token]))["lost"]] == ["FORBIDDEN"]
    assert (await record(api.viewer, id_))["task"]["leaseExpiresAt"] == expires
    # a wrong token in the same batch does not harm the right one
    assert await bench.give_back([made_up[3], token], RESULT) == ["UNKNOWN_TOKEN", "ACCEPTED"]
    for query, given in (
        (RETURN, {"returns": [{"token": token, "outcome": RESULT}]}),
        (HEARTBEAT, {"tokens": [token]}),
    ):
        payload = await other.call(query, managerId=bench.id, **given)
        assert [error["code"] for error in payload["errors"]] == ["FORBIDDEN"]
    assert (await record(api.viewer, id_))["status"] == "COMPLETE"


async def test_a_repeated_return_is_told_from_a_different_one(api: Api) -> None:
    bench, id_, token = await _claimed(api)
    different: list[Any] = [{"result": {"energy": 0}}, failed(), {"unstarted": True}]
    codes = await api.manager.give_back(bench.id, [(token, outcome) for outcome in (RESULT, RESULT, *different)])
    assert codes == ["ACCEPTED", "ALREADY_ACCEPTED", *["CONTENT_DIFFERS"] * 3]
    assert await bench.give_back([token], RESULT) == ["ALREADY_ACCEPTED"]
    for outcome in different:
        assert await bench.give_back([token], outcome) == ["CONTENT_DIFFERS"]
    seen = await record(api.viewer, id_)
    assert (seen["result"], [a["outcome"] for a in seen["attempts"]]) == (RESULT["result"], ["COMPLETE"])
    assert [e["action"] for e in seen["events"]] == ["SUBMIT", "CLAIM", "COMPLETE"]
    shown = await api.viewer.execute(
        "query ($id: ID!) { manager(id: $id) { completedCount errorCount runningCount } }", id=bench.id
    )
    assert shown["manager"] == {"completedCount": 1, "errorCount": 0, "runningCount": 0}
    for operation, code in ((Operation.RETURN, "ALREADY_ACCEPTED"), (Operation.RETURN, "CONTENT_DIFFERS")):
        assert sentence(operation, next(r.code for r in outcomes(operation) if r.code == code))


async def test_a_lease_returned_with_an_error_of_the_servers_name_did_not_run_out(api: Api) -> None:
    bench, _, token = await _claimed(api)
    assert await bench.give_back([token], failed("lease_expired")) == ["ACCEPTED"]
    assert [lost["code"] for lost in (await bench.heartbeat([token]))["lost"]] == ["LEASE_REVOKED"]
    assert await bench.give_back([token], failed("lease_expired")) == ["ALREADY_ACCEPTED"]


async def test_concurrent_returns_of_one_lease_make_one_result(api: Api, psql: asyncpg.Connection[Any]) -> None:
    bench, id_, token = await _claimed(api)
    async with psql.transaction():
        await psql.execute("SELECT FROM record FOR UPDATE")
        calls = [asyncio.create_task(bench.give_back([token], {"result": i % 2})) for i in range(6)]
        await until_blocked(psql, 6)
    codes = [code for answer in await asyncio.gather(*calls) for code in answer]
    assert sorted(codes) == ["ACCEPTED", *["ALREADY_ACCEPTED"] * 2, *["CONTENT_DIFFERS"] * 3]
    seen = await record(api.viewer, id_)
    assert seen["result"] == codes.index("ACCEPTED") % 2
    assert [e["action"] for e in seen["events"]] == ["SUBMIT", "CLAIM", "COMPLETE"]


async def test_an_error_is_kept_as_given_with_the_end_of_what_was_printed(api: Api) -> None:
    bench, id_, token = await _claimed(api)
    error = {"type": "scf_not_converged", "message": "no\0 convergence", "traceback": "line 1\nline 2\n" + "x" * 20}
    given = {"token": token, "outcome": {"error": error}, "stdout": "a" * 30 + "\0end", "stderr": ""}
    payload = await api.manager.call(RETURN, managerId=bench.id, returns=[given])
    assert [answer["code"] for answer in payload["answers"]] == ["ACCEPTED"]
    seen = await record(api.viewer, id_)
    assert (seen["status"], seen["errorType"], seen["result"]) == ("ERROR", "scf_not_converged", None)
    (attempt,) = seen["attempts"]
    assert attempt["error"] == {
        "type": "scf_not_converged", "message": "no\ufffd convergence", "traceback": "x" * 20,
    }  # fmt: skip
    assert (attempt["stdout"], attempt["stderr"]) == ("a" * 16 + "\ufffdend", "")
    assert attempt["endedAt"] is not None
    groups = "{ errorGroups { errorType status count exampleId exampleMessage } }"
    assert (await api.viewer.execute(groups))["errorGroups"] == [
        {"errorType": "scf_not_converged", "status": "ERROR", "count": 1, "exampleId": id_,
         "exampleMessage": "no\ufffd convergence"},
    ]  # fmt: skip


async def test_what_is_wrong_with_a_return_is_named_and_nothing_is_taken(api: Api) -> None:
    bench, id_, token = await _claimed(api)
    wrong: list[tuple[dict[str, Any], str, str]] = [
        ({"token": "lease_1_1_x"}, "INVALID_INPUT", "input.returns.1.token"),
        ({"token": id_}, "INVALID_INPUT", "input.returns.1.token"),
        ({"outcome": {"result": "x" * 1_000}}, "LIMIT_EXCEEDED", "input.returns.1.outcome.result"),
        ({"outcome": {"unstarted": False}}, "INVALID_INPUT", "input.returns.1.outcome.unstarted"),
        ({"outcome": failed("returned_unstarted")}, "INVALID_INPUT", "input.returns.1.outcome.error.type"),
        ({"outcome": failed("")}, "INVALID_INPUT", "input.returns.1.outcome.error.type"),
        ({"outcome": failed("a\0")}, "INVALID_INPUT", "input.returns.1.outcome.error.type"),
    ]
    deep: Any = 1
    for _ in range(230):
        deep = [deep]
    wrong.append(({"outcome": {"result": deep}}, "INVALID_INPUT", "input.returns.1.outcome.result"))
    good = {"token": token, "outcome": RESULT}
    for change, code, path in wrong:
        payload = await api.manager.call(RETURN, managerId=bench.id, returns=[good, good | change])
        assert [(e["code"], e["path"]) for e in payload["errors"]] == [(code, path)], change
        assert payload["answers"] == []
    for outcome in ({}, {"result": 1, "unstarted": True}, {"error": {"type": "x"}}, None):
        answer = await api.manager.post(RETURN, input={"managerId": bench.id, "returns": [good | {"outcome": outcome}]})
        assert answer.json()["errors"], outcome
        assert "INTERNAL" not in answer.text
    payload = await api.manager.call(RETURN, managerId=bench.id, returns=[good] * 1_001)
    assert [e["path"] for e in payload["errors"]] == ["input.returns"]
    assert (await record(api.viewer, id_))["status"] == "RUNNING"
    assert await api.manager.give_back(bench.id, []) == []


async def test_an_unstarted_task_goes_back_at_once_outside_its_budget(api: Api) -> None:
    bench, id_, token = await _claimed(api)
    assert await bench.give_back([token], {"unstarted": True}) == ["ACCEPTED"]
    seen = await record(api.viewer, id_)
    assert (seen["status"], seen["retry"]["used"], seen["errorType"]) == ("WAITING", 0, None)
    assert [(e["action"], e["actor"], e["who"], e["reason"]) for e in seen["events"][2:]] == [
        ("REPORT_ERROR", "MANAGER", "bench of t", None), ("RETRY", "SERVER", "interlock", "returned_unstarted"),
    ]  # fmt: skip
    assert await bench.give_back([token], {"unstarted": True}) == ["ALREADY_ACCEPTED"]
    (again,) = (await bench.claim()).values()
    assert again != token


RETURN_AND_CLAIM = """mutation ($input: ReturnTasksInput!) { returnTasks(input: $input) {
  answers { code } leases { recordId token } errors { path } } }"""


async def test_a_return_may_claim_what_comes_next(api: Api) -> None:
    ids = await api.operator.submit(3, tag="t")
    bench = await Bench.of(api, "t")
    token = (await bench.claim(1))[ids[0]]
    given = {"managerId": bench.id, "returns": [{"token": token, "outcome": {"result": 1}}]}
    claim = {"limit": 5, "claimKey": "k"}
    payload = await api.manager.call(RETURN_AND_CLAIM, **given, claim=claim)
    assert (payload["answers"], payload["errors"]) == ([{"code": "ACCEPTED"}], [])
    assert [lease["recordId"] for lease in payload["leases"]] == ids[1:]
    again = await api.manager.call(RETURN_AND_CLAIM, **given, claim=claim)
    assert again == {**payload, "answers": [{"code": "ALREADY_ACCEPTED"}]}


async def test_a_claim_that_means_nothing_leaves_the_returns_untaken(api: Api) -> None:
    (id_,) = await api.operator.submit(tag="t")
    bench = await Bench.of(api, "t")
    token = (await bench.claim())[id_]
    given = {"managerId": bench.id, "returns": [{"token": token, "outcome": {"result": 1}}]}
    payload = await api.manager.call(RETURN_AND_CLAIM, **given, claim={"limit": 0})
    assert payload == {"answers": [], "leases": [], "errors": [{"path": "input.claim.limit"}]}
    assert (await record(api.viewer, id_))["status"] == "RUNNING"

"""Compiled mutations answer and act as graphql-core's do: the same calls on two databases in the same state."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from random import Random
from typing import Any

import pytest
import pytest_asyncio

from interlock.api.mutations import transitions
from interlock.api.schema import build_schema
from interlock.app import running
from interlock.domain.lifecycle import RecordStatus
from interlock.settings import Settings
from interlock.store.embedded import EmbeddedPostgres
from support.api import CLAIM, MOVE, RETURN, SUBMIT, Api
from support.clusters import cloned
from support.operations import Operation
from support.scenario import brought, events
from support.serving import connected, listening

SCHEMA: Any = build_schema(Settings())._schema
PEOPLE = ("hold", "release", "retry", "fail", "kill", "regenerate", "updateRecords", "submitRecords")
MANAGERS = ("activateManager", "claimTasks", "heartbeat", "returnTasks", "deactivateManager")
ADMINS = ("createKey", "revokeKey")
CALLS = (
    *[("operator", PEOPLE)] * 2,
    *[("manager", MANAGERS)] * 3,
    ("submitter", PEOPLE),
    ("viewer", PEOPLE),
    ("admin", ADMINS),
)
"""Who calls what, as often as it stands here."""
_TOKEN = re.compile(r"lease_\d+_\d+_[0-9a-f]{32}")
_ASIDE = (
    (re.compile(r"(lease_\d+_\d+_)[0-9a-f]{32}"), r"\1CLAIM"),
    (re.compile(r"\d{4}-\d\d-\d\dT[0-9:.]+Z"), "MOMENT"),
    (re.compile(r"ilk_[\w-]{43}"), "SECRET"),
    (re.compile(r"the id [0-9a-f]{16},|\"fault\": \"[0-9a-f]{16}\""), "FAULT"),
)


def alike(answer: Any) -> str:
    """The answer without what no two databases have in common; the order of keys stays."""
    text = json.dumps(answer, indent=1, ensure_ascii=False)
    for pattern, instead in _ASIDE:
        text = pattern.sub(instead, text)
    return text


@dataclass
class Twins:
    """Two servers, each with a database of its own; to the first one calls are compiled, to the second they are not."""

    first: Api
    second: Api
    tokens: dict[str, str] = field(default_factory=dict)
    """The second one's tokens by those of the first."""

    async def compare(self, role: str, query: str, variables: Mapping[str, Any]) -> Any:
        """The first one's answer, once the second one's is alike."""
        body = json.dumps({"query": query, "variables": variables})
        mine = await self._ask(self.first, role, body)
        theirs = await self._ask(
            self.second, role, _TOKEN.sub(lambda m: self.tokens.get(m[0], m[0]), body), extensions={}
        )
        assert alike(mine) == alike(theirs), body
        found = [_TOKEN.findall(json.dumps(answer)) for answer in (mine, theirs)]
        self.tokens |= dict(zip(*found, strict=True))
        return mine[1]

    @staticmethod
    async def _ask(api: Api, role: str, body: str, **more: Any) -> tuple[int, Any]:
        client = getattr(api, role)
        response = await client.http.post(
            f"{client.url}/graphql",
            content=json.dumps(json.loads(body) | more),
            headers={"Authorization": f"Bearer {client.key}", "Content-Type": "application/json"},
        )
        return response.status_code, response.json()

    async def in_the_same_state(self) -> bool:
        """Whether both have the same records and the same history."""
        listed = "{ records(first: 1000) { nodes { id status tag campaign priority attemptCount errorType result } } }"
        states = [(await api.admin.execute(listed), await events(api.admin)) for api in (self.first, self.second)]
        for state in states:
            for event in state[1]:
                del event["cursor"]
        return alike(states[0]) == alike(states[1])


@pytest_asyncio.fixture
async def twins(cluster: EmbeddedPostgres, template: str, settings: Settings) -> AsyncIterator[Twins]:
    async with AsyncExitStack() as stack:

        async def one() -> Api:
            url = await stack.enter_async_context(cloned(cluster, template))
            services = await stack.enter_async_context(running(settings, url))
            return await stack.enter_async_context(
                connected(await stack.enter_async_context(listening(services)), services)
            )

        yield Twins(await one(), await one())


async def _known(twins: Twins) -> dict[str, Sequence[Any]]:
    """Records in every status, managers, tokens; and the values that lead to them."""
    ids: list[str] = []
    for api in (twins.first, twins.second):
        ids.clear()
        for number, status in enumerate(RecordStatus):
            owner = [api.operator, api.submitter][number % 2]
            ids += await brought(api, status, 3, owner, campaign=[None, "c"][number % 2])
        ids += await api.operator.submit(20)
    claimed = "mutation ($input: ClaimTasksInput!) { claimTasks(input: $input) { leases { token } } }"
    activate = 'mutation { activateManager(input: {name: "m", tags: ["*"], programs: []}) { manager { id } } }'
    manager = (await twins.compare("manager", activate, {}))["data"]["activateManager"]["manager"]["id"]
    await twins.compare("manager", claimed, {"input": {"managerId": manager, "limit": 12}})
    tokens = [*twins.tokens, "lease_1_1_" + "0" * 32, "nonsense"]
    specification = {"function": "math:sqrt", "args": [1, {"a": 'é"\\\n'}]}
    return {
        "ids": [*ids, "rec_999999", "task_1", "nonsense"], "managerId": [*[manager] * 4, "mgr_999", "rec_1"],
        "tokens": tokens, "token": tokens, "unstarted: String": tokens, "limit": [1, 2, 0, 5_000],
        "tag": ["default", "to ERROR", "to HOLD", "to WAITING", "*", ""], "kind": ["python", "python", "none"],
        "specifications": [specification, specification, {"function": 1}, 5], "errorType": ["scf_not_converged", "none"],
        "campaign": ["c", "d", ""], "priority": [0, 5, 9, 10], "keyId": ["key_999", "nonsense"], "type": ["t", "", "scf"],
        "idempotencyKey": ["i", "j", ""], "claimKey": ["k", "l", ""], "name": ["m", "n", "operator", ""],
        "tags": ["*", "t", "u"], "leaseSeconds": [300, 1], "owner": ["operator", "submitter", "nobody"],
    }  # fmt: skip


@pytest.mark.parametrize("seed", range(6))
async def test_any_mutation_is_answered_alike_and_does_the_same(
    twins: Twins, compiled: Counter[bool], seed: int
) -> None:
    random = Random(seed)
    known = await _known(twins)
    answered = compiled[True]
    for _ in range(60):
        role, roots = random.choice(CALLS)
        operation = Operation(SCHEMA, random, known, odd=random.choice([0, 0, 30]))
        text = operation.mutation(roots)
        await twins.compare(role, text, operation.variables)
        known["token"] = known["tokens"] = [*known["tokens"][-2:], *twins.tokens]
    assert compiled[True] - answered > 10, "a fair part of them past graphql-core"
    assert await twins.in_the_same_state()


async def test_what_managers_and_people_do_most_is_compiled(twins: Twins, compiled: Counter[bool]) -> None:
    async def call(role: str, document: str, **given: Any) -> Any:
        (payload,) = (await twins.compare(role, document, {"input": given}))["data"].values()
        return payload

    activate = (
        "mutation ($input: ActivateManagerInput!) { activateManager(input: $input) { manager { id name tags } } }"
    )
    ids = (await call("operator", SUBMIT, kind="python", specifications=[{"function": "math:sqrt"}] * 5))["ids"]
    manager = (await call("manager", activate, name="m", tags=["*"], programs=[]))["manager"]["id"]
    leases = (await call("manager", CLAIM, managerId=manager, limit=3))["leases"]
    outcomes = [{"result": {"a": [1, None]}}, {"error": {"type": "t", "message": "m"}}, {"unstarted": True}]
    returns = [{"token": x["token"], "outcome": y} for x, y in zip(leases, outcomes, strict=True)]
    assert {one["code"] for one in (await call("manager", RETURN, managerId=manager, returns=returns))["answers"]} == {
        "ACCEPTED"
    }
    for name in ("hold", "release", "retry", "kill"):
        await call("operator", MOVE.format(Name=name.title(), name=name), target={"ids": ids})
    assert compiled == {True: 8, False: 8}
    assert await twins.in_the_same_state()


HOLD = MOVE.format(Name="Hold", name="hold")


async def test_a_payload_that_cannot_be_told_is_left_to_graphql_core_and_nothing_is_done_twice(
    twins: Twins, compiled: Counter[bool], monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = await twins.first.operator.submit(2)
    assert ids == await twins.second.operator.submit(2)

    class Unable:
        @staticmethod
        def dumps(_: Any) -> bytes:
            raise TypeError("no")

    compiled.clear()
    with monkeypatch.context() as patch:
        patch.setattr("interlock.api.compiled.calls.orjson", Unable)
        answer = await twins.compare("operator", HOLD, {"input": {"target": {"ids": ids}}})
    assert compiled == {False: 2}
    assert answer["data"]["hold"]["moved"] == 2, "not unchanged, as a second call would find them"
    assert await twins.in_the_same_state()


async def test_a_fault_is_masked_and_happens_once(twins: Twins, monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[Any] = []

    async def faulty(*arguments: Any) -> Any:
        calls.append(arguments)
        raise ZeroDivisionError

    monkeypatch.setattr(transitions, "move", faulty)
    answer = await twins.compare("operator", HOLD, {"input": {"target": {"ids": ["rec_1"]}}})
    assert answer["errors"][0]["extensions"]["code"] == "INTERNAL"
    assert answer["errors"][0]["path"] == ["hold"]
    assert len(calls) == 2, "one for each of the two"

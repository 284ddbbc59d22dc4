"""What the log says of each operation: one line, with whom and what it was about, and never a secret."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest

from interlock.api.schema import build_schema
from interlock.domain.kinds import KindRegistry
from interlock.domain.roles import Role
from interlock.service.core import Core
from interlock.service.identity import create_key
from interlock.settings import Settings
from interlock.store.database import Database
from support.api import ACTIVATE, CLAIM, DEACTIVATE, FOLLOW, HEARTBEAT, RETURN, SUBMIT, UPDATE, Api, Client
from support.serving_process import Serving, serving

CREATE = "mutation ($input: CreateKeyInput!) { createKey(input: $input) { id key errors { code } } }"
HOLD = 'mutation { hold(input: {target: {ids: ["rec_1"]}}) { moved errors { message } } }'
REVOKE = "mutation ($input: RevokeKeyInput!) { revokeKey(input: $input) { id errors { code } } }"
_SCHEMA: Any = build_schema(Settings())
MUTATIONS = set(_SCHEMA._schema.mutation_type.fields)


@dataclass
class Driven:
    """A server, its clients, and what must never be seen."""

    server: Serving
    api: Api
    secrets: set[str] = field(default_factory=set)

    def secret(self, name: str) -> str:
        """A value that is recognised wherever it stands."""
        made = f"unseen_{name}_{len(self.secrets)}_3f9c"
        self.secrets.add(made)
        return made


@pytest.fixture
async def driven(database_url: str, tmp_path: Path) -> AsyncIterator[Driven]:
    database = await Database.open(database_url, size=2)
    core = Core(database, Settings(), KindRegistry({}))
    keys = {role: (await create_key(core, role.lower(), role)).secret for role in Role}
    await database.close()
    environment = {"INTERLOCK_DATABASE_URL": database_url, "INTERLOCK_LOG_LEVEL": "debug"}
    async with serving(tmp_path, **environment) as server, Api.of(server.url, keys) as api:
        yield Driven(server, api, set(keys.values()))


async def _claimed(d: Driven, manager: str, limit: int, **given: Any) -> list[dict[str, Any]]:
    leases = await d.api.manager.claim(manager, limit, **given)
    d.secrets |= {lease["token"] for lease in leases}
    d.secrets |= {lease["token"].rpartition("_")[2] for lease in leases}
    return leases


async def _every_mutation(d: Driven) -> None:
    api, user = d.api, d.api.operator
    specifications = [{"function": "math:sqrt", "args": [d.secret("argument")]} for _ in range(6)]
    ids = await user.submit(specifications=specifications, reason=d.secret("reason"), idempotencyKey=d.secret("again"))
    await user.move("hold", ids[:1], reason=d.secret("reason"))
    await user.move("release", ids[:1])
    await user.call(UPDATE, target={"ids": ids[:1]}, tag="large")
    manager = await api.manager.activate("worker")
    first = (await _claimed(d, manager, 1))[0]
    await api.manager.call(HEARTBEAT, managerId=manager, tokens=[first["token"]])
    error = {"type": "boom", "message": d.secret("message"), "traceback": d.secret("traceback")}
    given = {"token": first["token"], "outcome": {"error": error}}
    given |= {"stdout": d.secret("stdout"), "stderr": d.secret("stderr")}
    await api.manager.call(RETURN, managerId=manager, returns=[given])
    failed = first["recordId"]
    await user.move("retry", [failed])
    leases = await _claimed(d, manager, 100, claimKey=d.secret("claim"))
    returns = [(lease["token"], {"result": {"answer": d.secret("result")}}) for lease in leases[:2]]
    await api.manager.give_back(manager, [*returns, (leases[2]["token"], {"error": {"type": "boom", "message": "x"}})])
    await user.move("fail", [leases[2]["recordId"]])
    await user.move("regenerate", [leases[2]["recordId"]])
    await user.move("kill", [leases[3]["recordId"]])
    await api.manager.call(DEACTIVATE, managerId=manager, unstarted=[leases[4]["token"]])
    made = await api.admin.call(CREATE, name="guest", role="VIEWER")
    d.secrets.add(made["key"])
    await api.admin.call(REVOKE, keyId=made["id"])


async def _everything_wrong(d: Driven) -> None:
    """Keys, tokens and contents where they do not belong, by every way in."""
    api, url = d.api, d.server.url
    wrong = f"ilk_{d.secret('key')}"
    for header in (f"Bearer {wrong}", f"Basic {wrong}", wrong, ""):
        await api.viewer.http.post(
            f"{url}/graphql", json={"query": "{viewer{name}}"}, headers={"Authorization": header}
        )
    for client in (api.viewer, api.operator, Client(api.viewer.http, url, wrong)):
        for document, given in (
            (SUBMIT, {"kind": "python", "specifications": [{"fonction": d.secret("specification")}]}),
            (SUBMIT, {"kind": d.secret("kind"), "specifications": []}),
            (CLAIM, {"managerId": client.key}),
            (HEARTBEAT, {"managerId": "mgr_1", "tokens": [client.key]}),
            (RETURN, {"managerId": "mgr_1", "returns": [{"token": client.key, "outcome": {"result": client.key}}]}),
            (ACTIVATE, {"name": client.key * 20, "tags": [], "programs": []}),
            (CREATE, {"name": "", "role": "VIEWER"}),
            (REVOKE, {"keyId": client.key}),
        ):
            await client.post(document, input=given)
            await client.post(document.replace("{ ", "{ again: __typename ", 1), input=given)
        await client.post(HOLD.replace("rec_1", client.key))
        await client.post(f"{{ record(id: ${d.secret('variable')}) {{ id }} }}")
        name = client.key.replace("-", "_")
        d.secrets.add(name)
        await client.post(f"query {name} {{ viewer {{ name }} }}")
        headers = {"Authorization": f"Bearer {client.key}", "X-Request-ID": client.key}
        await client.http.post(f"{url}/graphql", json={"query": "{ viewer { name } }"}, headers=headers)
        await client.http.get(f"{url}/graphql?query={{viewer{{name}}}}", headers={"Authorization": client.key})
        await client.http.get(f"{url}/metrics", headers={"Authorization": f"Bearer {client.key}x"})
    await api.operator.post("{" + "x" * 200_000)
    async with api.viewer.socket() as socket:
        with pytest.raises(AssertionError):
            await anext(socket.subscribe(FOLLOW, after=d.secret("cursor")))
        with pytest.raises(AssertionError):
            await anext(socket.subscribe(SUBMIT, input={"kind": d.secret("kind"), "specifications": []}))
        await socket.send(type=d.secret("type"))
        await socket.raw.wait_closed()


async def _settled(server: Serving, lines: int) -> list[dict[str, Any]]:
    """The log, once it has so many lines: a line may be written after its answer."""
    async with asyncio.timeout(10):
        while len(found := server.lines()) < lines:  # noqa: ASYNC110 - it is another process that writes
            await asyncio.sleep(0.02)
    return found


@pytest.mark.timeout(180)
async def test_every_mutation_has_its_line_and_no_secret_is_in_any(driven: Driven) -> None:
    await _every_mutation(driven)
    await _everything_wrong(driven)
    events = {line["event"] for line in driven.server.lines()}
    assert events >= MUTATIONS
    assert events >= {"refused", "answered"}
    written = driven.server.written()
    assert [secret for secret in driven.secrets if secret in written] == []


async def test_a_line_says_who_did_what_to_which_record_and_what_came_of_it(driven: Driven) -> None:
    (record,) = await driven.api.submitter.submit(1)
    await driven.api.operator.move("hold", [record])
    manager = await driven.api.manager.activate("worker")
    await driven.api.operator.move("release", [record])
    (lease,) = await driven.api.manager.claim(manager, 5)
    await driven.api.manager.give_back(manager, [(lease["token"], {"error": {"type": "boom", "message": "no"}})])
    await driven.api.operator.move("kill", [record])
    lines = [line for line in await _settled(driven.server, 7) if line["level"] == "info"]
    about = {"record": record, "task": record.replace("rec", "task")}
    told = [
        {key: value for key, value in line.items() if key not in {"ms", "request", "timestamp", "level"}}
        for line in lines
    ]
    assert told == [
        {"event": "submitRecords", "outcome": "done", "actor": "submitter", "submitted": 1, **about},
        {"event": "hold", "outcome": "done", "actor": "operator", "counts": {"MOVED": 1}, **about},
        {"event": "activateManager", "outcome": "done", "actor": "manager", "manager": manager},
        {"event": "release", "outcome": "done", "actor": "operator", "counts": {"MOVED": 1}, **about},
        {
            "event": "claimTasks",
            "outcome": "done",
            "actor": "manager",
            "manager": manager,
            "claimed": 1,
            "attempt": 1,
            **about,
        },
        {
            "event": "returnTasks",
            "outcome": "done",
            "actor": "manager",
            "manager": manager,
            "counts": {"ACCEPTED": 1},
            "attempt": 1,
            **about,
        },
        {
            "event": "kill",
            "outcome": "done",
            "actor": "operator",
            "counts": {"NOT_PERMITTED": 1},
            "attempt": 1,
            **about,
        },
    ]
    assert all(0 < line["ms"] < 60_000 for line in lines)
    assert len({line["request"] for line in lines}) == len(lines)


async def test_a_bulk_call_and_a_large_claim_are_a_line_each(driven: Driven) -> None:
    ids = await driven.api.operator.submit(500)
    await driven.api.operator.move("hold", [*ids[:200], "rec_999999"])
    manager = await driven.api.manager.activate("worker")
    leases = await driven.api.manager.claim(manager, 300)
    await driven.api.manager.give_back(manager, [(lease["token"], {"result": 1}) for lease in leases])
    lines = await _settled(driven.server, 5)
    assert [line["event"] for line in lines] == [
        "submitRecords",
        "hold",
        "activateManager",
        "claimTasks",
        "returnTasks",
    ]
    assert lines[0]["submitted"] == 500
    assert lines[1]["counts"] == {"MOVED": 200, "NOT_FOUND": 1}
    assert lines[3]["claimed"] == 300
    assert lines[4]["counts"] == {"ACCEPTED": 300}
    assert not any("record" in line for line in lines)
    assert max(len(line) for line in driven.server.err.read_text().splitlines()) < 400


async def test_a_refusal_has_one_line_with_its_code_and_where_it_was_wrong(driven: Driven) -> None:
    await driven.api.operator.call(SUBMIT, kind="python", specifications=[], priority=77)
    await driven.api.viewer.post(SUBMIT, input={"kind": "python", "specifications": []})
    await driven.api.viewer.post("{ nowhere }")
    await Client(driven.api.viewer.http, driven.server.url, "ilk_wrong").post("{ viewer { name } }")
    first, second, third, fourth = await _settled(driven.server, 4)
    assert (first["event"], first["outcome"], first["codes"], first["path"]) == (
        "submitRecords", "refused", ["INVALID_INPUT"], "input.priority",
    )  # fmt: skip
    assert (second["event"], second["codes"], second["fields"], second["actor"]) == (
        "refused", ["FORBIDDEN"], ["submitRecords"], "viewer",
    )  # fmt: skip
    assert (third["event"], third["codes"], third["level"]) == ("refused", ["GRAPHQL_VALIDATION_FAILED"], "info")
    assert (fourth["event"], fourth["codes"], fourth["status"]) == ("refused", ["UNAUTHENTICATED"], 401)
    assert "actor" not in fourth


async def test_an_id_that_a_proxy_gave_is_kept_if_it_can_stand_in_a_log(driven: Driven) -> None:
    given = {"proxy-7.abc": True, "x" * 100: True, "x" * 101: False, "tab\there": False, "": False}
    told = []
    for number, (id_, kept) in enumerate(given.items(), 1):
        headers = {"Authorization": f"Bearer {driven.api.operator.key}", "X-Request-ID": id_}
        answer = await driven.api.operator.http.post(
            f"{driven.server.url}/graphql", json={"query": HOLD}, headers=headers
        )
        told.append(answer.headers["x-request-id"])
        assert (told[-1] == id_) == kept
        assert (await _settled(driven.server, number))[-1]["request"] == told[-1]
    assert len(set(told)) == len(given)


async def test_refused_requests_are_told_their_id_too(driven: Driven) -> None:
    async with httpx.AsyncClient() as http:
        refused = await http.post(f"{driven.server.url}/graphql", json={"query": "{ viewer { name } }"})
    assert refused.status_code == 401
    assert (await _settled(driven.server, 1))[0]["request"] == refused.headers["x-request-id"]


async def test_operations_on_a_socket_have_ids_of_their_own_under_the_sockets(driven: Driven) -> None:
    async with driven.api.operator.socket() as socket:
        for _ in range(2):
            assert [payload["moved"] async for payload in socket.subscribe(HOLD)] == [0]
    lines = [line for line in await _settled(driven.server, 2) if line["event"] == "hold"]
    assert len({line["socket"] for line in lines}) == 1
    assert len({line["request"] for line in lines}) == 2
    assert {line["actor"] for line in lines} == {"operator"}


async def test_a_mutation_is_the_same_line_whichever_way_it_was_executed(driven: Driven) -> None:
    (record,) = await driven.api.operator.submit(1)
    hold = HOLD.replace("rec_1", record).replace("]}", "]}, dryRun: true")
    await driven.api.operator.execute(hold)
    await driven.api.operator.execute(hold[:-1] + " other: __typename }")
    _, *both = await _settled(driven.server, 3)
    for line in both:
        del line["ms"], line["request"], line["timestamp"]
    assert both[0] == both[1]
    assert both[0]["dry_run"] is True

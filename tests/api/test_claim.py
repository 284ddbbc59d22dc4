"""Claims: the order of tags, priority and age; programs; keys; and whose manager it is."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from interlock.api.context import Services
from interlock.domain.roles import Role
from interlock.service.identity import create_key
from support.api import ACTIVATE, CLAIM, Api, Client
from support.scenario import record


@pytest.fixture
async def other(api: Api, services: Services, server: str) -> Client:
    """Another principal that runs managers."""
    return Client(api.manager.http, server, (await create_key(services.core, "other", Role.MANAGER)).secret)


async def _population(api: Api) -> dict[tuple[str, int, int], str]:
    """Ids by (tag, priority, place)."""
    made = {}
    for place in range(2):
        for priority in (1, 9, 5):
            for tag in ("small", "big", "odd"):
                (made[tag, priority, place],) = await api.operator.submit(tag=tag, priority=priority)
    return made


async def test_tasks_come_by_the_managers_tags_then_priority_then_age_and_again_so_for_the_same_key(api: Api) -> None:
    made = await _population(api)
    manager = await api.manager.activate(tags=["big", "small", "*"])
    rank = {"big": 0, "small": 1, "odd": 2}
    expected = [made[key] for key in sorted(made, key=lambda k: (rank[k[0]], -k[1], k[2]))]
    first = await api.manager.claim(manager, 4, claimKey="one")
    assert [lease["recordId"] for lease in first] == expected[:4]
    assert await api.manager.claim(manager, 4, claimKey="one") == first
    assert await api.manager.claim(manager, 1, claimKey="one") == first  # the key stands for its first call
    rest = await api.manager.claim(manager, 1000)
    assert [lease["recordId"] for lease in rest] == expected[4:]
    assert {lease["attempt"] for lease in [*first, *rest]} == {1}
    assert {lease["expiresAt"][-1] for lease in first} == {"Z"}
    assert await api.manager.claim(manager, claimKey="two") == []
    returned = await api.manager.give_back(manager, [(first[0]["token"], {"result": 1})])
    assert returned == ["ACCEPTED"]
    assert await api.manager.claim(manager, 4, claimKey="one") == first[1:]  # what still holds


async def test_only_what_a_manager_can_run_is_claimed_and_only_tags_that_it_serves(api: Api) -> None:
    for programs in ([], ["TBLite"], ["rdkit", "tblite"]):
        await api.operator.submit(specifications=[{"function": "a:b", "programs": programs}], tag="t")
    await api.operator.submit(tag="elsewhere")
    offers = [{"name": "tblite", "version": "0.8"}, {"name": "Psi4"}]  # case means nothing
    manager = await api.manager.activate(tags=["t"], programs=offers)
    assert [lease["requiredPrograms"] for lease in await api.manager.claim(manager)] == [[], ["tblite"]]
    shown = await api.viewer.execute(
        "query ($id: ID!) { manager(id: $id) { programs { name version } tags runningCount active } }", id=manager
    )
    assert shown["manager"] == {
        "programs": [{"name": "psi4", "version": None}, {"name": "tblite", "version": "0.8"}],
        "tags": ["t"], "runningCount": 2, "active": True,
    }  # fmt: skip


async def test_concurrent_claims_share_the_work_and_concurrent_duplicates_share_the_lease(api: Api) -> None:
    ids = await api.operator.submit(60)
    managers = [await api.manager.activate(f"m{i}") for i in range(4)]
    claims = await asyncio.gather(*(api.manager.claim(m, 5, claimKey="k") for m in managers * 3))
    first = claims[:4]
    assert claims == first * 3
    taken = [lease["recordId"] for leases in first for lease in leases]
    assert len(taken) == len(set(taken)) == 20
    assert set(taken) <= set(ids)


async def test_a_manager_belongs_to_its_principal_and_must_be_active(api: Api, other: Client) -> None:
    (id_,) = await api.operator.submit()
    mine = await api.manager.activate("mine")
    wrong: list[tuple[Client, dict[str, Any], str]] = [
        (other, {"managerId": mine}, "FORBIDDEN"),
        (api.manager, {"managerId": "mgr_999999"}, "NOT_FOUND"),
        (api.manager, {"managerId": "mgr_99999999999999"}, "NOT_FOUND"),
        (api.manager, {"managerId": id_}, "INVALID_INPUT"),
        (api.manager, {"managerId": mine, "limit": 0}, "INVALID_INPUT"),
        (api.manager, {"managerId": mine, "limit": 1001}, "INVALID_INPUT"),
        (api.manager, {"managerId": mine, "limit": -5}, "INVALID_INPUT"),
        (api.manager, {"managerId": mine, "claimKey": ""}, "INVALID_INPUT"),
        (api.manager, {"managerId": mine, "claimKey": "x" * 201}, "INVALID_INPUT"),
        (api.manager, {"managerId": mine, "claimKey": "a\0b"}, "INVALID_INPUT"),
    ]
    for client, given, code in wrong:
        payload = await client.call(CLAIM, **given)
        assert ([e["code"] for e in payload["errors"]], payload["leases"]) == ([code], []), given
    taken = await other.call(ACTIVATE, name="mine", tags=["*"], programs=[])
    assert [e["code"] for e in taken["errors"]] == ["FORBIDDEN"]
    assert taken["manager"] is None
    assert (await record(api.viewer, id_))["status"] == "WAITING"


async def test_what_a_manager_says_of_itself_is_checked_field_by_field(api: Api) -> None:
    fine: dict[str, Any] = {"name": "m", "tags": ["a", "*"], "programs": [{"name": "p", "version": "1"}]}
    wrong: list[tuple[dict[str, Any], str]] = [
        ({"name": ""}, "input.name"),
        ({"name": "a\0"}, "input.name"),
        ({"name": "x" * 201}, "input.name"),
        ({"tags": []}, "input.tags"),
        ({"tags": ["a", "a"]}, "input.tags"),
        ({"tags": ["*", "a"]}, "input.tags.0"),
        ({"tags": ["a", " b"]}, "input.tags.1"),
        ({"tags": [f"t{i}" for i in range(101)]}, "input.tags"),
        ({"programs": [{"name": "\0"}]}, "input.programs"),
        ({"programs": [{"name": "p", "version": "1\0"}]}, "input.programs"),
        ({"programs": [{"name": f"p{i}"} for i in range(201)]}, "input.programs"),
        ({"leaseSeconds": 4}, "input.leaseSeconds"),
        ({"leaseSeconds": 86_401}, "input.leaseSeconds"),
        ({"leaseSeconds": -1}, "input.leaseSeconds"),
        ({"cluster": "a\0"}, "input.cluster"),
        ({"hostname": "\n"}, "input.hostname"),
        ({"version": ""}, "input.version"),
    ]
    for change, path in wrong:
        payload = await api.manager.call(ACTIVATE, **(fine | change))
        assert ([e["path"] for e in payload["errors"]], payload["manager"]) == ([path], None), change
    assert (await api.viewer.execute("{ managers { nodes { id } } }"))["managers"]["nodes"] == []


async def test_the_same_name_again_is_the_same_manager_with_what_it_says_now(api: Api) -> None:
    first = await api.manager.activate("m", tags=["a"])
    await api.operator.submit(2, tag="a")
    (kept, _) = await api.manager.claim(first)
    again = await api.manager.activate("m", tags=["b"], leaseSeconds=60)
    assert again == first
    await api.operator.submit(1, tag="a")
    assert await api.manager.claim(again) == []
    assert await api.manager.give_back(again, [(kept["token"], {"result": 0})]) == ["ACCEPTED"]

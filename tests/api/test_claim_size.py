"""One claim gives no more than so many bytes of arguments: of large tasks fewer than were asked for, and the rest waits."""

from __future__ import annotations

from typing import Any

import pytest

from interlock.settings import Settings
from support.api import CLAIM, Api
from support.server_settings import tuned

MOST = 100_000
LEASES = "leases { recordId } errors { code message path }"
NEXT = f"mutation ($input: ReturnTasksInput!) {{ returnTasks(input: $input) {{ answers {{ code }} {LEASES} }} }}"


@pytest.fixture
def settings() -> Settings:
    return tuned(max_claimed=MOST, max_specification=40_000)


async def _large(api: Api, sizes: list[int], tag: str = "default") -> list[str]:
    """Tasks with so many bytes of arguments; they compress well, which does not make them smaller for who gets them."""
    made = [{"function": "a:b", "args": ["x" * (size // 2)], "kwargs": {"y": "y" * (size // 2)}} for size in sizes]
    return await api.operator.submit(specifications=made, tag=tag)


def _taken(leases: list[dict[str, Any]]) -> list[str]:
    return [lease["recordId"] for lease in leases]


@pytest.mark.parametrize("keyed", [True, False])
async def test_large_tasks_are_claimed_a_few_at_a_time_in_their_order_until_none_is_left(api: Api, keyed: bool) -> None:
    ids = await _large(api, [30_000] * 7)
    manager = await api.manager.activate()
    taken: list[str] = []
    while len(taken) < len(ids):
        given = {"claimKey": f"{len(taken)}"} if keyed else {}
        leases = await api.manager.claim(manager, 100, **given)
        assert 1 <= len(leases) <= 3
        assert await api.viewer.statuses(ids) == ["RUNNING"] * (len(taken) + len(leases)) + ["WAITING"] * (
            len(ids) - len(taken) - len(leases)
        )
        assert not keyed or await api.manager.claim(manager, 100, **given) == leases
        taken += _taken(leases)
    assert taken == ids
    assert await api.manager.claim(manager, 100) == []


async def test_what_fits_is_given_as_asked_for(api: Api) -> None:
    small, large = await _large(api, [900] * 90), await _large(api, [30_000] * 2, tag="large")
    manager = await api.manager.activate(tags=["large", "default"])
    assert _taken(await api.manager.claim(manager, 2)) == large
    assert _taken(await api.manager.claim(manager, 1_000)) == small


@pytest.mark.parametrize("settings", [tuned(max_claimed=1_000)], ids=["tiny"])
async def test_a_task_too_large_for_any_claim_is_given_alone(api: Api) -> None:
    (id_,) = await _large(api, [39_000])
    other, *_ = await _large(api, [10] * 3)
    manager = await api.manager.activate()
    assert _taken(await api.manager.claim(manager, 10)) == [id_]
    assert _taken(await api.manager.claim(manager, 10))[0] == other


async def test_a_claim_made_with_a_return_is_bounded_alike_and_the_return_stands(api: Api) -> None:
    ids = await _large(api, [30_000] * 5)
    manager = await api.manager.activate()
    (first,) = (await api.manager.call(CLAIM, managerId=manager, limit=1))["leases"]
    given = [{"token": first["token"], "outcome": {"result": 1}}]
    payload = await api.manager.call(NEXT, managerId=manager, returns=given, claim={"limit": 100})
    assert [answer["code"] for answer in payload["answers"]] == ["ACCEPTED"]
    count = len(payload["leases"])
    assert (_taken(payload["leases"]), payload["errors"]) == (ids[1 : 1 + count], [])
    assert 1 <= count <= 3

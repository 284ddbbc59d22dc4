"""Idempotency keys: the first answer again, whatever has happened since; never a second effect."""

from __future__ import annotations

import asyncio
import hashlib
from copy import copy
from datetime import timedelta
from typing import Any

import asyncpg

from interlock.api.context import Services
from interlock.domain.kinds import KindRegistry
from interlock.domain.lifecycle import RecordStatus
from interlock.service.upkeep import look_after
from support.api import SUBMIT, Api
from support.blocked import until_blocked
from support.kinds import Mineral
from support.scenario import brought, counted, events

ONE = [{"function": "math:sqrt", "args": [2]}]


async def test_a_submission_sent_twice_is_made_once(api: Api) -> None:
    given = {"kind": "python", "specifications": ONE * 3, "idempotencyKey": "k", "campaign": "spring"}
    first = await api.operator.call(SUBMIT, **given)
    await api.operator.move("kill", first["ids"])
    assert await api.operator.call(SUBMIT, **given) == first
    for change in ({"tag": "other"}, {"hold": True}, {"priority": 4}, {"specifications": ONE * 2}, {"reason": "r"}):
        refused = await api.operator.call(SUBMIT, **(given | change))
        assert [error["code"] for error in refused["errors"]] == ["IDEMPOTENCY_CONFLICT"], change
        assert (refused["ids"], refused["submitted"]) == ([], 0)
    assert len(await events(api.viewer)) == 6


async def test_a_submission_sent_twice_is_answered_as_before_where_its_kind_is_gone_or_refuses_it_now(
    api: Api, services: Services
) -> None:
    given = {"kind": "mineral", "specifications": [{"stone": "basalt"}], "idempotencyKey": "k"}
    installed = services.core.kinds
    services.core.kinds = KindRegistry({"mineral": Mineral(1)})
    first = await api.operator.call(SUBMIT, **given)
    refusing: Any = copy(installed.get("python"))
    refusing.name = "mineral"
    for later in ({}, {"mineral": refusing}):
        services.core.kinds = KindRegistry(later)
        assert await api.operator.call(SUBMIT, **given) == first
        for change in ({"idempotencyKey": "new"}, {"tag": "other"}):
            refused = await api.operator.call(SUBMIT, **(given | change))
            assert [error["code"] for error in refused["errors"]] == [
                "INVALID_SPECIFICATION" if later else "KIND_NOT_INSTALLED"
            ]
    assert len(await events(api.viewer)) == 1


async def test_a_transition_sent_twice_gives_the_first_answer_even_when_the_records_have_moved_on(api: Api) -> None:
    ids = await api.operator.submit(2, tag="t")
    held = await brought(api, RecordStatus.HOLD)
    for target in ({"ids": [*ids, *held]}, {"filter": {"tag": ["t"]}}):
        key = str(target)[:20]
        first = await api.operator.move("hold", **target, idempotencyKey=key)
        assert first["moved"] == 2
        await api.operator.move("release", ids)
        late = await api.operator.submit(1, tag="t")  # a filter is not evaluated again
        before = len(await events(api.viewer))
        assert await api.operator.move("hold", **target, idempotencyKey=key) == first
        assert len(await events(api.viewer)) == before
        for change in ({"reason": "x"}, {"expectedStatus": "WAITING"}, {"allOrNothing": True}):
            refused = await api.operator.move("hold", **target, **change, idempotencyKey=key)
            assert [error["code"] for error in refused["errors"]] == ["IDEMPOTENCY_CONFLICT"]
        # nor is a dry run an answer to be kept: it says what would happen now
        assert (await api.operator.move("hold", **target, dryRun=True, idempotencyKey=key))["moved"] >= 2
        await api.operator.move("kill", late)


async def test_refusals_are_part_of_the_remembered_answer(api: Api) -> None:
    (id_,) = await brought(api, RecordStatus.COMPLETE)
    first = await api.operator.move("hold", [id_, "rec_99999"], idempotencyKey="k", reason="r")
    assert counted(first) == {"NOT_FOUND": 1, "NOT_PERMITTED": 1}
    assert await api.operator.move("hold", [id_, "rec_99999"], idempotencyKey="k", reason="r") == first


async def test_a_key_stands_for_one_principal_and_one_mutation(api: Api) -> None:
    (mine,) = await api.submitter.submit(idempotencyKey="k")
    (theirs,) = await api.operator.submit(idempotencyKey="k")
    assert mine != theirs
    for action in ("hold", "release", "kill"):
        assert (await api.operator.move(action, [theirs], idempotencyKey="k"))["moved"] == 1
    assert counted(await api.submitter.move("kill", [theirs], idempotencyKey="k")) == {"GONE": 1}


async def test_a_call_that_failed_leaves_its_key_free(api: Api) -> None:
    bad = await api.operator.call(SUBMIT, kind="python", specifications=[{}], idempotencyKey="k")
    assert bad["errors"]
    assert len(await api.operator.submit(idempotencyKey="k")) == 1
    (id_,) = await api.operator.submit()
    too_long = await api.operator.move("hold", [id_], reason="x" * 2_001, idempotencyKey="k")
    assert too_long["errors"]
    assert (await api.operator.move("hold", [id_], idempotencyKey="k"))["moved"] == 1


async def test_wrong_keys_are_named(api: Api) -> None:
    for key in ("", "x" * 201, "a\0b", "a\nb", "\u202e"):
        for payload in (
            await api.operator.move("hold", ["rec_1"], idempotencyKey=key),
            await api.operator.call(SUBMIT, kind="python", specifications=ONE, idempotencyKey=key),
        ):
            assert [error["path"] for error in payload["errors"]] == ["input.idempotencyKey"], key


async def test_concurrent_duplicates_wait_for_the_first_and_give_its_answer(
    api: Api, psql: asyncpg.Connection[Any]
) -> None:
    (id_,) = await api.operator.submit()
    number = int(id_.removeprefix("rec_"))
    async with psql.transaction():  # the first of them waits for this record, the others for the first
        await psql.execute("SELECT FROM record WHERE id = $1 FOR UPDATE", number)
        calls = [asyncio.create_task(api.operator.move("hold", [id_], idempotencyKey="k")) for _ in range(5)]
        await until_blocked(psql, 5)
        assert not any(call.done() for call in calls)
    answers = await asyncio.gather(*calls)
    assert counted(answers[0]) == {"MOVED": 1}
    assert all(answer == answers[0] for answer in answers)
    assert [e["action"] for e in await events(api.viewer, id_)] == ["SUBMIT", "HOLD"]


async def test_a_key_is_forgotten_after_its_time(api: Api, services: Services, psql: asyncpg.Connection[Any]) -> None:
    first = await api.operator.submit(idempotencyKey="k")
    await look_after(services.core)
    assert await api.operator.submit(idempotencyKey="k") == first
    aged = services.core.settings.key_retention + timedelta(minutes=1)
    await psql.execute("UPDATE idempotency SET at = at - $1::interval", aged)
    await look_after(services.core)
    assert await api.operator.submit(idempotencyKey="k") != first


async def test_a_key_from_before_filters_knew_patterns_stands_for_the_same_call(
    api: Api, psql: asyncpg.Connection[Any]
) -> None:
    """What is hashed of a call that does not use them is what was hashed then."""
    await api.operator.submit(2, campaign="c")
    then = (
        b'{"action":"HOLD","ids":null,"where":{"status":null,"tag":null,"campaign":["c"],"owner":null,"kind":null,'
        b'"error_type":null},"reason":null,"expected":null,"dry_run":false,"all_or_nothing":false}'
    )
    await api.operator.move("hold", filter={"campaign": ["c"]}, idempotencyKey="k")
    assert await psql.fetchval("SELECT input_hash FROM idempotency") == hashlib.sha256(then).digest()
    assert (await api.operator.move("hold", filter={"campaign": ["c"]}, idempotencyKey="k"))["moved"] == 2
    other = {"campaign": ["c"], "errorPattern": ["err_1"]}
    assert (await api.operator.move("hold", filter=other, idempotencyKey="k"))["errors"][0][
        "code"
    ] == "IDEMPOTENCY_CONFLICT"

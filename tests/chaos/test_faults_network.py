"""The network between the servers and PostgreSQL fails at the worst moments: what a client was not told, it can ask again."""

from __future__ import annotations

import asyncio
import time
import uuid
from typing import Any

import pytest

from chaos.proxy import COMMIT, Fate
from chaos.trial import struck, trial
from chaos.world import DEADLINE, World
from support.api import CLAIM, RETURN, SUBMIT, Client

pytestmark = [pytest.mark.slow, pytest.mark.asyncio(loop_scope="module")]
SEED = 1


async def _unavailable(client: Client, document: str, given: dict[str, Any]) -> None:
    answer = (await client.post(document, input=given)).json()
    assert [error["extensions"]["code"] for error in answer["errors"]] == ["UNAVAILABLE"], answer


def _submission() -> dict[str, Any]:
    specifications = [{"function": "math:sqrt", "args": [1]}] * 3
    return {"kind": "python", "specifications": specifications, "hold": True, "idempotencyKey": uuid.uuid4().hex}


async def test_a_connection_cut_inside_a_transaction_undoes_the_whole_of_it(world: World) -> None:
    await struck(world, "cut_in_transaction", SEED)
    given = _submission()
    count = "SELECT (SELECT count(*) FROM record) + (SELECT count(*) FROM event)"
    async with world.api() as api, world.psql() as psql:
        before = await psql.fetchval(count)
        with world.proxy.at(COMMIT, Fate.CUT, after=b"INSERT INTO idempotency") as rule:
            await _unavailable(api.operator, SUBMIT, given)
        assert rule.struck.is_set()
        assert await psql.fetchval(count) == before
        ids = (await api.operator.call(SUBMIT, **given))["ids"]
        assert (await api.operator.call(SUBMIT, **given))["ids"] == ids
        assert await psql.fetchval(count) == before + 3 + 2 * 3


async def test_a_lost_acknowledgement_is_found_again_under_the_same_key(world: World) -> None:
    await struck(world, "lose_commit_reply", SEED)
    given = _submission()
    tag = given["tag"] = uuid.uuid4().hex
    async with world.api() as api, world.psql() as psql:
        with world.proxy.at(COMMIT, Fate.LOSE, after=b"INSERT INTO idempotency"):
            await _unavailable(api.operator, SUBMIT, given)
        done = [f"rec_{row['id']}" for row in await psql.fetch("SELECT id FROM record ORDER BY id DESC LIMIT 3")]
        assert sorted((await api.operator.call(SUBMIT, **given))["ids"]) == sorted(done)

        key = uuid.uuid4().hex
        with world.proxy.at(COMMIT, Fate.LOSE, after=b"INSERT INTO idempotency"):
            answer = (await api.operator.post(
                "mutation ($input: ReleaseInput!) { release(input: $input) { moved } }",
                input={"target": {"ids": done}, "idempotencyKey": key},
            )).json()  # fmt: skip
            assert answer["errors"][0]["extensions"]["code"] == "UNAVAILABLE"
        assert await api.viewer.statuses(done) == ["WAITING"] * 3
        assert (await api.operator.move("release", done, idempotencyKey=key))["moved"] == 3

        manager = await api.manager.activate(f"of {tag}", tags=[tag], leaseSeconds=60)
        claim = {"managerId": manager, "limit": 10, "claimKey": uuid.uuid4().hex}
        with world.proxy.at(b"INSERT INTO attempt", Fate.LOSE):
            await _unavailable(api.manager, CLAIM, claim)
        leases = (await api.manager.call(CLAIM, **claim))["leases"]
        assert sorted(lease["recordId"] for lease in leases) == sorted(done)

        returns = {
            "managerId": manager,
            "returns": [{"token": lease["token"], "outcome": {"result": 1}} for lease in leases],
        }
        with world.proxy.at(b"INSERT INTO result", Fate.LOSE):
            await _unavailable(api.manager, RETURN, returns)
        assert await api.viewer.statuses(done) == ["COMPLETE"] * 3
        answers = (await api.manager.call(RETURN, **returns))["answers"]
        assert {answer["code"] for answer in answers} == {"ALREADY_ACCEPTED"}
        assert await psql.fetchval("SELECT count(*) FROM event e WHERE action = 'COMPLETE' AND 'rec_' || record_id = ANY($1)", done) == 3  # fmt: skip


async def test_a_silent_network_is_answered_within_the_deadline(world: World) -> None:
    """Longer than the deadline, so that nothing is answered by waiting; and the connections stay silent for ever."""

    async def silence() -> None:
        try:
            world.proxy.stall()
            await asyncio.sleep(2 * DEADLINE)
        finally:
            world.proxy.flow()

    load = await trial(world, silence, SEED)
    assert {trouble for caller in load.callers for trouble in caller.troubles} <= {"DEADLINE_EXCEEDED", "UNAVAILABLE"}
    assert max(caller.slowest for caller in load.callers) > DEADLINE


async def test_a_database_that_cannot_be_reached_is_said_at_once(world: World) -> None:
    await struck(world, "refuse", SEED)
    try:
        world.proxy.refusing = True
        world.proxy.cut()
        async with world.api() as api:
            began = time.monotonic()
            await _unavailable(api.operator, SUBMIT, _submission())
            assert time.monotonic() - began < 1
    finally:
        world.proxy.refusing = False


async def test_connections_on_which_nothing_comes_any_more_are_given_up(world: World) -> None:
    """As when a machine between loses its state: there is no error, and new connections work."""
    await struck(world, "mute", SEED, within=2 * DEADLINE)

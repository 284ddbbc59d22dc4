"""Regeneration: the task comes back as it was, with its numbers; what cannot be built is refused."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg

from interlock.api.context import Services
from interlock.domain.kinds import KindRegistry
from interlock.domain.lifecycle import RecordStatus
from interlock.service.upkeep import look_after
from support.api import Api, Client
from support.kinds import Mineral
from support.scenario import Bench, brought, by_id, counted, events, failed, record

CONTENT = ("function", "args", "kwargs", "requiredPrograms", "id")


async def test_a_regenerated_task_is_the_old_one_and_attempts_go_on_counting_with_a_new_budget(
    api: Api, services: Services
) -> None:
    (id_,) = await api.operator.submit(tag="again")
    before = (await record(api.viewer, id_))["task"]
    bench = await Bench.of(api, "again")
    await bench.claim()
    now = datetime.now(UTC) + timedelta(hours=1)
    await look_after(services.core, now=now)  # the lease runs out
    await look_after(services.core, now=now + timedelta(hours=1))  # the server retries
    assert (await record(api.viewer, id_))["retry"]["used"] == 1
    (token,) = (await bench.claim()).values()
    await bench.give_back([token], failed())
    assert (await api.operator.move("fail", [id_]))["moved"] == 1
    assert (await record(api.viewer, id_))["task"] is None
    payload = await api.operator.move("regenerate", [id_], reason="with more memory")
    assert counted(payload) == {"MOVED": 1}
    after = await record(api.viewer, id_)
    assert {name: after["task"][name] for name in CONTENT} == {name: before[name] for name in CONTENT}
    assert (after["status"], after["attemptCount"], after["errorType"]) == ("WAITING", 2, None)
    assert after["retry"] == {"used": 0, "allowed": 0, "nextAt": None}
    assert after["events"][-1] | {"action": "REGENERATE", "reason": "with more memory"} == after["events"][-1]
    (token,) = (await bench.claim()).values()
    assert token.split("_")[2] == "3"
    await bench.give_back([token], {"result": 7})
    attempts = (await record(api.viewer, id_))["attempts"]
    assert [(a["number"], a["outcome"]) for a in attempts] == [(1, "ERROR"), (2, "ERROR"), (3, "COMPLETE")]


async def test_many_are_regenerated_in_slices_within_one_transaction(api: Api, psql: asyncpg.Connection[Any]) -> None:
    ids = await brought(api, RecordStatus.FAILED, 1_100, tag="slices")
    tasks = "SELECT record_id, function, args::text, kwargs::text FROM task ORDER BY record_id"
    assert await psql.fetch(tasks) == []
    dry = await api.operator.move("regenerate", ids, dryRun=True)
    assert await psql.fetch(tasks) == []
    payload = await api.operator.move("regenerate", ids)
    assert counted(payload) == counted(dry) == {"MOVED": 1_100}
    found = await psql.fetch(tasks)
    assert [tuple(row) for row in found] == [
        (int(id_.removeprefix("rec_")), "math:sqrt", f"[{i}]", "{}") for i, id_ in enumerate(ids)
    ]
    assert await psql.fetchval("SELECT count(DISTINCT xid) FROM event WHERE action = 'REGENERATE'") == 1


async def test_a_kind_that_is_missing_or_of_another_version_is_refused_and_the_others_move(
    api: Api, services: Services
) -> None:
    installed = services.core.kinds
    services.core.kinds = KindRegistry({"mineral": Mineral(1)})
    (other,) = await brought(api, RecordStatus.FAILED, kind="mineral", specifications=[{"stone": "basalt"}])
    services.core.kinds = installed
    (good,) = await brought(api, RecordStatus.FAILED, tag="good")
    (held,) = await brought(api, RecordStatus.HOLD)
    before = len(await events(api.viewer))
    for kinds in ({}, {"mineral": Mineral(2)}):
        services.core.kinds = KindRegistry({"python": installed.get("python"), **kinds})
        withheld = await api.operator.move("regenerate", [other, good], allOrNothing=True)
        assert counted(withheld) == {"KIND_NOT_INSTALLED": 1, "WITHHELD": 1}
        payload = await api.operator.move("regenerate", [other, held])
        assert {id_: r["code"] for id_, r in by_id(payload["refusals"]).items()} == {
            other: "KIND_NOT_INSTALLED", held: "NOT_PERMITTED",
        }  # fmt: skip
    assert counted(await api.operator.move("regenerate", [other, good])) == {"KIND_NOT_INSTALLED": 1, "MOVED": 1}
    assert len(await events(api.viewer)) == before + 1
    assert (await record(api.viewer, other))["specification"] == {"stone": "basalt"}
    services.core.kinds = KindRegistry({"mineral": Mineral(1)})
    assert counted(await api.operator.move("regenerate", [other])) == {"MOVED": 1}
    assert (await record(api.viewer, other))["task"]["args"] == [{"stone": "basalt"}, 1]


async def test_a_record_without_a_specification_is_refused_and_the_others_move(
    api: Api, psql: asyncpg.Connection[Any]
) -> None:
    """Only psql makes such a record."""
    ids = await brought(api, RecordStatus.FAILED, 700, tag="bare")
    bare = ids[3::7]
    await psql.execute(
        "DELETE FROM specification WHERE record_id = ANY($1)", [int(id_.removeprefix("rec_")) for id_ in bare]
    )
    before = len(await events(api.viewer))
    expected = {"SPECIFICATION_MISSING": 100, "MOVED": 600}
    assert counted(await api.operator.move("regenerate", bare[:1])) == {"SPECIFICATION_MISSING": 1}
    withheld = await api.operator.move("regenerate", ids, allOrNothing=True)
    assert counted(withheld) == {"SPECIFICATION_MISSING": 100, "WITHHELD": 600}
    assert counted(await api.operator.move("regenerate", ids, dryRun=True)) == expected
    payload = await api.operator.move("regenerate", ids)
    assert (counted(payload), payload["moved"]) == (expected, 600)
    refusal = by_id(payload["refusals"])[bare[0]]
    assert (refusal["code"], refusal["currentStatus"], refusal["permitted"]) == ("SPECIFICATION_MISSING", "FAILED", [])
    assert len(await events(api.viewer)) == before + 600
    assert set(await api.operator.statuses(bare)) == {"FAILED"}


async def _specification(client: Client, id_: str, more: str) -> Any:
    query = f"query ($id: ID!) {{ record(id: $id) {{ specification {more} }} }}"
    return (await client.execute(query, id=id_))["record"]["specification"]


async def test_a_record_without_a_specification_is_read_alike_compiled_and_executed(
    api: Api, psql: asyncpg.Connection[Any]
) -> None:
    (id_,) = await api.operator.submit()
    await psql.execute("DELETE FROM specification")
    assert await _specification(api.viewer, id_, "") == {}
    assert await _specification(api.viewer, id_, "attempts { number }") == {}

"""What the server does with leases by its clock: expiry, retries with growing pauses, and an end to both."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg
import pytest

from interlock.api.context import Services
from interlock.domain.retry import LEASE_EXPIRED, RetryRule
from interlock.service.upkeep import look_after
from interlock.settings import Settings
from support.api import Api
from support.scenario import Bench, record
from support.server_settings import tuned

RULE = RetryRule(LEASE_EXPIRED, retries=3, backoff=10, factor=3, longest=60)


@pytest.fixture
def settings() -> Settings:
    return tuned(retry_policy=(RULE, RetryRule("flaky", 1, backoff=5), RetryRule("*", 0)))


def _when(text: str) -> datetime:
    return datetime.fromisoformat(text)


async def test_an_expired_lease_becomes_an_error_and_is_retried_with_growing_pauses_until_the_budget_ends(
    api: Api, services: Services
) -> None:
    (id_,) = await api.operator.submit(tag="t")
    bench = await Bench.of(api, "t", leaseSeconds=30)
    now = datetime.now(UTC)
    for used, pause in enumerate((10, 30, 60)):
        (token,) = (await bench.claim()).values()
        assert await look_after(services.core, now=now) == {}  # it still holds
        now = datetime.now(UTC) + timedelta(seconds=40)
        assert await look_after(services.core, now=now) == {"leases expired": 1}
        seen = await record(api.viewer, id_)
        assert (seen["status"], seen["errorType"]) == ("ERROR", LEASE_EXPIRED)
        assert (seen["retry"]["used"], seen["retry"]["allowed"]) == (used, 3)
        assert _when(seen["retry"]["nextAt"]) == now + timedelta(seconds=pause)
        assert seen["attempts"][-1]["error"]["type"] == LEASE_EXPIRED
        assert seen["events"][-1]["actor"] == "SERVER"
        assert await look_after(services.core, now=now + timedelta(seconds=pause - 1)) == {}
        assert await look_after(services.core, now=now + timedelta(seconds=pause)) == {"errors retried": 1}
        seen = await record(api.viewer, id_)
        assert (seen["status"], seen["retry"]["used"], seen["retry"]["nextAt"]) == ("WAITING", used + 1, None)
        assert await bench.give_back([token], {"result": 1}) == ["LEASE_EXPIRED"]
        now = datetime.now(UTC)
    await bench.claim()
    now += timedelta(days=1)
    await look_after(services.core, now=now)
    seen = await record(api.viewer, id_)
    assert (seen["status"], seen["retry"]) == ("ERROR", {"used": 3, "allowed": 3, "nextAt": None})
    assert await look_after(services.core, now=now + timedelta(days=1)) == {}
    # a person starts the budget anew
    await api.operator.move("retry", [id_])
    assert (await record(api.viewer, id_))["retry"]["used"] == 0


async def test_a_heartbeat_before_the_server_looks_saves_a_lease_that_ran_out(api: Api, services: Services) -> None:
    (id_,) = await api.operator.submit(tag="t")
    bench = await Bench.of(api, "t", leaseSeconds=5)
    (token,) = (await bench.claim()).values()
    seen = await record(api.viewer, id_)
    beat = await bench.heartbeat([token])
    assert (beat["renewed"], beat["lost"]) == (1, [])
    assert _when(beat["expiresAt"]) > _when(seen["task"]["leaseExpiresAt"])
    assert (await record(api.viewer, id_))["task"]["leaseExpiresAt"] == beat["expiresAt"]
    assert await look_after(services.core, now=_when(beat["expiresAt"])) == {}
    assert await bench.give_back([token], {"result": 1}) == ["ACCEPTED"]


async def test_errors_are_retried_by_their_type_only_and_a_persons_fail_cancels_a_pending_retry(
    api: Api, services: Services, psql: asyncpg.Connection[Any]
) -> None:
    ids = await api.operator.submit(3, tag="t")
    flaky, hopeless, given_up = ids
    bench = await Bench.of(api, "t")
    tokens = await bench.claim()
    for id_, type_ in ((flaky, "flaky"), (hopeless, "scf"), (given_up, "flaky")):
        await bench.give_back([tokens[id_]], {"error": {"type": type_, "message": "x"}})
    assert (await record(api.viewer, given_up))["retry"]["nextAt"] is not None
    assert (await record(api.viewer, hopeless))["retry"] == {"used": 0, "allowed": 0, "nextAt": None}
    await api.operator.move("fail", [given_up])
    assert (await record(api.viewer, given_up))["retry"]["nextAt"] is None
    assert await psql.fetchval("SELECT count(*) FROM record WHERE retry_at IS NOT NULL") == 1
    assert await look_after(services.core, now=datetime.now(UTC) + timedelta(hours=1)) == {"errors retried": 1}
    assert await api.viewer.statuses(ids) == ["WAITING", "ERROR", "FAILED"]


async def test_a_running_record_without_a_lease_is_given_up_after_a_grace(
    api: Api, services: Services, psql: asyncpg.Connection[Any]
) -> None:
    (id_,) = await api.operator.submit()
    await psql.execute("UPDATE record SET status = 'RUNNING'")
    assert await look_after(services.core) == {}
    now = datetime.now(UTC) + timedelta(minutes=2)
    assert await look_after(services.core, now=now) == {"orphans expired": 1}
    seen = await record(api.viewer, id_)
    assert (seen["status"], seen["errorType"], seen["attemptCount"]) == ("ERROR", LEASE_EXPIRED, 1)
    assert [(e["action"], e["actor"]) for e in seen["events"]] == [
        ("SUBMIT", "USER"), ("CLAIM", "SERVER"), ("REPORT_ERROR", "SERVER"),
    ]  # fmt: skip
    assert await look_after(services.core, now=now + timedelta(minutes=1)) == {"errors retried": 1}


async def test_a_lease_that_was_taken_away_by_hand_is_revoked(api: Api, psql: asyncpg.Connection[Any]) -> None:
    (id_,) = await api.operator.submit(tag="t")
    bench = await Bench.of(api, "t")
    (token,) = (await bench.claim()).values()
    await psql.execute("UPDATE record SET status = 'ERROR'")
    assert [lost["code"] for lost in (await bench.heartbeat([token]))["lost"]] == ["LEASE_REVOKED"]
    assert await bench.give_back([token], {"result": 1}) == ["LEASE_REVOKED"]
    await api.operator.move("retry", [id_])
    (second,) = (await bench.claim()).values()
    assert await bench.give_back([token, second], {"result": 1}) == ["LEASE_REVOKED", "ACCEPTED"]
    assert (await record(api.viewer, id_))["status"] == "COMPLETE"


async def test_a_step_that_fails_does_not_stop_the_others(
    api: Api, services: Services, psql: asyncpg.Connection[Any]
) -> None:
    await api.operator.submit(tag="t")
    bench = await Bench.of(api, "t")
    await bench.give_back(list((await bench.claim()).values()), {"error": {"type": "flaky", "message": "m"}})
    await psql.execute("ALTER TABLE attempt RENAME TO hidden")
    with pytest.raises(ExceptionGroup) as failed:
        await look_after(services.core, now=datetime.now(UTC) + timedelta(seconds=6), rare=False)
    assert [type(error) for error in failed.value.exceptions] == [asyncpg.UndefinedTableError] * 2
    assert await psql.fetchval("SELECT status FROM record") == "WAITING"


async def test_thousands_of_expired_leases_are_given_up_in_one_look(api: Api, services: Services) -> None:
    await api.operator.submit(2_500, tag="t")
    bench = await Bench.of(api, "t")
    for _ in range(3):
        await bench.claim(1_000)
    now = datetime.now(UTC) + timedelta(hours=1)
    assert await look_after(services.core, now=now) == {"leases expired": 2_500}
    assert await look_after(services.core, now=now + timedelta(hours=1)) == {"errors retried": 2_500}

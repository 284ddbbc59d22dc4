"""Errors that nobody takes care of fail after the retention time, counted from their latest entry into ERROR."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from interlock.api.context import Services
from interlock.domain.lifecycle import RecordStatus
from interlock.service.upkeep import look_after
from interlock.settings import Settings
from support.api import Api
from support.scenario import Bench, brought, failed, record
from support.server_settings import tuned

RETENTION = timedelta(days=3)


@pytest.fixture
def settings() -> Settings:
    return tuned(error_retention=RETENTION)


async def test_an_error_fails_by_the_server_after_the_retention_time_and_can_be_regenerated(
    api: Api, services: Services
) -> None:
    (id_,) = await brought(api, RecordStatus.ERROR, tag="t")
    await brought(api, RecordStatus.COMPLETE)
    since = datetime.fromisoformat((await record(api.viewer, id_))["since"])
    just_before, due = since + RETENTION, since + RETENTION + timedelta(seconds=1)
    assert await look_after(services.core, now=just_before) == {}
    assert await look_after(services.core, now=due) == {"errors failed": 1}
    seen = await record(api.viewer, id_)
    assert (seen["status"], seen["task"], seen["errorType"]) == ("FAILED", None, "scf_not_converged")
    last = seen["events"][-1]
    assert (last["actor"], last["who"], last["action"]) == ("SERVER", "interlock", "FAIL")
    assert str(RETENTION) in last["reason"]
    assert datetime.fromisoformat(seen["since"]) == due
    assert (await api.operator.move("regenerate", [id_]))["moved"] == 1


async def test_the_time_counts_from_the_latest_entry_into_error(api: Api, services: Services) -> None:
    (id_,) = await brought(api, RecordStatus.ERROR, tag="t")
    first = datetime.fromisoformat((await record(api.viewer, id_))["since"])
    await api.operator.move("retry", [id_])
    bench = await Bench.of(api, "t")
    (token,) = (await bench.claim()).values()
    await bench.give_back([token], failed())
    latest = datetime.fromisoformat((await record(api.viewer, id_))["since"])
    assert latest > first
    assert await look_after(services.core, now=first + RETENTION + (latest - first) / 2) == {}
    assert await look_after(services.core, now=latest + RETENTION + timedelta(seconds=1)) == {"errors failed": 1}

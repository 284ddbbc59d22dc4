"""The doctor on the work: leases, the feed, counts, tags, managers."""

from __future__ import annotations

import asyncio
import re
from datetime import UTC, datetime, timedelta

import pytest

from doctor.conftest import Deployment
from interlock.api.context import Services
from interlock.doctor import feed
from interlock.doctor.findings import Level
from interlock.store.feed import ensure_epoch, write_tick
from interlock.store.leading import try_lead
from support.storing import answer, claim, give_back, manager, submit


def later(**time: float) -> datetime:
    return datetime.now(UTC) + timedelta(**time)


async def test_a_record_that_runs_without_a_lease_is_named(alone: Deployment) -> None:
    first, _ = await submit(alone.psql, 2)
    await alone.psql.execute("UPDATE record SET status = 'RUNNING'")
    assert (await alone.look())["leases"][0].level == Level.OK  # a server has its time
    (found,) = (await alone.look(now=later(minutes=5)))["leases"]
    assert found.level == Level.FAIL
    assert found.message.startswith(f"2 records, such as rec_{first}: RUNNING without a lease.")
    assert "`upkeep`" in (found.remedy or "")


async def test_an_open_attempt_whose_record_does_not_run_it_is_named(alone: Deployment) -> None:
    (record,) = await submit(alone.psql)
    await claim(alone.psql, await manager(alone.psql))
    await alone.psql.execute("UPDATE record SET status = 'ERROR'")
    (found,) = (await alone.look(now=later(minutes=5)))["leases"]
    assert found.level == Level.FAIL
    assert found.message.startswith(f"1 record, such as rec_{record}: an open attempt, but not RUNNING it.")


async def test_a_lease_that_nobody_acts_on_is_named(alone: Deployment) -> None:
    (record,) = await submit(alone.psql)
    await claim(alone.psql, await manager(alone.psql))
    (found,) = (await alone.look(now=later(minutes=10)))["leases"]
    assert found.level == Level.FAIL
    assert found.message.startswith(f"1 record, such as rec_{record}: a lease that ran out")


async def test_without_a_server_nobody_ticks(alone: Deployment) -> None:
    await submit(alone.psql)
    (found,) = (await alone.look())["feed"]
    assert found.level == Level.WARN
    assert found.message.startswith("No server gives events their positions: none is running. Events have waited for ")
    assert "interlock serve" in (found.remedy or "")


async def test_a_feed_without_any_tick_is_told_and_the_remedy_mends_it(alone: Deployment) -> None:
    await submit(alone.psql, 3)
    await alone.psql.execute("ALTER TABLE tick DISABLE TRIGGER ALL; DELETE FROM tick")
    (found,) = (await alone.look())["feed"]
    assert (found.level, found.message.partition(":")[0]) == (Level.FAIL, "No event gets a position any more")
    assert found.remedy is not None
    await alone.psql.execute(found.remedy.split("`")[1].split("'")[1])
    assert await write_tick(alone.psql) == 3


async def test_whoever_ticks_is_named(deployment: Deployment) -> None:
    (found,) = (await deployment.look())["feed"]
    assert re.match(
        r"Events get their positions from process \d+ of PostgreSQL \(interlock, from this machine, since ",
        found.message,
    )


async def test_a_ticker_that_does_not_tick_is_told_by_the_age_of_the_oldest_event(alone: Deployment) -> None:
    psql = alone.psql
    assert await try_lead(psql)
    async with psql.transaction():
        await ensure_epoch(psql)
    assert (await alone.look())["feed"][0].level == Level.OK
    await submit(psql)
    await psql.execute("ALTER TABLE event DISABLE TRIGGER event_is_never_changed")
    await psql.execute("UPDATE event SET at = at - interval '3 hours'")
    (found,) = (await alone.look())["feed"]
    assert (found.level, found.message.partition(",")[0]) == (
        Level.FAIL, "Events have waited 3 hours for their positions",
    )  # fmt: skip
    assert f"process {psql.get_server_pid()} of PostgreSQL (" in found.message
    assert f"`SELECT pg_terminate_backend({psql.get_server_pid()});`" in (found.remedy or "")
    await write_tick(psql)
    assert (await alone.look())["feed"][0].level == Level.OK


async def test_a_ticker_that_hangs_is_told_also_where_nothing_waits(
    alone: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    psql = alone.psql
    assert await try_lead(psql)
    async with psql.transaction():
        await ensure_epoch(psql)
    assert (await alone.look())["feed"][0].level == Level.OK
    monkeypatch.setattr(feed, "_HUNG", 0.3)
    await asyncio.sleep(0.4)  # it does nothing
    (found,) = (await alone.look())["feed"]
    assert found.level == Level.FAIL
    assert found.message.startswith(
        f"The server that gives events their positions hangs: process {psql.get_server_pid()} of PostgreSQL (unnamed, "
        "from this machine, since "
    )
    assert f"`SELECT pg_terminate_backend({psql.get_server_pid()});`" in (found.remedy or "")


async def test_an_epoch_of_another_cluster_is_told(deployment: Deployment) -> None:
    await deployment.psql.execute("UPDATE feed_epoch SET timeline = timeline + 1")
    found = await deployment.only("feed", Level.FAIL)
    assert "this one was restored" in found.message
    assert found.remedy == "Restart the servers: the first gives the feed a new epoch."


async def test_counts_that_are_wrong_are_found_deeply_and_the_remedy_mends_them(
    alone: Deployment, sound_cluster: object
) -> None:
    del sound_cluster
    psql = alone.psql
    await submit(psql, 5)
    await write_tick(psql)
    await submit(psql, 2)  # which no tick has counted
    assert (await alone.look(deep=True))["counts"][0].level == Level.OK
    await psql.execute("UPDATE status_count SET n = n + 3")
    assert (await alone.look())["counts"][0].level == Level.OK
    (found,) = (await alone.look(deep=True))["counts"]
    assert (found.level, found.message) == (
        Level.FAIL, "1 count wrong: of cohort 1 in WAITING, 10 are told and 7 are there.",
    )  # fmt: skip
    (command,) = (found.remedy or "").split("`")[1::2]
    assert command.startswith("interlock postgres psql -c ")
    await psql.execute(command.split("'")[1])
    async with psql.transaction():
        await ensure_epoch(psql)
    await write_tick(psql)
    assert (await alone.look(deep=True))["counts"][0].level == Level.OK


async def test_a_record_without_its_task_is_found_deeply(alone: Deployment) -> None:
    record, _ = await submit(alone.psql, 2)
    await alone.psql.execute("ALTER TABLE task DISABLE TRIGGER ALL")
    await alone.psql.execute("DELETE FROM task WHERE record_id = $1", record)
    (found,) = (await alone.look(deep=True))["counts"]
    assert (found.level, found.message) == (Level.FAIL, f"Record and task do not go together for rec_{record}.")
    assert "`interlock tasks rebuild`" in (found.remedy or "")


async def test_tasks_that_no_manager_serves_are_told_by_tag_and_programs(
    deployment: Deployment, server: Services
) -> None:
    psql = deployment.psql
    await manager(psql, "plain", tags=["small"])
    await submit(psql, 3, tag="small")
    await submit(psql, 2, tag="small", programs=["psi4"])
    await submit(psql, 4, tag="large")
    await _ticked(server, 9)
    findings = (await deployment.look())["tags"]
    assert [(one.level, one.message) for one in findings] == [
        (Level.WARN, "No manager that is heard of serves the tag 'large'; waiting: 4 tasks."),
        (Level.WARN, "No manager that is heard of serves the tag 'small' with psi4; waiting: 2 tasks."),
    ]
    assert findings[0].remedy == (
        "Start one, if those functions may run there: "
        "`interlock manager --key-file MANAGER.key --tag large --function math:sqrt`"
    )
    await manager(psql, "any", programs='{"psi4": null}')
    assert (await deployment.look())["tags"][0].level == Level.OK


async def _ticked(server: Services, position: int) -> None:
    """Wait until all these events have their positions, and are counted."""
    import asyncio  # noqa: PLC0415 - beside its only use

    server.core.changed()
    async with asyncio.timeout(10):
        while server.feed.last < position:  # noqa: ASYNC110 - a number
            await asyncio.sleep(0.01)


async def test_a_manager_that_is_silent_is_told_and_serves_nobody(deployment: Deployment, server: Services) -> None:
    await manager(deployment.psql, "gone")
    await submit(deployment.psql, 1)
    await claim(deployment.psql, 1, 1)
    await submit(deployment.psql, 1)
    await _ticked(server, 3)
    assert (await deployment.look())["managers"][0].level == Level.OK
    found = await deployment.look(now=later(hours=5))
    (silent,) = found["managers"]
    assert silent.level == Level.WARN
    assert silent.message == "The manager 'gone' (mgr_1) is active and was last heard of 5 hours ago; it holds 1 lease."
    assert "`interlock managers forget gone`" in (silent.remedy or "")
    assert found["tags"][0].level == Level.WARN


async def test_what_is_kept_of_a_record_and_gone_is_found_deeply(alone: Deployment) -> None:
    first, second = await submit(alone.psql, 2)
    worker = await manager(alone.psql)
    for lease in await claim(alone.psql, worker, 1):
        await give_back(alone.psql, worker, answer(lease))
    async with alone.psql.transaction():
        await ensure_epoch(alone.psql)
    assert (await alone.look(deep=True))["counts"][0].level == Level.OK
    await alone.psql.execute("DELETE FROM result")
    await alone.psql.execute("DELETE FROM specification WHERE record_id = $1", second)
    (found,) = (await alone.look(deep=True))["counts"]
    assert found.message == (
        f"The specification, or the result of what is COMPLETE, is gone of rec_{first}, rec_{second}."
    )
    assert found.level == Level.FAIL

"""The doctor on vacuum, transaction ids, bloat and long transactions."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import asyncpg
import pytest

from doctor.conftest import Deployment, deployed
from interlock.doctor.findings import Level
from interlock.store.migrate import migrate
from support.clusters import running_cluster

_ROWS = "INSERT INTO claim (manager_id, key, claim_id) SELECT i, repeat(md5(i::text), {width}), gen_random_uuid() "
_ROWS += "FROM generate_series(1, {rows}) i"


def later(**time: float) -> datetime:
    return datetime.now(UTC) + timedelta(**time)


async def test_dead_rows_that_nobody_removes_are_told_and_vacuum_mends_it(deployment: Deployment) -> None:
    psql = deployment.psql
    await psql.execute("ALTER TABLE claim SET (autovacuum_enabled = false)")
    await psql.execute(_ROWS.format(width=1, rows=60_000))
    await psql.execute("DELETE FROM claim")
    await psql.execute("SELECT pg_stat_force_next_flush()")
    findings = (await deployment.look())["vacuum"]
    off, dead = findings
    assert (off.level, off.message) == (
        Level.FAIL, "Autovacuum is off for claim: it gets slower and slower.",
    )  # fmt: skip
    assert (dead.level, dead.message) == (
        Level.WARN, "claim has 60,000 dead rows beside 0 that live; vacuumed never.",
    )  # fmt: skip
    await psql.execute(off.remedy or "")
    await psql.execute("VACUUM claim")
    await psql.execute("SELECT pg_stat_force_next_flush()")
    assert (await deployment.look())["vacuum"][0].level == Level.OK


async def test_what_is_much_larger_than_its_rows_need_is_told(deployment: Deployment) -> None:
    psql = deployment.psql
    await psql.execute("ALTER TABLE claim ALTER key SET STORAGE PLAIN")
    await psql.execute(_ROWS.format(width=60, rows=20_000))
    await psql.execute("DELETE FROM claim WHERE manager_id < 19900")
    await psql.execute("VACUUM (ANALYZE, TRUNCATE off) claim")
    findings = (await deployment.look())["bloat"]
    findings.sort(key=lambda one: one.message)
    assert [one.message.partition(" ")[0] for one in findings] == ["claim", "claim_pkey"]
    assert {one.level for one in findings} == {Level.WARN}
    assert "REINDEX INDEX CONCURRENTLY interlock.claim_pkey" in (findings[1].remedy or "")
    await psql.execute("REINDEX INDEX CONCURRENTLY interlock.claim_pkey")
    await psql.execute("VACUUM FULL claim")
    assert (await deployment.look())["bloat"][0].level == Level.OK


async def test_a_long_transaction_is_told_with_its_process(deployment: Deployment) -> None:
    other = await asyncpg.connect(deployment.url, server_settings={"application_name": "forgotten"})
    try:
        async with other.transaction():
            await other.execute("SELECT pg_sleep(0)")
            found = (await deployment.look(now=later(hours=3)))["transactions"]
            pid = other.get_server_pid()
    finally:
        await other.close()
    long, idle = found
    assert long.message == (
        f"A process {pid} of interlock (forgotten, idle in transaction) has been open for 3 hours: dead rows stay as long "
        "as it does."
    )
    assert f"SELECT pg_terminate_backend({pid});" in (long.remedy or "")
    assert idle.message == f"A transaction is open in which nothing is done: process {pid}."
    assert {long.level, idle.level} == {Level.WARN}


async def test_a_replication_slot_that_nobody_reads_is_told(deployment: Deployment) -> None:
    await deployment.psql.execute("SELECT pg_create_physical_replication_slot('left_behind', true)")
    try:
        found = (await deployment.look(now=later(hours=3)))["transactions"]
        assert any("A replication slot left_behind has been open" in one.message for one in found)
    finally:
        await deployment.psql.execute("SELECT pg_drop_replication_slot('left_behind')")


_BURN = """DO $$ BEGIN FOR i IN 1..{count} LOOP PERFORM pg_current_xact_id(); COMMIT; END LOOP; END $$"""


@pytest.mark.slow
@pytest.mark.timeout(180)
async def test_transaction_ids_that_grow_old_are_told() -> None:
    fast = {"fsync": "off", "synchronous_commit": "off", "autovacuum_freeze_max_age": "100000"}
    with running_cluster(fast) as postgres:
        admin = await asyncpg.connect(postgres.dsn("postgres"))
        await admin.execute("CREATE DATABASE old")
        await migrate(postgres.dsn("old"))
        async with deployed(postgres, "old") as deployment:
            holder = await asyncpg.connect(deployment.url)
            transaction = holder.transaction()
            await transaction.start()
            await holder.execute("SELECT pg_current_xact_id()")  # as long as it is open, nothing can be frozen
            await admin.execute(_BURN.format(count=210_000))
            (found,) = (await deployment.look())["transaction ids"]
            await transaction.rollback()
            await holder.close()
        await admin.close()
    assert found.level == Level.WARN
    assert "autovacuum should keep it below 100,000" in found.message
    assert "VACUUM (FREEZE)" in (found.remedy or "")

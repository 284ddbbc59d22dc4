"""The doctor on what is laid: migration, guards, roles, keys."""

from __future__ import annotations

import asyncpg
import pytest

from doctor.conftest import Deployment
from interlock.api.context import Services
from interlock.doctor.checks import _FIRST, _OTHERS
from interlock.doctor.findings import Level
from interlock.domain.roles import Role
from interlock.service.identity import create_key
from interlock.store.embedded import EmbeddedPostgres
from interlock.store.migrate import migrate


@pytest.mark.parametrize("deep", [False, True])
async def test_a_healthy_deployment_is_all_content_and_stays_as_it_was(deployment: Deployment, deep: bool) -> None:
    schemas = "SELECT array_agg(nspname ORDER BY nspname) FROM pg_namespace WHERE nspname NOT LIKE 'pg_temp%'"
    before = await deployment.psql.fetchval(schemas)
    found = await deployment.look(deep=deep)
    assert list(found) == [*_FIRST, *_OTHERS]
    assert [(name, one) for name, findings in found.items() for one in findings if one.level != Level.OK] == []
    assert [name for name, findings in found.items() if len(findings) > 1] == []
    assert await deployment.psql.fetchval(schemas) == before
    assert await deployment.psql.fetchval("SELECT count(*) FROM event") == 0


async def test_the_doctor_cannot_write_by_mistake(deployment: Deployment) -> None:
    from interlock.store.inspection.looking import looking  # noqa: PLC0415 - beside its only use

    async with looking(deployment.url, deep=False) as connection:
        with pytest.raises(asyncpg.ReadOnlySQLTransactionError):
            await connection.execute("DELETE FROM api_key")


GUARD = "ALTER TABLE record DISABLE TRIGGER record_moves_only_as_permitted"
FAULTS = {
    "a guard that was dropped": (
        "DROP TRIGGER record_is_killed_only_as_permitted ON record",
        "The trigger record.record_is_killed_only_as_permitted is missing",
    ),
    "a guard that was switched off": (GUARD, "The trigger record.record_moves_only_as_permitted is not as"),
    "a guard that replicas slip past": (
        "ALTER TABLE event ENABLE TRIGGER event_is_kept",
        "The trigger event.event_is_kept is not as",
    ),
    "a guard with another condition": (
        """CREATE OR REPLACE TRIGGER record_starts_waiting BEFORE INSERT ON record FOR EACH ROW
        WHEN (NEW.attempt <> 0) EXECUTE FUNCTION refuse();
        ALTER TABLE record ENABLE ALWAYS TRIGGER record_starts_waiting""",
        "The trigger record.record_starts_waiting is not as",
    ),
    "a function that refuses nothing": (
        "CREATE OR REPLACE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$",
        "The function refuse is not as",
    ),
    "a function of the feed that was dropped": (
        "DROP FUNCTION feed_after(bigint, pg_snapshot, int)",
        "The function feed_after is missing",
    ),
    "a right that the application must not have": (
        "GRANT UPDATE ON event TO interlock_app",
        "The list of rights to event is not as",
    ),
    "a right that is never laid": (
        "GRANT TRUNCATE ON event TO interlock_app",
        "The list of rights to event is not as",
    ),
    "a right that may be handed on": (
        "GRANT SELECT ON api_key TO interlock_app WITH GRANT OPTION",
        "The list of rights to api_key is not as",
    ),
    "a right of everybody": ("GRANT SELECT ON api_key TO PUBLIC", "The list of rights to api_key is not as"),
    "a right to make things beside ours": (
        "GRANT CREATE ON SCHEMA interlock TO interlock_app",
        "The list of rights to the schema is not as",
    ),
    "a way in that is lost": (
        "REVOKE USAGE ON SCHEMA interlock FROM interlock_app",
        "The list of rights to the schema is missing",
    ),
}


@pytest.mark.parametrize("name", FAULTS)
async def test_what_is_not_laid_as_it_should_be_is_named_and_migrating_mends_it(alone: Deployment, name: str) -> None:
    fault, told = FAULTS[name]
    await alone.psql.execute(fault)
    (found,) = (await alone.look())["guards"]
    assert found.level == Level.FAIL
    assert found.message.startswith(told)
    assert found.remedy is not None
    assert "`interlock migrate`" in found.remedy
    assert "`interlock doctor --deep`" in found.remedy
    assert ("not permitted" in found.message) == (not told.startswith("The list"))
    await migrate(alone.url)
    assert (await alone.look())["guards"][0].level == Level.OK


TABLES = {
    "an index that is missing": ("DROP INDEX record_claim", "The index record_claim is missing"),
    "an index of another shape": (
        "DROP INDEX event_by_record; CREATE INDEX event_by_record ON event (record_id)",
        "The index event_by_record is not as",
    ),
    "storage of another kind": (
        "ALTER TABLE record SET (fillfactor = 100, toast.autovacuum_enabled = off)",
        "The list of storage options of record is not as",
    ),
    "a sequence that gives numbers ahead to each session": (
        "ALTER SEQUENCE event_seq_seq CACHE 1000",
        "The sequence event_seq_seq is not as",
    ),
    "a constraint that is missing": (
        "ALTER TABLE record DROP CONSTRAINT record_priority",
        "The constraint record.record_priority is missing",
    ),
}


@pytest.mark.parametrize("name", TABLES)
async def test_what_only_a_migration_makes_is_named_with_the_statement_that_mends_it(
    alone: Deployment, name: str
) -> None:
    fault, told = TABLES[name]
    await alone.psql.execute(fault)
    (found,) = (await alone.look())["guards"]
    assert found.level == Level.FAIL
    assert found.message.startswith(told)
    assert found.remedy is not None
    assert "not permitted" not in found.message or "constraint" in found.message
    await alone.psql.execute(found.remedy)
    assert (await alone.look())["guards"][0].level == Level.OK


async def test_columns_are_compared_too(alone: Deployment) -> None:
    await alone.psql.execute("ALTER TABLE record ALTER since DROP DEFAULT")
    findings = (await alone.look())["guards"]
    assert [one.message.partition(" is ")[0] for one in findings] == ["The column record.since"]
    assert "timestamp with time zone NOT NULL clock_timestamp()" in (findings[0].remedy or "")


async def test_what_somebody_else_made_is_told_without_alarm(deployment: Deployment) -> None:
    await deployment.psql.execute("CREATE INDEX theirs ON record (priority)")
    found = await deployment.only("guards", Level.WARN)
    assert found.message == "The index theirs: not of Interlock."


@pytest.mark.parametrize("role", ["interlock", "looks"])
async def test_a_trigger_that_somebody_else_made_is_a_failure(deployment: Deployment, role: str) -> None:
    psql = deployment.psql
    await psql.execute("""CREATE FUNCTION public.swallow() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
        CREATE TRIGGER "a last word" BEFORE INSERT ON event FOR EACH ROW EXECUTE FUNCTION public.swallow();
        CREATE ROLE looks LOGIN; GRANT interlock_app, pg_monitor TO looks""")
    try:
        url = deployment.url.replace("//interlock@", f"//{role}@")
        found = await deployment.only("guards", Level.FAIL, url=url)
        assert found.message.startswith("The trigger event.a last word is not of Interlock")
        assert found.remedy is not None
        await psql.execute(found.remedy)
        assert "not of Interlock" not in (await deployment.look(url=url))["guards"][0].message
    finally:
        await psql.execute("DROP OWNED BY looks; DROP ROLE looks")


async def test_a_servers_own_role_sees_guards_and_says_what_it_cannot_see(
    deployment: Deployment, sound_cluster: EmbeddedPostgres
) -> None:
    del sound_cluster
    await deployment.psql.execute("CREATE ROLE weak LOGIN; GRANT interlock_app, pg_monitor TO weak")
    try:
        weak = deployment.url.replace("//interlock@", "//weak@")
        found = await deployment.only("guards", Level.WARN, url=weak)
        assert "conditions were not compared" in found.message
        await deployment.psql.execute(GUARD)
        worse = await deployment.only("guards", Level.FAIL, url=weak)
        assert worse.message.startswith("The trigger record.record_moves_only_as_permitted is not as")
        await deployment.psql.execute("ALTER TABLE record ENABLE ALWAYS TRIGGER record_moves_only_as_permitted")
        await deployment.psql.execute(FAULTS["a function that refuses nothing"][0])
        worse = await deployment.only("guards", Level.FAIL, url=weak)
        assert worse.message.startswith("The function refuse is not as")
    finally:
        await deployment.psql.execute("DROP OWNED BY weak; DROP ROLE weak")


async def test_another_migration_is_told_and_nothing_else_is_looked_at(deployment: Deployment) -> None:
    await deployment.psql.execute("UPDATE alembic_version SET version_num = '0000'")
    found = await deployment.look()
    assert list(found) == ["postgresql", "migration"]
    (one,) = found["migration"]
    assert one.level == Level.FAIL
    assert "at migration 0000; this Interlock needs" in one.message
    assert "`interlock migrate`" in (one.remedy or "")


async def test_a_database_without_interlock_is_told(sound_cluster: EmbeddedPostgres, alone: Deployment) -> None:
    found = await alone.look(url=sound_cluster.dsn("postgres"))
    assert found["migration"][0].message == "Nothing of Interlock is in this database."


async def test_what_a_role_may_not_see_is_never_said_to_be_well(deployment: Deployment) -> None:
    await deployment.psql.execute("CREATE ROLE blind LOGIN; GRANT interlock_app TO blind")
    try:
        blind = deployment.url.replace("//interlock@", "//blind@")
        found = await deployment.look(url=blind)
        unseen = {name for name, findings in found.items() if "could not be looked at" in findings[0].message}
        assert unseen == {"connections", "transactions", "feed", "disk"}
        assert {found[name][0].level for name in unseen} == {Level.WARN}
        (remedy,) = {found[name][0].remedy for name in unseen}
        assert remedy is not None
        await deployment.psql.execute(remedy)
        assert {(await deployment.look(url=blind))[name][0].level for name in unseen} == {Level.OK}
    finally:
        await deployment.psql.execute("DROP OWNED BY blind; DROP ROLE blind")


async def test_without_a_key_nobody_gets_in_and_without_an_admins_nobody_makes_more(
    deployment: Deployment, server: Services
) -> None:
    await deployment.psql.execute("UPDATE api_key SET revoked_at = now()")
    found = await deployment.only("keys", Level.FAIL)
    assert "nobody can get in" in found.message
    assert "interlock keys create" in (found.remedy or "")
    await create_key(server.core, "cluster", Role.MANAGER)
    found = await deployment.only("keys", Level.WARN)
    assert found.message.startswith("No ADMIN has a valid key")

"""The doctor on the role as which servers work, and on sessions without foreign keys: each remedy is run."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from doctor.conftest import Deployment, reload
from interlock.doctor.findings import Level
from interlock.store.embedded import EmbeddedPostgres

ROLES = {
    "a power": ("ALTER ROLE interlock_app CREATEDB", "", "interlock_app has CREATEDB", Level.FAIL),
    "all powers": ("ALTER ROLE interlock_app SUPERUSER", "", "interlock_app has SUPERUSER", Level.FAIL),
    "a table": ("ALTER TABLE record OWNER TO interlock_app", "", "interlock_app owns record", Level.FAIL),
    "the schema": ("ALTER SCHEMA interlock OWNER TO interlock_app", "", "interlock_app owns the schema", Level.FAIL),
    "writing everything": (
        "GRANT pg_write_all_data TO interlock_app", "", "belongs to pg_write_all_data", Level.FAIL,
    ),
    "files, by way of another role": (
        "CREATE ROLE helper; GRANT pg_write_server_files TO helper; GRANT helper TO interlock_app",
        "DROP ROLE helper", "belongs to helper", Level.FAIL,
    ),
    "a right to our table, by way of another role": (
        "CREATE ROLE helper; GRANT TRUNCATE ON event TO helper; GRANT helper TO interlock_app",
        "DROP OWNED BY helper; DROP ROLE helper", "belongs to helper", Level.FAIL,
    ),
    "our table, by way of another role": (
        "CREATE ROLE helper; ALTER TABLE event OWNER TO helper; GRANT helper TO interlock_app",
        "REASSIGN OWNED BY helper TO interlock; DROP ROLE helper", "belongs to helper", Level.FAIL,
    ),
    "foreign keys off for the role": (
        "ALTER ROLE interlock_app SET session_replication_role = replica", "", "replica for interlock_app", Level.FAIL,
    ),
    "foreign keys off for all": (
        "ALTER ROLE ALL SET session_replication_role = replica", "", "replica for whoever connects", Level.FAIL,
    ),
    "making things in public": (
        "GRANT CREATE ON SCHEMA public TO PUBLIC", "", "may make things of its own in the schema public", Level.WARN,
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", ROLES)
async def test_what_the_role_must_not_have_is_told_and_the_remedy_takes_it_away(alone: Deployment, name: str) -> None:
    fault, undo, told, level = ROLES[name]
    await alone.psql.execute(fault)
    try:
        found = [one for one in (await alone.look())["role"] if told in one.message]
        assert [one.level for one in found] == [level]
        assert found[0].remedy is not None
        await alone.psql.execute(found[0].remedy)
        assert (await alone.look())["role"][0].level == Level.OK
    finally:
        if undo:
            await alone.psql.execute(undo)
        await alone.psql.execute("ALTER ROLE interlock_app NOSUPERUSER NOCREATEDB")
        for one in ("ALL", "interlock_app"):
            await alone.psql.execute(f"ALTER ROLE {one} RESET session_replication_role")


async def test_making_things_in_the_database_and_the_database_without_foreign_keys_are_told(alone: Deployment) -> None:
    database = await alone.psql.fetchval("SELECT current_database()")
    await alone.psql.execute(f"GRANT CREATE ON DATABASE {database} TO interlock_app")
    await alone.psql.execute(f"ALTER DATABASE {database} SET session_replication_role = replica")
    findings = (await alone.look())["role"]
    assert [(one.level, one.remedy) for one in findings] == [
        (Level.FAIL, f"ALTER DATABASE {database} RESET session_replication_role;"),
        (Level.WARN, f"REVOKE CREATE ON DATABASE {database} FROM interlock_app;"),
    ]
    for one in findings:
        assert one.remedy is not None
        await alone.psql.execute(one.remedy)
    assert (await alone.look())["role"][0].level == Level.OK


async def test_a_role_that_only_looks_is_no_fault(alone: Deployment) -> None:
    await alone.psql.execute("GRANT pg_monitor TO interlock_app")
    try:
        assert (await alone.look())["role"][0].level == Level.OK
    finally:
        await alone.psql.execute("REVOKE pg_monitor FROM interlock_app")


async def test_a_setting_that_switches_foreign_keys_off_for_all_is_told(alone: Deployment) -> None:
    await reload(alone, "ALTER SYSTEM SET session_replication_role = replica", "session_replication_role", "replica")
    try:
        (found,) = (await alone.look())["role"]
        assert found.message.startswith("session_replication_role is replica for whoever connects")
        assert found.remedy is not None
        await reload(alone, found.remedy.partition(";")[0], "session_replication_role", "origin")
        assert (await alone.look())["role"][0].level == Level.OK
    finally:
        await alone.psql.execute("ALTER SYSTEM RESET session_replication_role")


@pytest.fixture
def configuration(sound_cluster: EmbeddedPostgres) -> Iterator[Path]:
    """The file, as which it is put back."""
    path = sound_cluster.data_dir / "cluster" / "postgresql.conf"
    before = path.read_text()
    yield path
    path.write_text(before)


async def test_a_setting_in_a_file_is_told_with_its_line_before_it_is_in_force(
    alone: Deployment, configuration: Path
) -> None:
    line = _appended(configuration, "session_replication_role = 'replica'")
    (found,) = (await alone.look())["role"]
    assert (found.level, found.remedy) == (
        Level.FAIL, f"Take line {line} out of postgresql.conf; then: SELECT pg_reload_conf();",
    )  # fmt: skip


def _appended(path: Path, line: str) -> int:
    """Its number."""
    before = path.read_text().splitlines()
    path.write_text("\n".join((*before, line, "")))
    return len(before) + 1


async def test_a_session_without_foreign_keys_is_told_where_nothing_else_says_so(alone: Deployment) -> None:
    sign = "&" if "?" in alone.url else "?"
    (found,) = (await alone.look(url=f"{alone.url}{sign}session_replication_role=replica"))["role"]
    assert (found.level, "PGOPTIONS" in (found.remedy or "")) == (Level.FAIL, True)

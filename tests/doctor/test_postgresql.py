"""The doctor on PostgreSQL and the machine: settings, connections, clock, disk."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import asyncpg
import pytest

from doctor.conftest import Deployment, deployed, reload
from interlock.doctor.findings import Level
from interlock.doctor.postgresql import room
from interlock.store.embedded import EmbeddedPostgres


async def test_a_cluster_without_durability_is_told(cluster: EmbeddedPostgres, template: str) -> None:
    async with deployed(cluster, template) as deployment:
        findings = (await deployment.look())["durability"]
    assert [(one.level, one.message.partition(":")[0]) for one in findings] == [
        (Level.FAIL, "fsync is off"),
        (Level.FAIL, "full_page_writes is off"),
        (Level.WARN, "synchronous_commit is off"),
    ]
    assert findings[0].remedy == "ALTER SYSTEM SET fsync = on; SELECT pg_reload_conf();"


@pytest.mark.parametrize(
    ("setting", "level"), [("autovacuum", Level.FAIL), ("track_counts", Level.FAIL), ("track_activities", Level.WARN)]
)
async def test_a_setting_without_which_autovacuum_is_blind_is_told_and_the_remedy_mends_it(
    alone: Deployment, setting: str, level: Level
) -> None:
    name = await alone.psql.fetchval("SELECT current_database()")
    if setting == "autovacuum":
        await reload(alone, f"ALTER SYSTEM SET {setting} = off", setting, "off")
    else:
        await alone.psql.execute(f"ALTER DATABASE {name} SET {setting} = off")
    (found,) = (await alone.look())["autovacuum"]
    assert (found.level, found.message.partition(":")[0]) == (level, f"{setting} is off")
    assert found.remedy == f"ALTER SYSTEM SET {setting} = on; SELECT pg_reload_conf();"
    if setting == "autovacuum":
        await reload(alone, found.remedy.partition(";")[0], setting, "on")
        assert (await alone.look())["autovacuum"][0].level == Level.OK
        await alone.psql.execute(f"ALTER SYSTEM RESET {setting}")


async def test_a_pool_that_is_larger_than_what_postgresql_gives_is_told(deployment: Deployment) -> None:
    found = await deployment.only("connections", Level.FAIL, pool_size=500)
    assert "needs up to 504 connections, and PostgreSQL gives 197" in found.message
    assert "INTERLOCK_POOL_SIZE" in (found.remedy or "")


async def test_connections_that_are_nearly_all_open_are_told(deployment: Deployment) -> None:
    opened = [await asyncpg.connect(deployment.url) for _ in range(165)]
    try:
        found = await deployment.only("connections", Level.WARN)
    finally:
        for connection in opened:
            await connection.close()
    assert " of 197 connections are open" in found.message


@pytest.mark.parametrize(("apart", "level"), [(50, Level.WARN), (-310, Level.FAIL)])
async def test_clocks_that_are_apart_are_told(deployment: Deployment, apart: int, level: Level) -> None:
    found = (await deployment.look(now=datetime.now(UTC) + timedelta(seconds=apart)))["clock"][0]
    assert found.level == level
    assert re.search(r" (4\d|50) seconds apart" if apart > 0 else " 5 minutes apart", found.message)
    assert "NTP" in (found.remedy or "")


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Callable[[int], Path]]:
    """A file system of so many megabytes."""
    mounted: list[Path] = []

    def make(megabytes: int) -> Path:
        folder = tmp_path / f"disk-{megabytes}"
        folder.mkdir()
        subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "none", folder], check=True)
        mounted.append(folder)
        return folder

    yield make
    for folder in mounted:
        subprocess.run(["umount", folder], check=True)


@pytest.mark.root
@pytest.mark.skipif(shutil.which("mount") is None, reason="there is no mount here")
def test_a_disk_that_fills_up_is_told_before_it_is_full(disk: Callable[[int], Path]) -> None:
    little, none = room(disk(900)), room(disk(50))
    assert (little.level, none.level) == (Level.WARN, Level.FAIL)
    assert little.message.startswith("944 MB of 944 MB are free in ")
    assert "stops when there is none" in none.message
    assert "larger disk" in (none.remedy or "")


async def test_where_the_data_are_is_found_by_the_socket(deployment: Deployment) -> None:
    (folder,) = parse_qs(urlsplit(deployment.url).query)["host"]
    assert (Path(folder) / "PG_VERSION").exists()
    assert f"free in {folder}" in (await deployment.look())["disk"][0].message

"""A database of the last release, with something in every status, becomes one of this version.

``released.sql`` is what pg_dump wrote of it; at a release it is written anew.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import asyncpg
import pytest

from interlock.domain.lifecycle import Action, RecordStatus
from interlock.domain.model import RecordFilter
from interlock.service.error_patterns import give_missing
from interlock.store.connection import Connection
from interlock.store.counts import status_counts
from interlock.store.embedded import EmbeddedPostgres
from interlock.store.error_groups import ErrorGroup, error_groups
from interlock.store.feed import ensure_epoch, write_tick
from interlock.store.migrate import head, migrate
from interlock.store.records import RecordSource, record_page
from support.catalogue import catalogue
from support.programs import run
from support.storing import act, statuses
from support.writers import SESSION, whole_feed

RELEASED = Path(__file__).parent / "released.sql"


@asynccontextmanager
async def _restored(cluster: EmbeddedPostgres, name: str) -> AsyncIterator[str]:
    admin = await asyncpg.connect(cluster.dsn("postgres"))
    try:
        await admin.execute(f"CREATE DATABASE {name}")
        dump = RELEASED.read_text()
        await asyncio.to_thread(run, "psql", cluster.dsn(name), "-q", "-v", "ON_ERROR_STOP=1", given=dump)
        yield cluster.dsn(name)
        await admin.execute(f"DROP DATABASE {name} WITH (FORCE)")
    finally:
        await admin.close()


@pytest.fixture
async def upgraded_url(cluster: EmbeddedPostgres, template: str) -> AsyncIterator[str]:
    """The last release's database, migrated; the role is there since the template was made."""
    del template
    async with _restored(cluster, "upgraded") as url:
        assert await migrate(url) == head()
        yield url


@pytest.fixture
async def upgraded(upgraded_url: str) -> AsyncIterator[Connection]:
    connection = await asyncpg.connect(upgraded_url, server_settings=SESSION)
    try:
        yield connection
    finally:
        await connection.close()


async def test_it_has_all_that_a_new_one_has_and_nothing_else(upgraded_url: str, database_url: str) -> None:
    assert await catalogue(upgraded_url) == await catalogue(database_url)


async def test_its_records_counts_and_feed_are_as_they_were_and_life_goes_on(upgraded: Connection) -> None:
    async with upgraded.transaction():
        await ensure_epoch(upgraded)
    await write_tick(upgraded)
    counted = {c.values["status"]: c.count for c in await status_counts(upgraded, ["status"], RecordFilter())}
    assert counted == {"WAITING": 2, "RUNNING": 4, "COMPLETE": 4, "ERROR": 8, "FAILED": 3, "HOLD": 9}
    events = await whole_feed(upgraded)
    assert [event.position for event in events] == list(range(1, len(events) + 1))
    held = [event.record_id for event in events if event.action == Action.HOLD]
    assert (await act(upgraded, Action.RELEASE, held)).moved == 9
    assert set(await statuses(upgraded, held)) == {RecordStatus.WAITING, None}, "one was killed"


async def test_its_errors_are_told_of_and_get_their_patterns(upgraded: Connection) -> None:
    def told(groups: list[ErrorGroup]) -> set[tuple[str, str | None, str, int]]:
        return {(group.error_type, group.pattern, group.status, group.count) for group in groups}

    assert told(await error_groups(upgraded, RecordFilter(), 100, by_pattern=True)) == {
        ("scf_not_converged", None, "ERROR", 4),
        ("scf_not_converged", None, "FAILED", 2),
        ("RuntimeError", None, "ERROR", 4),
        ("RuntimeError", None, "FAILED", 1),
    }
    async with upgraded.transaction():
        assert await give_missing(upgraded) == 11
        assert await give_missing(upgraded) == 0
    groups = await error_groups(upgraded, RecordFilter(), 100, by_pattern=True)
    assert told(groups) == {
        ("scf_not_converged", "SCF did not converge in <n> cycles", "ERROR", 4),
        ("scf_not_converged", "SCF did not converge in <n> cycles", "FAILED", 2),
        ("RuntimeError", "cannot open <path>", "ERROR", 2),
        ("RuntimeError", "cannot open <path>", "FAILED", 1),
        ("RuntimeError", "<text> is not in list", "ERROR", 2),
    }
    wanted = RecordFilter(error_pattern=tuple(group.pattern_id for group in groups if group.pattern_id))
    assert len(await record_page(upgraded, RecordSource(wanted))) == 11

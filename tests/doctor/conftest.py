"""Deployments to be looked over: each a database of its own in a cluster that is set as a deployment's is."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import asyncpg
import pytest

from interlock.api.context import Services
from interlock.app import running
from interlock.doctor.command import examine
from interlock.doctor.findings import Finding, Level
from interlock.domain.roles import Role
from interlock.service.identity import create_key
from interlock.store.embedded import EmbeddedPostgres
from support.clusters import cloned, running_cluster, template_in
from support.server_settings import tuned

SESSION = {"search_path": "interlock", "timezone": "UTC"}


@dataclass
class Deployment:
    """A database, the owner's connection to it, and what the doctor finds."""

    url: str
    psql: asyncpg.Connection[asyncpg.Record]

    async def look(
        self, *, deep: bool = False, now: datetime | None = None, url: str | None = None, **settings: Any
    ) -> dict[str, list[Finding]]:
        """The findings of each check."""
        found: dict[str, list[Finding]] = {}
        await examine(
            tuned(database_url=url or self.url, **settings),
            lambda check, finding: found.setdefault(check, []).append(finding),
            deep=deep,
            now=now,
        )
        return found

    async def only(self, check: str, level: Level, **options: Any) -> Finding:
        """The one finding of this check, which is of this level and has a remedy; the others are all content."""
        found = await self.look(**options)
        assert {name for name, findings in found.items() if any(one.level != Level.OK for one in findings)} == {check}
        (finding,) = found[check]
        assert finding.level == level
        assert finding.remedy
        return finding


@pytest.fixture(scope="session")
def sound_cluster() -> Iterator[EmbeddedPostgres]:
    """With the settings that every deployment has: the others of the tests do without durability."""
    with running_cluster() as postgres:
        yield postgres


@pytest.fixture(scope="session")
def sound_template(sound_cluster: EmbeddedPostgres) -> str:
    return template_in(sound_cluster, "sound")


@asynccontextmanager
async def deployed(cluster: EmbeddedPostgres, template: str) -> AsyncIterator[Deployment]:
    async with cloned(cluster, template) as url:
        psql = await asyncpg.connect(url, server_settings=SESSION)
        try:
            yield Deployment(url, psql)
        finally:
            await psql.close(timeout=5)


async def reload(deployment: Deployment, change: str, setting: str, expected: str) -> None:
    """Have all sessions take a change of settings over."""
    await deployment.psql.execute(change)
    await deployment.psql.execute("SELECT pg_reload_conf()")
    for _ in range(500):
        if await deployment.psql.fetchval("SELECT current_setting($1)", setting) == expected:
            return
    raise AssertionError(f"{setting} is not {expected}")


@pytest.fixture
async def alone(sound_cluster: EmbeddedPostgres, sound_template: str) -> AsyncIterator[Deployment]:
    """A migrated database that no server works on, and that has no key."""
    async with deployed(sound_cluster, sound_template) as deployment:
        yield deployment


@pytest.fixture
async def server(alone: Deployment) -> AsyncIterator[Services]:
    """The server that works on it, with a key for an admin."""
    async with running(tuned(), alone.url) as services:
        await create_key(services.core, "admin", Role.ADMIN)
        yield services


@pytest.fixture
async def deployment(alone: Deployment, server: Services) -> Deployment:
    """A deployment as it should be."""
    del server
    return alone

"""What all tests stand on: one real PostgreSQL, a database of its own for each test, a real server."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Iterator

import asyncpg
import pytest

from interlock.api.context import Services
from interlock.app import running
from interlock.settings import Settings
from interlock.store.embedded import EmbeddedPostgres
from support.api import Api
from support.clusters import cloned, running_cluster, template_in
from support.serving import connected, listening

# Durability costs time and tests nothing here; the fault tests bring their own cluster.
FAST = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "max_connections": "300"}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Slow tests have more time: the first of those that need a tool installs it."""
    for item in items:
        if item.get_closest_marker("slow") and not item.get_closest_marker("timeout"):
            item.add_marker(pytest.mark.timeout(600))


@pytest.fixture(scope="session")
def cluster() -> Iterator[EmbeddedPostgres]:
    """A PostgreSQL for this test process."""
    with running_cluster(FAST) as postgres:
        yield postgres


@pytest.fixture(scope="session")
def template(cluster: EmbeddedPostgres) -> str:
    """The name of a migrated database to clone."""
    return template_in(cluster, "template_interlock")


@pytest.fixture
async def database_url(cluster: EmbeddedPostgres, template: str) -> AsyncIterator[str]:
    """A migrated database of the test's own."""
    async with cloned(cluster, template) as url:
        yield url


@pytest.fixture
async def psql(database_url: str) -> AsyncIterator[asyncpg.Connection[asyncpg.Record]]:
    """The database's superuser, past the API: what psql would be."""
    connection = await asyncpg.connect(database_url, server_settings={"search_path": "interlock", "timezone": "UTC"})
    try:
        yield connection
    finally:
        with contextlib.suppress(asyncpg.PostgresError, OSError):
            await connection.close(timeout=5)


@pytest.fixture
def settings() -> Settings:
    """The settings of the test's server; a test module may override this fixture."""
    # The clock's steps are taken by the tests themselves, so that nothing happens unasked.
    return Settings(upkeep_interval=3600.0, drain_timeout=2.0, key_cache=0.0)


@pytest.fixture
async def services(database_url: str, settings: Settings) -> AsyncIterator[Services]:
    """All services of a server, with their loops, in this process."""
    async with running(settings, database_url) as services:
        yield services


@pytest.fixture
async def server(services: Services) -> AsyncIterator[str]:
    """The URL of a server that really listens."""
    async with listening(services) as url:
        yield url


@pytest.fixture
async def api(server: str, services: Services) -> AsyncIterator[Api]:
    """A client of the API for every role; ``api.admin``, ``api.operator``, … each with a key of its own."""
    async with connected(server, services) as api:
        yield api

"""Databases that tests share: one to which they only add records of their own, and some that they only read."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager

import asyncpg
import pytest

from interlock.domain.model import Labels
from interlock.domain.roles import Role
from interlock.store.connection import Connection
from interlock.store.embedded import EmbeddedPostgres
from interlock.store.identity import create_principal
from interlock.store.labels import cohort_of
from support.by_index import fill
from support.population import AT_REST, populate

SESSION = {"search_path": "interlock", "timezone": "UTC"}


async def _make(cluster: EmbeddedPostgres, template: str) -> None:
    connection = await asyncpg.connect(cluster.dsn("postgres"))
    try:
        await connection.execute(f"CREATE DATABASE shared_store TEMPLATE {template} STRATEGY file_copy")
    finally:
        await connection.close()
    connection = await asyncpg.connect(cluster.dsn("shared_store"), server_settings=SESSION)
    try:
        owner = await create_principal(connection, "owner", Role.SUBMITTER)
        assert owner
        assert await cohort_of(connection, Labels("default", (), owner.id, None, "python", 1)) == (1, 1)
    finally:
        await connection.close()


@pytest.fixture(scope="session")
def shared_url(cluster: EmbeddedPostgres, template: str) -> str:
    asyncio.run(_make(cluster, template))
    return cluster.dsn("shared_store")


@asynccontextmanager
async def _prompt(url: str) -> AsyncIterator[Connection]:
    connection = await asyncpg.connect(url, server_settings=SESSION)
    try:
        yield connection
    finally:
        await connection.close(timeout=5)


@pytest.fixture
async def plain(shared_url: str) -> AsyncIterator[Connection]:
    """The superuser at a prompt of the shared database."""
    async with _prompt(shared_url) as connection:
        yield connection


@pytest.fixture
async def another(shared_url: str) -> AsyncIterator[Connection]:
    """A second prompt, for what happens at the same time."""
    async with _prompt(shared_url) as connection:
        yield connection


@pytest.fixture(scope="session")
def populated(cluster: EmbeddedPostgres, template: str) -> Callable[[int], str]:
    """The URL of a database with so many records."""
    made: dict[int, str] = {}

    async def make(number: int) -> None:
        admin = await asyncpg.connect(cluster.dsn("postgres"))
        await admin.execute(f"CREATE DATABASE growth_{number} TEMPLATE {template} STRATEGY file_copy")
        await admin.close()
        await populate(cluster.dsn(f"growth_{number}"), number, AT_REST)

    def url(number: int) -> str:
        if number not in made:
            with ThreadPoolExecutor() as pool:  # whoever asks may be on a loop already
                pool.submit(asyncio.run, make(number)).result()
            made[number] = cluster.dsn(f"growth_{number}")
        return made[number]

    return url


@pytest.fixture(scope="session")
def large_url(cluster: EmbeddedPostgres, template: str) -> str:
    async def make() -> None:
        admin = await asyncpg.connect(cluster.dsn("postgres"))
        await admin.execute(f"CREATE DATABASE large TEMPLATE {template} STRATEGY file_copy")
        await admin.close()
        connection = await asyncpg.connect(cluster.dsn("large"), server_settings=SESSION)
        await fill(connection)
        await connection.close()

    asyncio.run(make())
    return cluster.dsn("large")


@pytest.fixture(params=["force_custom_plan", "force_generic_plan"])
async def large(large_url: str, request: pytest.FixtureRequest) -> AsyncIterator[Connection]:
    settings = {**SESSION, "plan_cache_mode": request.param, "jit": "off"}
    connection = await asyncpg.connect(large_url, server_settings=settings)
    try:
        yield connection
    finally:
        await connection.close()

"""The deadline of operations: what takes longer is stopped in PostgreSQL too, said in words, and has changed nothing."""

from __future__ import annotations

import asyncio
from typing import Any

import asyncpg
import pytest

from interlock.settings import Settings
from support.api import FOLLOW, Api
from support.server_settings import tuned

RUNNING = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND state = 'active' AND pid <> pg_backend_pid()"


@pytest.fixture
def settings() -> Settings:
    return tuned(operation_timeout=0.5)


@pytest.mark.parametrize(
    ("query", "given"),
    [
        ('{ record(id: "rec_1") { id } }', {}),
        ("{ records { nodes { id } } }", {}),
        ("{ viewer { name } records { nodes { permittedActions { action } } } }", {}),
        (
            "mutation ($input: HoldInput!) { hold(input: $input) { moved errors { code } } }",
            {"input": {"target": {"ids": ["rec_1"]}}},
        ),
    ],
    ids=["one record", "a page", "past the compiler", "a mutation"],
)
async def test_what_takes_longer_is_stopped_and_changes_nothing(
    api: Api, psql: asyncpg.Connection[Any], query: str, given: dict[str, Any]
) -> None:
    await api.operator.submit()
    async with psql.transaction():
        await psql.execute("LOCK TABLE record IN ACCESS EXCLUSIVE MODE")
        answer = await api.operator.post(query, **given)
    (error,) = answer.json()["errors"]
    assert error["extensions"]["code"] == "DEADLINE_EXCEEDED"
    assert "was stopped" in error["message"]
    async with asyncio.timeout(5):
        while await psql.fetchval(RUNNING):  # noqa: ASYNC110 - PostgreSQL has no event for it
            await asyncio.sleep(0.01)
    assert await api.viewer.statuses(["rec_1"]) == ["WAITING"]


async def test_a_subscription_has_no_deadline(api: Api) -> None:
    async with api.viewer.socket() as socket:
        frames = socket.subscribe(FOLLOW)
        first = asyncio.ensure_future(anext(frames))
        await asyncio.sleep(0.7)  # longer than an operation may take
        await api.operator.submit()
        assert (await first)["action"] == "SUBMIT"

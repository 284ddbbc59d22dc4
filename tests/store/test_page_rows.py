"""A page has the first records that pass its filter: as the statement finds them, by ways, and as one would by hand."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator, Callable

import asyncpg
import pytest

from interlock.domain.lifecycle import STATUSES_WITH_TASK, RecordStatus
from interlock.domain.model import RecordFilter
from interlock.store.connection import Connection
from interlock.store.records import RecordRow, RecordSource, record_page
from support.population import FILTERS
from support.writers import SESSION

NUMBER = 10_000


@pytest.fixture
async def connection(populated: Callable[[int], str]) -> AsyncIterator[Connection]:
    connection = await asyncpg.connect(populated(NUMBER), server_settings=SESSION)
    try:
        yield connection
    finally:
        await connection.close()


@pytest.fixture
async def everything(connection: Connection) -> list[RecordRow]:
    """All records, in order."""
    rows = await record_page(connection, RecordSource(limit=NUMBER + 1))
    assert [row.id for row in rows] == list(range(1, NUMBER + 1))
    return rows


def _passes(row: RecordRow, source: RecordSource) -> bool:
    def one_of(value: object, wanted: tuple[object, ...] | None) -> bool:
        return wanted is None or value in wanted

    where = source.where
    of_errors = where.error_type is not None or where.error_pattern is not None
    return (
        (source.after is None or row.id > source.after)
        and (source.before is None or row.id < source.before)
        and (not source.with_task or row.status in STATUSES_WITH_TASK)
        and (not of_errors or row.status in {RecordStatus.ERROR, RecordStatus.FAILED})
        and all(
            one_of(getattr(row, name), getattr(where, name))
            for name in ("status", "tag", "campaign", "owner", "kind", "error_type", "error_pattern")
        )
    )


def _sources(where: RecordFilter, chance: random.Random) -> list[RecordSource]:
    def place() -> int | None:
        return chance.choice((None, chance.randrange(NUMBER)))

    return [
        RecordSource(where, place(), place(), chance.choice((1, 2, 20, 300)), chance.random() < 0.5, task < 0.3)
        for task in (chance.random() for _ in range(20))
    ]


@pytest.mark.parametrize("name", FILTERS)
async def test_a_page_has_the_first_records_that_pass(
    connection: Connection, everything: list[RecordRow], name: str
) -> None:
    for source in _sources(FILTERS[name], random.Random(name)):
        passing = [row for row in everything if _passes(row, source)]
        expected = passing[::-1] if source.backward else passing
        assert await record_page(connection, source) == expected[: source.limit], source

"""Every cell of the status square, tried from plain SQL: what the table permits happens, the rest is refused."""

from __future__ import annotations

import itertools
from collections.abc import Iterable

import asyncpg
import pytest

from interlock.domain.lifecycle import TRANSITIONS, ActorKind, RecordStatus, Target, Transition
from interlock.store.connection import Connection
from interlock.store.guards import guards_sql
from interlock.store.migrate import APP_ROLE, SCHEMA
from support import plain as sql
from support.lifecycles import pairs_added, rows_removed
from support.thread import PERMITTED

LEGAL = {(row.source.value, row.target.value): row for row in TRANSITIONS}
SESSIONS = {
    "superuser": "SELECT 1",
    "application": f"SET ROLE {APP_ROLE}",
    "replication": "SET session_replication_role = replica",
}


@pytest.mark.parametrize(("source", "to"), [pytest.param(s, t, id=f"{s}-{t}") for s in RecordStatus for t in Target])
@pytest.mark.parametrize("session", SESSIONS)
async def test_a_move_happens_exactly_where_the_table_has_it(
    plain: Connection, session: str, source: RecordStatus, to: Target
) -> None:
    record_id = await sql.record_in(plain, source)
    before = await sql.events_of(plain, record_id)
    await plain.execute(SESSIONS[session])
    row = LEGAL.get((source.value, to.value))
    if row is None and source.value != to.value:
        with pytest.raises(asyncpg.IntegrityConstraintViolationError, match=f"{source} -> ") as refused:
            await sql.move(plain, record_id, to)
        assert refused.value.constraint_name in {
            "record_moves_only_as_permitted",
            "record_is_killed_only_as_permitted",
        }
        assert await sql.status_of(plain, record_id) == source
        assert await sql.events_of(plain, record_id) == before
        return
    await sql.move(plain, record_id, to)
    assert await sql.status_of(plain, record_id) == (None if to == Target.KILLED else to)
    new = (await sql.events_of(plain, record_id))[len(before) :]
    expected = (
        [] if row is None else [(source, None if to == Target.KILLED else to, row.action, ActorKind.SERVER, None)]
    )
    assert [(e["from_status"], e["to_status"], e["action"], e["actor"], e["reason"]) for e in new] == expected
    assert {e["who"] for e in new} <= {await plain.fetchval("SELECT session_user")}


async def permitted_pairs(connection: Connection, ids: Iterable[tuple[RecordStatus, int]]) -> set[tuple[str, str]]:
    """The cells of the square that the guards of this moment let through; nothing stays changed."""
    found = set()
    for (source, record_id), to in itertools.product(ids, Target):
        if source.value == to.value:
            continue
        try:
            async with sql.rolled_back(connection):
                await sql.move(connection, record_id, to)
                found.add((source.value, to.value))
        except asyncpg.PostgresError:
            continue
    return found


@pytest.fixture
async def one_of_each(plain: Connection) -> list[tuple[RecordStatus, int]]:
    return [(status, await sql.record_in(plain, status)) for status in RecordStatus]


async def test_the_guards_permit_exactly_the_square_of_the_thread(
    plain: Connection, one_of_each: list[tuple[RecordStatus, int]]
) -> None:
    assert await permitted_pairs(plain, one_of_each) == PERMITTED


MUTANTS = dict((*rows_removed(), *pairs_added()))


async def test_the_square_shows_every_mutant_of_the_guards(
    plain: Connection, one_of_each: list[tuple[RecordStatus, int]]
) -> None:
    original = set(TRANSITIONS)
    for name, rows in MUTANTS.items():
        async with sql.rolled_back(plain):
            await plain.execute(guards_sql(SCHEMA, rows))
            changed: set[Transition] = original ^ set(rows)
            shown = await permitted_pairs(plain, one_of_each) ^ PERMITTED
            assert shown == {(row.source.value, row.target.value) for row in changed}, name

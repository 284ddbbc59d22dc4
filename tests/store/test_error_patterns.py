"""Patterns of errors: made once, few however many messages there are, given to all errors, dropped when unused."""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import timedelta

import pytest

from interlock.domain.error_patterns import NO_MESSAGE, OTHER, pattern_of
from interlock.domain.lifecycle import Action
from interlock.domain.retry import DEFAULT_POLICY
from interlock.service.error_patterns import give_missing
from interlock.store import returns, upkeep
from interlock.store.connection import Connection
from interlock.store.error_patterns import MOST, MOST_OF_A_TYPE, Pattern, drop_unused, intern
from support.storing import (
    MANAGER,
    NOON,
    SERVER,
    act,
    answer,
    claim,
    give_back,
    in_error,
    manager,
    record,
    submit,
    waiting_behind,
)
from support.writers import connections

_FILL = "INSERT INTO error_pattern (error_type, message) SELECT {type}, 'm' || i FROM generate_series(1, {n}) i"


async def _kept(connection: Connection) -> list[Pattern]:
    rows = await connection.fetch("SELECT error_type, message FROM error_pattern ORDER BY id")
    return [(row["error_type"], row["message"]) for row in rows]


async def _intern(connection: Connection, *patterns: Pattern) -> None:
    async with connection.transaction():
        await intern(connection, set(patterns))


async def _patterns_of(connection: Connection, ids: Sequence[int]) -> list[Pattern | None]:
    rows = await connection.fetch(
        """SELECT r.id, p.error_type, p.message FROM record r JOIN error_pattern p ON p.id = r.error_pattern
        WHERE r.id = ANY($1)""",
        list(ids),
    )
    found = {row["id"]: (row["error_type"], row["message"]) for row in rows}
    return [found.get(id_) for id_ in ids]


async def _fail_with(connection: Connection, *messages: str) -> list[int]:
    """Records in ERROR, each with one of the messages."""
    ids = await submit(connection, len(messages))
    worker = await manager(connection)
    leases = {lease.record_id: lease for lease in await claim(connection, worker, len(messages))}
    said = [answer(leases[id_], "E", error_message=message) for id_, message in zip(ids, messages, strict=True)]
    assert set(await give_back(connection, worker, *said)) == {"ACCEPTED"}
    return ids


async def test_a_pattern_is_made_once(psql: Connection) -> None:
    await _intern(psql, ("E", "a"), ("F", "a"))
    await _intern(psql, ("F", "a"), ("E", "a"), ("E", "b"))
    assert sorted(await _kept(psql)) == [("E", "a"), ("E", "b"), ("F", "a")]
    assert await psql.fetchval("SELECT max(id) FROM error_pattern") == 3


async def test_an_error_has_its_pattern_from_the_statement_that_accepts_it(psql: Connection) -> None:
    ids = await _fail_with(psql, "no 1 in /a/b", "no 2 in /c", "nothing")
    assert await _patterns_of(psql, ids) == [("E", "no <n> in <path>")] * 2 + [("E", "nothing")]


async def test_it_loses_it_when_it_is_retried_and_keeps_it_when_it_is_failed(psql: Connection) -> None:
    retried, failed = await _fail_with(psql, "x", "x")
    await act(psql, Action.RETRY, [retried])
    await act(psql, Action.FAIL, [failed])
    assert await _patterns_of(psql, [retried, failed]) == [None, ("E", "x")]
    await act(psql, Action.REGENERATE, [failed])
    assert (await record(psql, retried))["error_pattern"] is None


async def test_beyond_the_patterns_of_a_type_the_others_share_one(psql: Connection) -> None:
    await psql.execute(_FILL.format(type="'E'", n=MOST_OF_A_TYPE - 2))
    ids = await _fail_with(psql, *"abcde", "a", "m7")
    await _fail_with(psql, *"fgh")
    patterns = await _patterns_of(psql, ids)
    assert patterns[:2] == [("E", "a"), ("E", "b")]
    assert patterns[2:] == [("E", OTHER)] * 3 + [("E", "a"), ("E", "m7")]
    assert len(await _kept(psql)) == MOST_OF_A_TYPE + 1


async def test_beyond_the_patterns_of_all_types_further_types_share_one(psql: Connection) -> None:
    await psql.execute(_FILL.format(type="'F' || i / 200", n=MOST - 1))
    ids = await _fail_with(psql, "a", "b", "c")
    assert await _patterns_of(psql, ids) == [("E", "a"), ("*", OTHER), ("*", OTHER)]
    await _intern(psql, ("G", "x"), ("H", "y"))
    assert len(await _kept(psql)) == MOST + 1


async def test_however_many_make_them_at_once_there_are_no_more(psql: Connection, database_url: str) -> None:
    await psql.execute(_FILL.format(type="'E'", n=MOST_OF_A_TYPE - 1))
    async with connections(database_url, 2) as (one, other):
        first = one.transaction()
        await first.start()
        await intern(one, {("E", "a")})
        second = other.transaction()
        await second.start()
        async with waiting_behind(psql, other, intern(other, {("E", "b")})) as interned:
            await first.commit()
            await interned
        await second.commit()
    assert (await _kept(psql))[-2:] == [("E", "a"), ("E", OTHER)]


async def test_what_the_server_gives_up_has_a_pattern_too(psql: Connection) -> None:
    assert await upkeep.expire_leases(psql, SERVER, (), None) == 0
    assert await _kept(psql) == [], "not before there is an error"
    for _ in range(2):
        (id_,) = await submit(psql)
        worker = await manager(psql)
        await claim(psql, worker, 1, now=NOON)
        assert await upkeep.expire_leases(psql, SERVER, (), NOON + timedelta(days=1)) == 1
        assert await _patterns_of(psql, [id_]) == [("lease_expired", "The manager did not renew its lease in time.")]
    worker = await manager(psql)
    await submit(psql)
    (lease,) = await claim(psql, worker, 1)
    assert await upkeep.give_up_leases(psql, SERVER, worker, (), None) == 1
    (left,) = await _patterns_of(psql, [lease.record_id])
    assert left == ("manager_left", "The manager left before it returned this task.")
    for _, message in await _kept(psql):
        assert pattern_of(message) == message, "the look for errors without one would give the same"


async def test_errors_that_came_without_get_theirs(psql: Connection) -> None:
    old, moved, typed, fine = await _fail_with(psql, "old 1", "moved 2", "typed 3", "fine 4")
    await psql.execute("UPDATE record SET error_pattern = NULL WHERE id = $1", old)
    await psql.execute("UPDATE record SET status = 'FAILED' WHERE id = $1", moved)  # past our statements
    await psql.execute("UPDATE record SET error_pattern = NULL, error_type = NULL WHERE id = $1", typed)
    (queued,) = await submit(psql)
    await psql.execute("UPDATE record SET status = 'RUNNING' WHERE id = $1", queued)
    await psql.execute("UPDATE record SET status = 'ERROR', error_type = 'by hand' WHERE id = $1", queued)
    async with psql.transaction():
        assert await give_missing(psql) == 3
        assert await give_missing(psql) == 0
    ids = [old, moved, typed, fine, queued]
    assert await _patterns_of(psql, ids) == [
        ("E", "old <n>"), ("E", "moved <n>"), None, ("E", "fine <n>"), ("by hand", NO_MESSAGE),
    ]  # fmt: skip


async def test_errors_that_others_hold_are_left_for_later(psql: Connection, database_url: str) -> None:
    ids = await in_error(psql, 2)
    await psql.execute("UPDATE record SET error_pattern = NULL")
    async with connections(database_url, 1) as (other,), other.transaction():
        await other.execute("SELECT FROM record WHERE id = $1 FOR UPDATE", ids[0])
        async with psql.transaction():
            assert await give_missing(psql) == 1
    assert await _patterns_of(psql, ids) == [None, ("boom", pattern_of("message of boom"))]


async def _age(connection: Connection, hours: float) -> None:
    await connection.execute("UPDATE error_pattern SET unused_since = unused_since - $1 * interval '1 hour'", hours)


async def test_a_pattern_that_no_error_has_goes_in_the_end(psql: Connection) -> None:
    used, left = await _fail_with(psql, "used", "left")
    await act(psql, Action.RETRY, [left])
    assert await drop_unused(psql) == 0
    await _age(psql, 1.9)
    assert await drop_unused(psql) == 0
    await _age(psql, 0.2)
    assert await drop_unused(psql) == 1
    assert await _kept(psql) == [("E", "used")]
    assert await psql.fetchval("SELECT unused_since FROM error_pattern") is None
    assert await _patterns_of(psql, [used]) == [("E", "used")]


@pytest.mark.parametrize("hours", [0.5, 1.5])
async def test_one_that_is_needed_again_stays(psql: Connection, hours: float) -> None:
    """Within an hour it is still found; after that it is made known again first."""
    ids = await _fail_with(psql, "x")
    await act(psql, Action.RETRY, ids)
    await act(psql, Action.HOLD, ids)  # out of the way
    await drop_unused(psql)
    await _age(psql, hours)
    before = await psql.fetchval("SELECT id FROM error_pattern")
    (again,) = await _fail_with(psql, "x")
    assert await _patterns_of(psql, [again]) == [("E", "x")]
    await drop_unused(psql)
    await _age(psql, 3)
    assert await drop_unused(psql) == 0
    assert [tuple(row) for row in await psql.fetch("SELECT id, unused_since FROM error_pattern")] == [(before, None)]


async def test_one_about_to_be_dropped_is_not_written_down(psql: Connection) -> None:
    (id_,) = await _fail_with(psql, "x")
    await act(psql, Action.RETRY, [id_])
    await drop_unused(psql)
    await _age(psql, 1.5)
    worker = await manager(psql)
    (lease,) = await claim(psql, worker, 1)
    said = answer(lease, "E", error_message="x")  # by a server that knew the pattern a moment ago
    await returns.return_tasks(psql, MANAGER, worker, [said], DEFAULT_POLICY, None)
    assert (await record(psql, id_))["error_pattern"] is None
    async with psql.transaction():
        await give_missing(psql)
    assert await _patterns_of(psql, [id_]) == [("E", "x")]


async def test_whoever_has_the_turn_and_hangs_keeps_nobody_for_long(psql: Connection, database_url: str) -> None:
    async with connections(database_url, 1) as (hung,), hung.transaction():
        await intern(hung, {("scf", "the first")})
        async with psql.transaction():
            began = time.monotonic()
            assert not await intern(psql, {("scf", "the second")})
            assert time.monotonic() - began < 3
            assert await psql.fetchval("SELECT 1") == 1  # the transaction goes on
    async with psql.transaction():
        assert await intern(psql, {("scf", "the second")})
    assert await _kept(psql) == [("scf", "the first"), ("scf", "the second")]

"""How everything stands, as metrics show it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from interlock.domain.lifecycle import Action
from interlock.store.connection import Connection
from interlock.store.feed import write_tick
from interlock.store.standing import OTHER, standing
from support.storing import act, submit

HOUR = timedelta(hours=1)


def ago(hours: float) -> datetime:
    return datetime.now(UTC) - hours * HOUR


async def test_records_are_counted_by_status_and_tag_as_of_the_last_tick(psql: Connection) -> None:
    ids = await submit(psql, 5, tag="small")
    await submit(psql, 2, tag="large", campaign="c")
    await submit(psql, 1, tag="large")
    await act(psql, Action.HOLD, ids[:2])
    assert (await standing(psql, 50)).records == {}
    await write_tick(psql)
    found = {key: n for key, n in (await standing(psql, 50)).records.items() if n}
    assert found == {("small", "WAITING"): 3, ("small", "HOLD"): 2, ("large", "WAITING"): 3}


async def test_of_many_tags_those_with_the_most_to_do_are_told_apart(psql: Connection) -> None:
    for tag, count in (("a", 1), ("b", 3), ("c", 2), ("d", 1)):
        await submit(psql, count, tag=tag)
    await write_tick(psql)
    found = await standing(psql, 2)
    assert found.records == {("b", "WAITING"): 3, ("c", "WAITING"): 2, (OTHER, "WAITING"): 2}
    assert found.oldest.keys() == {"b", "c", OTHER}


async def test_the_oldest_that_waits_is_told_by_tag(psql: Connection) -> None:
    await submit(psql, 3, tag="small", now=ago(5))
    await submit(psql, 3, tag="small", campaign="later", now=ago(2))
    await submit(psql, 30, tag="large", now=ago(1))
    await submit(psql, 1, tag="held", hold=True, now=ago(9))
    await write_tick(psql)
    oldest = (await standing(psql, 50)).oldest
    assert {tag: round(age / 3600) for tag, age in oldest.items()} == {"small": 5, "large": 1}


async def test_some_that_came_back_do_not_hide_the_oldest_that_waits(psql: Connection) -> None:
    ids = await submit(psql, 40, now=ago(48))
    await act(psql, Action.HOLD, ids[:6])
    await act(psql, Action.RELEASE, ids[:6])
    await write_tick(psql)
    assert round((await standing(psql, 50)).oldest["default"] / 3600) == 48


async def test_an_event_without_a_position_is_told_by_its_age_until_a_tick_comes(psql: Connection) -> None:
    await write_tick(psql)
    assert (await standing(psql, 50)).unpositioned == 0
    await submit(psql, 2)
    before = await standing(psql, 50)
    assert 0 < before.unpositioned < 60
    assert before.position == 0
    await write_tick(psql)
    after = await standing(psql, 50)
    assert (after.unpositioned, after.position) == (0, 2)


async def test_an_event_of_a_transaction_that_was_open_over_a_tick_is_one_without_a_position(
    psql: Connection, database_url: str
) -> None:
    import asyncpg  # noqa: PLC0415 - beside its only use

    other = await asyncpg.connect(database_url, server_settings={"search_path": "interlock"})
    transaction = other.transaction()
    await transaction.start()
    await submit(other, 1)
    await submit(psql, 1, owner="another", tag="another")
    await write_tick(psql)
    assert (await standing(psql, 50)).unpositioned == 0
    await transaction.commit()
    assert (await standing(psql, 50)).unpositioned > 0
    await other.close()

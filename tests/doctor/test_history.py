"""The doctor on what has been: gaps in the feed, sequences set back, throughput that is wrong; found deeply only."""

from __future__ import annotations

import pytest

from doctor.conftest import Deployment
from interlock.doctor.findings import Finding, Level
from interlock.domain.lifecycle import Action
from interlock.store.feed import ensure_epoch, write_tick
from interlock.store.feed_functions import TICK_CHUNK
from support.storing import act, submit


@pytest.fixture
async def grown(alone: Deployment) -> Deployment:
    """Twelve events in three ticks."""
    async with alone.psql.transaction():
        await ensure_epoch(alone.psql)
    for _ in range(3):
        ids = await submit(alone.psql, 3)
        await act(alone.psql, Action.HOLD, ids[:1])
        await write_tick(alone.psql)
    return alone


async def _history(deployment: Deployment, *, deep: bool = True) -> list[Finding]:
    return (await deployment.look(deep=deep))["history"]


DAMAGES = {
    "events that are gone": (
        "DELETE FROM event WHERE seq IN (SELECT seq FROM event ORDER BY seq OFFSET 5 LIMIT 2)",
        "The feed has 2 events for its 4 positions from 5 to 8.",
    ),
    "a tick that is gone": (
        "DELETE FROM tick WHERE first_pos = 5",
        "The feed has 0 events for its 4 positions from 5 to 8.",
    ),
    "the first ticks that are gone": (
        "DELETE FROM tick WHERE first_pos < 5",
        "The feed never tells of 4 events: their ticks are gone.",
    ),
    "all ticks that are gone": ("DELETE FROM tick", "The feed never tells of 12 events: their ticks are gone."),
    "a record that was moved past the guards": (
        "ALTER TABLE record DISABLE TRIGGER ALL; UPDATE record SET status = 'COMPLETE' WHERE id = 2",
        "rec_2 is COMPLETE or went on from there, and its events had made it WAITING: it was moved past the guards.",
    ),
    "a record that was moved past the guards, and went on": (
        """ALTER TABLE record DISABLE TRIGGER ALL; UPDATE record SET status = 'ERROR' WHERE id = 2;
        ALTER TABLE record ENABLE TRIGGER every_update_is_an_event; UPDATE record SET status = 'FAILED' WHERE id = 2""",
        "rec_2 is ERROR or went on from there, and its events had made it WAITING: it was moved past the guards.",
    ),
    "a sequence that was set back": (
        "SELECT setval('record_id_seq', 4)",
        "The sequence of record.id stands at 5, and numbers up to 9 are in use.",
    ),
    "throughput that is wrong": (
        "UPDATE throughput SET n = n + 1 WHERE action = 'HOLD'",
        "Throughput is wrong in 1 minute.",
    ),
}


@pytest.mark.parametrize("name", DAMAGES)
async def test_damage_to_what_has_been_is_found_deeply(grown: Deployment, name: str) -> None:
    psql = grown.psql
    # throughput began earlier, as it did everywhere but here
    await psql.execute("INSERT INTO throughput SELECT 0, min(minute) - interval '1 hour', 'FAIL', 0 FROM throughput")
    assert [one.level for one in await _history(grown)] == [Level.OK]
    damage, told = DAMAGES[name]
    await psql.execute("ALTER TABLE event DISABLE TRIGGER ALL; ALTER TABLE tick DISABLE TRIGGER ALL")
    await psql.execute(damage)
    (shallow,) = await _history(grown, deep=False)
    assert shallow.level == Level.OK
    assert shallow.message.startswith("Not looked at")
    found = await _history(grown)
    assert told in [one.message for one in found]
    assert {one.level for one in found} == {Level.FAIL}


async def test_the_remedy_of_lost_ticks_gives_all_events_their_positions(grown: Deployment) -> None:
    await grown.psql.execute("ALTER TABLE tick DISABLE TRIGGER ALL")
    await grown.psql.execute("DELETE FROM tick WHERE first_pos IN (1, 5)")
    remedy = (await _history(grown))[0].remedy
    assert remedy is not None
    command = remedy.split("`")[1]
    assert command.startswith("interlock postgres psql -c '")
    await grown.psql.execute(command.split("'")[1])
    async with grown.psql.transaction():
        await ensure_epoch(grown.psql)
    assert await write_tick(grown.psql) == 12
    found = await grown.look(deep=True)
    assert [one.level for one in (*found["history"], *found["counts"])] == [Level.OK, Level.OK]


async def test_chunks_of_one_tick_are_told_apart(alone: Deployment) -> None:
    psql = alone.psql
    await submit(psql, 2 * TICK_CHUNK + 10)
    await write_tick(psql)
    await psql.execute("ALTER TABLE event DISABLE TRIGGER ALL")
    await psql.execute("DELETE FROM event WHERE seq = (SELECT max(seq_from) + 1 FROM tick)")
    assert [one.message for one in await _history(alone)] == [
        "The feed has 9 events for its 10 positions from 10001 to 10010."
    ]


async def test_the_remedy_of_a_sequence_mends_it(grown: Deployment) -> None:
    await grown.psql.execute("SELECT setval('event_seq_seq', 3)")
    (found,) = await _history(grown)
    assert found.remedy is not None
    await grown.psql.execute(found.remedy.split('"')[1])
    assert [one.level for one in await _history(grown)] == [Level.OK]

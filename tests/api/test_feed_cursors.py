"""Cursors: a snapshot and what follows it are the whole, and a cursor that cannot be followed says why."""

from __future__ import annotations

import asyncio
import base64
from collections import Counter
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import asyncpg
import pytest

from interlock.api.context import Services
from interlock.domain.lifecycle import RecordStatus
from interlock.service.channels import LARGEST
from interlock.service.upkeep import look_after
from interlock.settings import Settings
from support.api import FOLLOW, Api, GraphQLFailure
from support.following import collecting, feed_cursor, take, until_length
from support.scenario import brought, events
from support.server_settings import tuned

SNAPSHOT = """{ feedCursor statusCounts { status count } records(first: 1000) { nodes { id status } }
  statusChanges(first: 1000) { pageInfo { endCursor } nodes { position } } }"""
PAGE = "query ($after: String) { statusChanges(after: $after) { nodes { position } } }"


@pytest.fixture
def settings() -> Settings:
    return tuned(subscriber_lag=100)


async def _write(api: Api, rounds: int) -> None:
    """Records come, move and go."""
    for i in range(rounds):
        ids = await api.operator.submit(4, tag=f"w{i % 3}")
        await api.operator.move("hold", ids[:3])
        await api.operator.move("kill", ids[1:2])
        await api.operator.move("release", ids[:1])


def _folded(records: dict[str, str], changes: list[dict[str, Any]]) -> dict[str, str]:
    """The records after the changes; each must fit the status in which it finds its record."""
    after = dict(records)
    for change in changes:
        assert after.get(change["recordId"]) == change["from"], change
        after[change["recordId"]] = change["to"]
        if change["to"] == "KILLED":
            del after[change["recordId"]]
    return after


async def test_a_snapshot_and_what_follows_its_cursor_are_the_whole_under_load(api: Api) -> None:
    writers = [asyncio.create_task(_write(api, 8)) for _ in range(3)]
    snapshots = []
    while not all(writer.done() for writer in writers):
        data = await api.viewer.execute(SNAPSHOT)
        records = {node["id"]: node["status"] for node in data["records"]["nodes"]}
        counts = {entry["status"]: entry["count"] for entry in data["statusCounts"]}
        assert counts == Counter(records.values()), "counts and list of one query agree"
        snapshots.append((data["feedCursor"], records))
    await asyncio.gather(*writers)
    final = {node["id"]: node["status"] for node in (await api.viewer.execute(SNAPSHOT))["records"]["nodes"]}
    (sentinel,) = await api.operator.submit()
    whole = await events(api.viewer)
    assert [change["position"] for change in whole] == list(range(1, 1 + 3 * 8 * (4 + 3 + 1 + 1) + 1))
    for cursor, records in snapshots:
        async with api.viewer.follow(cursor) as stream:
            changes = [change async for change in _until(stream, sentinel)]
        assert _folded(records, changes) == final
        paged = (await api.viewer.execute(PAGE, after=cursor))["statusChanges"]["nodes"]
        assert [node["position"] for node in paged[:-1]] == [change["position"] for change in changes][: len(paged) - 1]
        for change in changes[:3]:  # and each of its changes is a cursor as good as the snapshot's
            async with api.viewer.follow(change["cursor"]) as stream:
                rest = [later async for later in _until(stream, sentinel)]
            assert rest == changes[changes.index(change) + 1 :]
    assert len({cursor for cursor, _ in snapshots}) > 3


async def _until(changes: AsyncIterator[dict[str, Any]], id_: str) -> AsyncIterator[dict[str, Any]]:
    async for change in changes:
        if change["recordId"] == id_:
            return
        yield change


async def test_following_from_a_snapshot_that_shows_more_than_the_last_tick_repeats_nothing_and_keeps_up(
    api: Api, services: Services, psql: asyncpg.Connection[Any]
) -> None:
    (id_,) = await api.operator.submit(1)
    await events(api.viewer)
    async with psql.transaction():  # no tick gets through, so the snapshot is ahead of the positions
        await psql.execute("LOCK TABLE tick IN SHARE MODE")
        await psql.execute("UPDATE record SET status = 'HOLD'")
        await api.operator.submit(150, tag="shown")
        cursor = (await api.viewer.execute("{ feedCursor }"))["feedCursor"]
    assert services.core.settings.subscriber_lag < 150
    async with collecting(api.viewer, cursor) as changes:
        await until_length(changes, 1)
        assert changes[0]["recordId"] == id_
        for i in range(3):
            await api.operator.submit(1, tag=f"later {i}")
            await until_length(changes, 2 + i)
    assert [change["action"] for change in changes] == ["HOLD", "SUBMIT", "SUBMIT", "SUBMIT"]


async def _code(api: Api, after: str) -> tuple[str, str]:
    """The code by which query and subscription refuse a cursor."""
    with pytest.raises(GraphQLFailure) as by_query:
        await api.viewer.execute(PAGE, after=after)
    with pytest.raises(GraphQLFailure) as by_subscription:
        async with api.viewer.follow(after) as changes:
            await anext(changes)
    assert by_query.value.errors[0]["message"] == by_subscription.value.errors[0]["message"]
    assert by_query.value.errors[0]["extensions"] == by_subscription.value.errors[0]["extensions"]
    extensions = by_query.value.errors[0]["extensions"]
    assert by_query.value.errors[0]["message"].startswith(f"{extensions['argument']} is ")
    return extensions["code"], extensions["argument"]


def _packed(*fields: object) -> str:
    return base64.urlsafe_b64encode("~".join(map(str, fields)).encode()).decode().rstrip("=")


async def test_cursors_that_this_server_never_gave_are_refused(api: Api) -> None:
    await brought(api, RecordStatus.HOLD)
    last = (await events(api.viewer))[-1]["cursor"]
    kind, epoch, position, seen = base64.urlsafe_b64decode(last + "=" * (-len(last) % 4)).decode().split("~")
    assert (kind, position, seen) == ("f", "2", "")
    edges = (await api.viewer.execute("{ records { edges { cursor } } }"))["records"]["edges"]
    made_up = [
        "", "x", "é", "\0", last + "=", last[:-1], " " + last, "A" * 100_000, edges[0]["cursor"],
        _packed("f", epoch, 3, ""), _packed("f", epoch, -1, ""), _packed("f", epoch, "1e3", ""), _packed("f", epoch, 1),
        _packed("f", epoch, "9" * 5_000, ""), _packed("f", epoch, 2**63, ""), _packed("l", epoch, 1, ""),
        _packed("f", epoch, 1, "garbage"), _packed("f", epoch, 1, "5:3:"), _packed("f", epoch, 1, "3:5:9,1"),
        _packed("f", epoch, 1, "1:2:" + "9" * 19), _packed("f", epoch, 1, "'; SELECT pg_sleep(9); --"),
        _packed("f", epoch, 1, "10:20:"), _packed("f", epoch, "\u0661", ""),
    ]  # fmt: skip
    assert await _code(api, _packed("f", "0" * 8, 1, "")) == ("CURSOR_STALE", "after")
    for cursor in made_up[:-2]:
        assert await _code(api, cursor) == ("CURSOR_INVALID", "after"), cursor[:50]


async def test_a_cursor_from_before_a_restore_is_stale(api: Api, psql: asyncpg.Connection[Any]) -> None:
    await brought(api, RecordStatus.HOLD)
    cursor = (await api.viewer.execute("{ feedCursor }"))["feedCursor"]
    await psql.execute("UPDATE feed_epoch SET epoch = 'restored'")
    code, argument = await _code(api, cursor)
    assert (code, argument) == ("CURSOR_STALE", "after")


async def test_a_cursor_older_than_the_events_kept_has_expired_and_newer_ones_still_hold(
    api: Api, services: Services, psql: asyncpg.Connection[Any]
) -> None:
    for i in range(4):
        await api.operator.submit(2, tag=f"t{i}")
        await events(api.viewer)
    whole = await events(api.viewer)
    assert await psql.fetchval("SELECT count(*) FROM tick WHERE n > 0") == 4
    await psql.execute(
        "UPDATE tick SET at = at - $1::interval WHERE first_pos <= 3",
        services.core.settings.event_retention + timedelta(days=1),
    )
    assert (await look_after(services.core))["ticks expired"] >= 2
    assert await _code(api, whole[0]["cursor"]) == ("CURSOR_EXPIRED", "after")
    assert await events(api.viewer) == whole[4:]
    for cut in (3, 4, 7):
        found = await api.viewer.execute(PAGE, after=whole[cut]["cursor"])
        assert [n["position"] for n in found["statusChanges"]["nodes"]] == [c["position"] for c in whole[cut + 1 :]]
    counts = (await api.viewer.execute("{ statusCounts { count } }"))["statusCounts"]
    assert counts == [{"count": 8}]
    async with collecting(api.viewer, whole[3]["cursor"]) as changes:
        await until_length(changes, 4)
    assert changes == whole[4:]


async def test_first_is_limited_and_never_negative(api: Api) -> None:
    for first, code in ((-1, "INVALID_INPUT"), (1_001, "LIMIT_EXCEEDED")):
        with pytest.raises(GraphQLFailure) as failure:
            await api.viewer.execute("query ($n: Int!) { statusChanges(first: $n) { nodes { position } } }", n=first)
        assert failure.value.code == code
    none = await api.viewer.execute("{ statusChanges(first: 0) { nodes { position } pageInfo { endCursor } } }")
    assert none["statusChanges"]["nodes"] == []
    async with api.viewer.socket() as socket:
        stream = socket.subscribe(FOLLOW, after=none["statusChanges"]["pageInfo"]["endCursor"])
        (id_,) = await api.operator.submit()
        assert (await anext(stream))["recordId"] == id_


async def test_who_resumes_where_a_whole_batch_ended_goes_on_from_there(api: Api) -> None:
    wanted = {"filter": {"campaign": ["c"]}}
    begun = await feed_cursor(api.viewer)
    await api.operator.submit(LARGEST, campaign="c")
    async with api.viewer.follow(after=begun, **wanted) as changes, api.viewer.follow(after=begun) as all_changes:
        (*_, last) = await take(changes, LARGEST)
        await api.operator.submit(campaign="another")
        await take(all_changes, LARGEST + 1)
        async with api.viewer.follow(after=last["cursor"], **wanted) as resumed:
            change = asyncio.ensure_future(take(resumed, 1))
            (next_id,) = await api.operator.submit(campaign="c")
            assert (await change)[0]["recordId"] == next_id

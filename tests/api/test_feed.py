"""The feed through the API: gapless, exactly once, the same to query and subscription, for any number of followers."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from typing import Any

import asyncpg

from interlock.api.context import Services
from interlock.domain.lifecycle import RecordStatus, Target
from support.api import Api
from support.following import collecting, feed_cursor, take, until_followed, until_length
from support.scenario import brought, events


async def test_a_subscriber_sees_every_transition_once_and_in_order(api: Api, services: Services) -> None:
    async with api.viewer.follow() as changes:
        first = asyncio.ensure_future(take(changes, 1))
        await until_followed(services.feed, 1)
        ids = await api.operator.submit(3)
        await api.operator.move("hold", ids, reason="later")
        seen = [*await first, *await take(changes, 5)]
    assert [change["action"] for change in seen] == ["SUBMIT"] * 3 + ["HOLD"] * 3
    assert [change["position"] for change in seen] == list(range(1, 7))
    assert [change["recordId"] for change in seen] == ids * 2
    assert {change["reason"] for change in seen[3:]} == {"later"}
    await until_followed(services.feed, 0)


async def test_query_and_subscription_give_the_same_changes_from_every_cursor(api: Api) -> None:
    for status in (*RecordStatus, Target.KILLED):
        await brought(api, status, owner=api.submitter, campaign="c")
    whole = await events(api.viewer)
    assert [change["position"] for change in whole] == list(range(1, len(whole) + 1))
    per_record: dict[str, Any] = {}
    for change in whole:
        assert change["from"] == per_record.get(change["recordId"]), "a record's changes join end to end"
        per_record[change["recordId"]] = change["to"]
    page = """query ($after: String) { statusChanges(after: $after, first: 7) { nodes { cursor position recordId to }
      pageInfo { endCursor hasNextPage hasPreviousPage } edges { cursor } } }"""
    brief = [{name: change[name] for name in ("cursor", "position", "recordId", "to")} for change in whole]
    for cut, change in enumerate(whole, 1):
        expected = brief[cut : cut + 7]
        found = (await api.viewer.execute(page, after=change["cursor"]))["statusChanges"]
        assert found["nodes"] == expected
        assert [edge["cursor"] for edge in found["edges"]] == [e["cursor"] for e in expected]
        assert found["pageInfo"]["hasNextPage"] == (len(brief) > cut + 7)
        assert found["pageInfo"]["endCursor"] == (expected[-1] if expected else change)["cursor"]
        async with api.viewer.follow(change["cursor"]) as changes:
            assert await take(changes, len(whole) - cut) == whole[cut:]


FILTERS: list[dict[str, Any]] = [
    {"to": ["HOLD", "KILLED"]}, {"to": ["KILLED"]}, {"action": ["SUBMIT"]}, {"action": ["CLAIM", "FAIL"], "to": ["RUNNING"]},
    {"tag": ["to ERROR", "nowhere"]}, {"campaign": ["c"]}, {"owner": ["submitter"]}, {"owner": ["operator"], "action": ["HOLD"]},
    {"to": []}, {"record": []}, {"owner": ["\0"]}, {},
]  # fmt: skip


async def test_filters_let_pass_what_they_say_in_query_and_subscription(api: Api) -> None:
    for status in (*RecordStatus, Target.KILLED):
        await brought(api, status, owner=api.submitter, campaign="c")
        await brought(api, status)
    whole = await events(api.viewer)
    (last,) = await api.operator.submit(tag="last")
    assert (await events(api.viewer))[-1]["recordId"] == last  # which waits until it has its position
    filters = [*FILTERS, {"record": [whole[5]["recordId"]]}]
    page = """query ($filter: StatusChangeFilter) { statusChanges(first: 1000, filter: $filter) { nodes { position }
      pageInfo { endCursor } } }"""
    for where in filters:
        keys = {"record": "recordId"}
        expected = [c["position"] for c in whole if all(c[keys.get(k, k)] in v for k, v in where.items())]
        passes_last = all(
            ({"owner": "operator", "action": "SUBMIT", "to": "WAITING"}.get(k)) in v for k, v in where.items()
        )
        found = (await api.viewer.execute(page, filter=where))["statusChanges"]["nodes"]
        assert [node["position"] for node in found][: len(expected)] == expected, where
        assert len(found) == len(expected) + passes_last, where
    start = whole[0]["cursor"]
    expected = [c for c in whole[1:] if c["to"] in {"HOLD", "KILLED"}]
    async with api.viewer.follow(start, filter={"to": ["HOLD", "KILLED"]}) as changes:
        assert await take(changes, len(expected)) == expected
    for wrong in ({"record": ["task_1"]}, {"record": [last, "x"]}):
        answer = (await api.viewer.post(page, filter=wrong)).json()
        assert answer["errors"][0]["extensions"]["code"] == "INVALID_INPUT"
        assert answer["errors"][0]["extensions"]["argument"].startswith("filter.record.")


async def test_many_subscribers_see_the_same_whoever_joins_or_leaves_between(api: Api, services: Services) -> None:
    async with AsyncExitStack() as stack:
        lists = [await stack.enter_async_context(collecting(api.viewer)) for _ in range(12)]
        await until_followed(services.feed, 12)
        async with collecting(api.viewer) as short:
            await until_followed(services.feed, 13)
            await api.operator.submit(5)
            await until_length(short, 5)
        await api.operator.submit(5)
        for seen in lists:
            await until_length(seen, 10)
        assert all(seen == lists[0] for seen in lists)
        assert short == lists[0][:5]
    await until_followed(services.feed, 0)


async def test_a_change_made_by_psql_is_in_the_feed_as_the_servers(
    api: Api, services: Services, psql: asyncpg.Connection[Any]
) -> None:
    (id_, killed) = await api.operator.submit(2, tag="t", campaign="c")
    async with collecting(api.viewer, after=await feed_cursor(api.viewer)) as seen:
        await until_followed(services.feed, 1)
        await psql.execute("UPDATE record SET status = 'HOLD' WHERE id = $1", int(id_.removeprefix("rec_")))
        await psql.execute("DELETE FROM record WHERE id = $1", int(killed.removeprefix("rec_")))
        await until_length(seen, 2)
    user = await psql.fetchval("SELECT session_user")
    common = {"actor": "SERVER", "who": user, "reason": None, "owner": "operator", "campaign": "c", "tag": "t"}
    for change, rest in zip(
        seen,
        (
            {"recordId": id_, "action": "HOLD", "from": "WAITING", "to": "HOLD", "position": 3},
            {"recordId": killed, "action": "KILL", "from": "WAITING", "to": "KILLED", "position": 4},
        ),
        strict=True,
    ):
        assert change == change | common | rest


async def test_events_of_a_commit_that_was_overtaken_are_not_lost(
    api: Api, services: Services, psql: asyncpg.Connection[Any]
) -> None:
    (id_,) = await api.operator.submit()
    (submitted,) = await events(api.viewer)
    async with collecting(api.viewer, submitted["cursor"]) as seen:
        await until_followed(services.feed, 1)
        async with psql.transaction():  # takes its place in the table first, and commits last
            await psql.execute("UPDATE record SET status = 'HOLD' WHERE id = $1", int(id_.removeprefix("rec_")))
            await api.operator.submit(3)
            await until_length(seen, 3)
        await until_length(seen, 4)
    assert [change["action"] for change in seen] == ["SUBMIT"] * 3 + ["HOLD"]
    assert [change["position"] for change in seen] == [2, 3, 4, 5]
    assert await events(api.viewer) == [submitted, *seen]

"""Subscriptions that share their execution: each gets what graphql-core would give it alone, and nothing is done twice."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from typing import Any

import pytest

from interlock.api.context import Services
from interlock.api.inputs import ChangeTest
from interlock.api.live.documents import Followed, LiveDocuments
from interlock.api.live.telling import Telling
from interlock.domain.lifecycle import RecordStatus, Target
from interlock.store.feed import EventRow
from support.api import FOLLOW, Api, Client
from support.following import collecting, until_followed, until_length
from support.scenario import brought, events


@dataclass
class Ways:
    """Which way subscriptions go, and how many went which."""

    shared: bool = True
    went: Counter[bool] = field(default_factory=Counter)


@pytest.fixture
def ways(monkeypatch: pytest.MonkeyPatch) -> Ways:
    ways = Ways()
    whole = LiveDocuments.followed

    async def followed(self: LiveDocuments, *arguments: Any) -> Followed | None:
        found = await whole(self, *arguments) if ways.shared else None
        ways.went[found is not None] += 1
        return found

    monkeypatch.setattr(LiveDocuments, "followed", followed)
    return ways


ODD = 'é"\\'
SHARED: dict[str, tuple[str, dict[str, Any]]] = {
    "everything": (FOLLOW, {}),
    "names": ("subscription { a: statusChanges { b: to c: to __typename d: __typename } }", {}),
    "fragments": (
        """subscription ($after: String) { statusChanges(after: $after) { ...F ... on StatusChange { at } action } }
        fragment F on StatusChange { cursor action who }""",
        {},
    ),
    "switched": (
        """subscription ($after: String, $on: Boolean = true, $off: Boolean!) { statusChanges(after: $after) {
        to @include(if: $on) from @skip(if: $on) reason @include(if: $off) position } }""",
        {"off": False},
    ),
    "filtered": (FOLLOW, {"filter": {"to": ["HOLD", "KILLED"], "tag": [ODD]}}),
    "filtered in the document": (
        'subscription ($after: String) { statusChanges(after: $after, filter: {action: [SUBMIT, KILL], campaign: ["c"]}) { tag } }',
        {},
    ),
    "chosen by name": ("query A { viewer { name } } subscription B($after: String) { statusChanges(after: $after) { tag } }", {}),
}  # fmt: skip
LEFT: dict[str, tuple[str, dict[str, Any]]] = {
    "the record": ("subscription ($after: String) { statusChanges(after: $after) { to record { id status } } }", {}),
    "no such field": ("subscription { statusChanges { nothing } }", {}),
    "a wrong variable": (FOLLOW, {"filter": {"to": ["NOWHERE"]}}),
    "a wrong cursor": (FOLLOW, {"after": "made up"}),
    "a wrong id": (FOLLOW, {"filter": {"record": ["task_1"]}}),
    "a query": ("{ viewer { name } }", {}),
    "two operations and no name": ("subscription A { statusChanges { to } } subscription B { statusChanges { to } }", {}),
}  # fmt: skip
IDS = ("1", 'é"\\', "x" * 200)


async def _frames(client: Client, id_: str, payload: dict[str, Any], count: int) -> list[str]:
    """The text of so many frames, or of all up to the last of the operation."""
    async with client.socket() as socket:
        await socket.send(type="subscribe", id=id_, payload=payload)
        texts: list[str] = []
        while len(texts) < count and not any('"type":"complete"' in t or '"type":"error"' in t for t in texts):
            texts.append(str(await socket.raw.recv()))
        return texts


async def _lived(api: Api) -> list[dict[str, Any]]:
    """A feed with something of everything."""
    for status in (*RecordStatus, Target.KILLED):
        await brought(api, status, owner=api.submitter, campaign="c")
    ids = await api.operator.submit(3, tag=ODD, campaign="c")
    await api.operator.move("hold", ids, reason='"\\\u2028é' * 40)
    await api.operator.move("kill", ids[:2])
    return await events(api.viewer)


WANTED: dict[str, Callable[[dict[str, Any]], bool]] = {
    "filtered": lambda change: change["to"] in {"HOLD", "KILLED"} and change["tag"] == ODD,
    "filtered in the document": lambda change: change["action"] in {"SUBMIT", "KILL"} and change["campaign"] == "c",
}


@pytest.mark.parametrize("what", [*SHARED, *LEFT])
async def test_shared_subscriptions_give_to_the_byte_what_graphql_core_gives(api: Api, ways: Ways, what: str) -> None:
    query, given = (SHARED | LEFT)[what]
    first, *rest = await _lived(api)
    count = sum(map(WANTED.get(what, bool), rest))
    if "$after" in query:
        given = {"after": first["cursor"]} | given
    else:
        query = query.replace("statusChanges {", f'statusChanges(after: "{first["cursor"]}") {{')
    payload = {"query": query, "variables": given, "operationName": "B" if what == "chosen by name" else None}
    for id_ in IDS:
        ways.shared = True
        ours = await _frames(api.viewer, id_, payload, count)
        ways.shared = False
        assert ours == await _frames(api.viewer, id_, payload, count)
        assert len(ours) == (count if what in SHARED or what == "the record" else len(ours)) > 0
    assert ways.went == ({True: 3, False: 3} if what in SHARED else {False: 6})


async def test_each_event_is_tested_and_told_once_for_all_who_ask_the_same(
    api: Api, services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: Counter[tuple[int, str]] = Counter()
    tested: Counter[tuple[int | None, ChangeTest]] = Counter()
    whole_told, whole_test = Telling._told, ChangeTest.__call__

    def _told(self: Telling, change: Any) -> bytes:
        told[change.event.position, str(sorted(key for key, _ in self._fields))] += 1
        return whole_told(self, change)

    def call(self: ChangeTest, event: EventRow) -> bool:
        tested[event.position, self] += 1
        return whole_test(self, event)

    monkeypatch.setattr(Telling, "_told", _told)
    monkeypatch.setattr(ChangeTest, "__call__", call)
    filters: list[dict[str, Any]] = [{}, {"filter": {"tag": ["b", "a"]}}, {"filter": {"tag": ["a", "b"]}}]
    selections = [FOLLOW, FOLLOW + " ", FOLLOW.replace("cursor position", "position")]
    async with AsyncExitStack() as stack:
        lists = [
            await stack.enter_async_context(_collecting(api.viewer, query, given))
            for query in selections for given in filters for _ in range(2)
        ]  # fmt: skip
        await until_followed(services.feed, len(lists))
        for number, tag in enumerate(("a", "b", "other")):
            await api.operator.submit(100, tag=tag)
            await until_length(lists[0], 100 * (number + 1))  # so that no two tags share a look at the feed
        for number, seen in enumerate(lists):
            await until_length(seen, 300 if (number // 2) % 3 == 0 else 200)
    assert set(told.values()) == {1}
    assert len(told) == 2 * 300, "two selections, though three documents"
    assert set(tested.values()) == {1}
    assert len(tested) == 300 + 200, "two filters, though three ways to write them, and no event without its tags"
    for seen in lists:
        positions = [change["position"] for change in seen]
        assert positions == list(range(positions[0], positions[0] + len(seen)))
    await until_followed(services.feed, 0)


def _collecting(client: Client, query: str, given: dict[str, Any]) -> Any:
    return collecting(client, query=query, **given)


async def test_a_snapshot_s_cursor_is_followed_on_its_own_until_it_is_settled(api: Api, services: Services) -> None:
    async with AsyncExitStack() as stack:
        lists = []
        for _ in range(20):
            data = await api.operator.execute("{ feedCursor }")
            lists.append(await stack.enter_async_context(collecting(api.viewer, data["feedCursor"])))
            await api.operator.submit(1)
        await until_followed(services.feed, 20)
        whole = await events(api.viewer)
        for number, seen in enumerate(lists):
            await until_length(seen, 20 - number)
            assert [change["position"] for change in seen] == [change["position"] for change in whole[number:]]

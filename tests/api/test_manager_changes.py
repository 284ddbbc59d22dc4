"""Managers as they change: what is told of them, to whom, when, and when not."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
import websockets

from interlock.api.context import Services
from interlock.service import fleet_watch
from interlock.service.fleet_watch import FleetWatch
from interlock.store.connection import Connection
from support.api import DEACTIVATE, Api, Client
from support.following import PATIENCE
from support.scenario import Bench, failed

FOLLOW = """subscription { managerChanges { id name cluster hostname version active tags programs { name version }
  leaseSeconds activatedAt heartbeatAt runningCount completedCount errorCount } }"""
NAMES = "subscription { managerChanges { name active } }"
"""Fields of which each follower could be told alike, as it is of the feed."""
MANAGERS = FOLLOW.replace("subscription { managerChanges", "{ managers { nodes") + " }"
Manager = dict[str, Any]


@asynccontextmanager
async def _following(client: Client) -> AsyncIterator[AsyncIterator[Manager]]:
    async with client.socket() as socket, asyncio.timeout(PATIENCE):
        yield socket.subscribe(FOLLOW)


async def _next(changes: AsyncIterator[Manager]) -> tuple[str, bool, int, int, int]:
    """What the next change is of, in short."""
    one = await anext(changes)
    return one["name"], one["active"], one["runningCount"], one["completedCount"], one["errorCount"]


async def _until(services: Services, followers: int) -> None:
    async with asyncio.timeout(PATIENCE):
        while services.fleet.followers != followers:  # noqa: ASYNC110 - the server has no event for it
            await asyncio.sleep(0)


def _looks(monkeypatch: pytest.MonkeyPatch) -> asyncio.Queue[bool]:
    """Fills with looks as they end: whether each succeeded."""
    looks: asyncio.Queue[bool] = asyncio.Queue()
    look = FleetWatch._look

    async def looked(self: FleetWatch) -> None:
        try:
            await look(self)
        except Exception:
            looks.put_nowait(False)
            raise
        looks.put_nowait(True)

    monkeypatch.setattr(FleetWatch, "_look", looked)
    return looks


async def test_each_step_of_a_manager_is_told(api: Api) -> None:
    await api.operator.submit(3, tag="t")
    async with _following(api.viewer) as changes:
        bench = await Bench.of(api, "t", "one", cluster="hpc", version="1", programs=[{"name": "psi4", "version": "2"}])
        assert (await anext(changes))["programs"] == [{"name": "psi4", "version": "2"}]
        tokens = list((await bench.claim(2)).values())
        assert await _next(changes) == ("one", True, 2, 0, 0)
        await bench.heartbeat(tokens)
        heard = await anext(changes)
        assert heard["heartbeatAt"] > heard["activatedAt"]
        await bench.give_back(tokens[:1], {"result": 1})
        assert await _next(changes) == ("one", True, 1, 1, 0)
        await bench.give_back(tokens[1:], failed())
        assert await _next(changes) == ("one", True, 0, 1, 1)
        await api.manager.call(DEACTIVATE, managerId=bench.id, unstarted=[])
        left = await anext(changes)
        assert (left["active"], left["heartbeatAt"] > heard["heartbeatAt"]) == (False, True)
    assert (await api.viewer.execute(MANAGERS))["managers"]["nodes"] == [left]


async def test_at_first_all_that_are_there_or_were_heard_of_late_are_told(api: Api, psql: Connection) -> None:
    for name in ("here", "silent", "left", "long gone"):
        bench = await Bench.of(api, name, name)
        if "left" in name or "gone" in name:
            await api.manager.call(DEACTIVATE, managerId=bench.id, unstarted=[])
    silent = "UPDATE manager SET heartbeat_at = heartbeat_at - interval '1 day' WHERE name IN ('silent', 'long gone')"
    await psql.execute(silent)
    shown = {one["name"]: one for one in (await api.viewer.execute(MANAGERS))["managers"]["nodes"]}
    async with _following(api.viewer) as changes:
        assert [await anext(changes) for _ in range(3)] == [shown[name] for name in ("here", "silent", "left")]
        # one that comes later is told all, and the other nothing again
        async with _following(api.viewer) as others:
            assert [(await anext(others))["name"] for _ in range(3)] == ["here", "silent", "left"]
            await Bench.of(api, "new", "new")
            assert (await anext(changes))["name"] == (await anext(others))["name"] == "new"


async def test_what_changes_between_a_query_and_the_subscription_is_told(api: Api, psql: Connection) -> None:
    benches = [await Bench.of(api, name, name) for name in ("stays", "leaves")]
    await psql.execute("UPDATE manager SET heartbeat_at = heartbeat_at - interval '1 day'")
    shown = {one["id"]: one for one in (await api.viewer.execute(MANAGERS))["managers"]["nodes"]}
    await api.manager.call(DEACTIVATE, managerId=benches[1].id, unstarted=[])
    await Bench.of(api, "comes", "comes")
    async with _following(api.viewer) as changes:
        for _ in range(3):
            one = await anext(changes)
            shown[one["id"]] = one
    assert list(shown.values()) == (await api.viewer.execute(MANAGERS))["managers"]["nodes"]


async def test_of_one_that_nothing_happens_to_nothing_is_told(
    api: Api, services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fleet_watch, "_INTERVAL", 0.15)
    looks = _looks(monkeypatch)
    await Bench.of(api, "t", "one")
    async with api.viewer.socket() as socket:
        async with asyncio.timeout(PATIENCE):
            for id_ in ("a", "b", "c"):
                await socket.send(type="subscribe", id=id_, payload={"query": NAMES})
            assert {(await socket.receive())["id"] for _ in range(3)} == {"a", "b", "c"}
            for _ in range(5):  # however many follow, they share a look
                await looks.get()
            await socket.send(type="ping")
            assert (await socket.receive())["type"] == "pong"
    await _until(services, 0)
    while not looks.empty():
        looks.get_nowait()
    # nobody looks for nobody
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.6):
            await looks.get()


async def test_one_that_is_slow_to_take_them_gets_the_last_state_of_each(api: Api, services: Services) -> None:
    await api.operator.submit(5, tag="t")
    bench = await Bench.of(api, "t", "one")
    slow, quick = services.fleet.follow(), services.fleet.follow()
    async with asyncio.timeout(PATIENCE):
        for changes in (slow, quick):
            assert (await anext(changes)).running == 0
        for number in range(1, 4):
            await bench.claim(1)
            assert (await anext(quick)).running == number
        await Bench.of(api, "u", "another")
        assert (await anext(quick)).name == "another"
        assert [(row.name, row.running) for row in (await anext(slow), await anext(slow))] == [
            ("one", 3),
            ("another", 0),
        ]
    for changes in (slow, quick):
        await changes.aclose()
    assert services.fleet.followers == 0


async def test_a_look_that_fails_is_followed_by_another(
    api: Api, psql: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks = _looks(monkeypatch)
    async with _following(api.viewer) as changes:
        await Bench.of(api, "t", "one")
        assert (await anext(changes))["name"] == "one"
        await psql.execute("ALTER TABLE manager RENAME TO elsewhere")
        while await looks.get():
            pass
        await psql.execute("ALTER TABLE elsewhere RENAME TO manager")
        await Bench.of(api, "u", "another")
        assert (await anext(changes))["name"] == "another"


@pytest.mark.parametrize("also", [False, True], ids=["alone", "with the feed"])
async def test_when_the_server_leaves_the_subscription_is_closed_with_1012(
    api: Api, services: Services, *, also: bool
) -> None:
    async with api.viewer.socket() as socket:
        await socket.send(type="subscribe", id="1", payload={"query": NAMES})
        if also:
            await socket.send(type="subscribe", id="2", payload={"query": "subscription { statusChanges { cursor } }"})
            async with asyncio.timeout(PATIENCE):
                while services.feed.followers != 1:  # noqa: ASYNC110 - the same
                    await asyncio.sleep(0)
        await _until(services, 1)
        services.drain.begin()
        with pytest.raises(websockets.ConnectionClosed) as closed:
            await socket.receive()
    assert closed.value.rcvd is not None
    said, _, cursor = closed.value.rcvd.reason.partition(" Resume after ")
    assert (closed.value.rcvd.code, said, bool(cursor)) == (1012, "The server is leaving.", also)
    assert await services.drain.over(10) == 0


@pytest.mark.parametrize("accept", ["text/event-stream", "multipart/mixed;subscriptionSpec=1.0"])
async def test_a_stream_has_the_managers_and_says_when_the_server_leaves(
    api: Api, services: Services, accept: str
) -> None:
    await Bench.of(api, "t", "one")
    headers = {"Authorization": f"Bearer {api.viewer.key}", "Accept": accept}
    url = f"{api.viewer.url}/graphql"
    async with api.viewer.http.stream("POST", url, json={"query": FOLLOW}, headers=headers) as response:
        text = ""
        async for chunk in response.aiter_text():
            text += chunk
            if '"name":"one"' in text:
                services.drain.begin()
    assert "The server is leaving. Subscribe again." in text
    assert ('"RESTARTING"' in text) == accept.startswith("multipart")
    assert "event: complete" not in text


async def test_a_revoked_key_ends_it(api: Api, services: Services) -> None:
    create = "mutation ($input: CreateKeyInput!) { createKey(input: $input) { id key } }"
    made = await api.admin.call(create, name="guest", role="VIEWER")
    guest = Client(api.viewer.http, api.viewer.url, made["key"])
    headers = {"Authorization": f"Bearer {guest.key}", "Accept": "text/event-stream"}
    stream = guest.http.stream("POST", f"{guest.url}/graphql", json={"query": FOLLOW}, headers=headers)
    async with guest.socket() as socket, stream as events:
        await socket.send(type="subscribe", id="1", payload={"query": FOLLOW})
        await _until(services, 2)
        await api.admin.call("mutation ($input: RevokeKeyInput!) { revokeKey(input: $input) { id } }", keyId=made["id"])
        with pytest.raises(websockets.ConnectionClosed) as closed:
            await socket.receive()
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 4403
        assert [line async for line in events.aiter_lines() if line.startswith("data: {")] == []
    await _until(services, 0)

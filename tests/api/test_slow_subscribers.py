"""Subscribers that do not read: nothing is buffered for them, and they are closed with a way to resume."""

from __future__ import annotations

import asyncio
import json
import resource
import time
from collections.abc import AsyncIterator
from typing import Any

import pytest
import websockets

from interlock.api.context import Services
from interlock.settings import Settings
from support.api import Api, GraphQLFailure
from support.following import until_followed
from support.scenario import events
from support.server_settings import tuned
from support.stalled import narrow, stalled

LAG = 2_000
SEND_TIMEOUT = 4.0
LONG = [{"function": "a:b", "args": ["x" * 5_000]}] * 200
WITH_RECORD = "subscription { statusChanges { position cursor record { status specification } } }"
"""Results that are large, and that need the database, which must not wait for their reader."""
WIDE = {"max_aliases": 200, "max_names": 200}
"""What lets an event be large."""
SHARED = f"subscription {{ statusChanges {{ position cursor {' '.join(f'a{n}: cursor' for n in range(120))} }} }}"
"""Results that are large, and made once for all who ask for them."""


@pytest.fixture
def settings() -> Settings:
    return tuned(subscriber_lag=LAG, feed_memory=1_000, send_timeout=SEND_TIMEOUT, pool_size=3, **WIDE)


async def _all_of(changes: AsyncIterator[dict[str, Any]], seen: list[dict[str, Any]]) -> None:
    """Append the changes until they end, one by one, so that none is lost to an exception."""
    async for change in changes:
        seen.append(change)  # noqa: PERF401 - see above


@pytest.mark.parametrize("query", [WITH_RECORD, SHARED], ids=["each", "shared"])
async def test_a_subscriber_that_stops_reading_is_closed_and_holds_up_nobody(
    api: Api, services: Services, query: str
) -> None:
    silent = [stalled(api.viewer, query) for _ in range(4)]
    for one in silent:
        await one.__aenter__()
    await until_followed(services.feed, 4)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for _ in range(10):
        await api.operator.submit(specifications=LONG)
    waits = []
    while services.feed.followers:  # until the last of them is closed
        began = time.monotonic()
        assert (await api.viewer.execute("{ viewer { name } records(first: 1) { nodes { id } } }"))["records"]["nodes"]
        waits.append(time.monotonic() - began)
    assert max(waits) < SEND_TIMEOUT / 2, "nobody waits for those that do not read"
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert grown < 100_000, f"{grown} kB"
    for one in silent:
        await one.__aexit__(None, None, None)
    assert len(await events(api.viewer)) == 2_000


@pytest.mark.parametrize("accept", ["text/event-stream", "multipart/mixed; boundary=graphql; subscriptionSpec=1.0"])
async def test_a_stream_that_nobody_reads_is_cut_off(api: Api, services: Services, accept: str) -> None:
    body = json.dumps({"query": WITH_RECORD})
    reader, writer = await narrow(api.viewer)
    writer.write(
        f"POST /graphql HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {api.viewer.key}\r\nAccept: {accept}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n{body}".encode()
    )
    assert b" 200 " in await reader.readuntil(b"\r\n\r\n")
    await until_followed(services.feed, 1)
    for _ in range(10):
        await api.operator.submit(specifications=LONG)
    await until_followed(services.feed, 0)
    assert not (await reader.read()).endswith(b"0\r\n\r\n"), "it ends in the middle"
    writer.close()


@pytest.mark.parametrize("settings", [tuned(subscriber_lag=LAG, feed_memory=1_000, **WIDE)], ids=["patient"])
@pytest.mark.parametrize("query", [WITH_RECORD, SHARED], ids=["each", "shared"])
async def test_a_subscriber_that_falls_too_far_behind_is_told_where_to_resume(
    api: Api, services: Services, query: str
) -> None:
    seen = []
    async with api.viewer.socket() as sock:
        changes = sock.subscribe(query)
        first = asyncio.ensure_future(anext(changes))
        await until_followed(services.feed, 1)
        await api.operator.submit(1)
        seen.append(await first)
        for _ in range(2 * LAG // len(LONG)):  # more than the connection's buffers hold, and nobody reads
            await api.operator.submit(specifications=LONG)
        with pytest.raises(GraphQLFailure) as failure:
            await _all_of(changes, seen)
    assert failure.value.code == "SUBSCRIBER_TOO_SLOW"
    assert len(seen) < LAG
    total = 1 + 2 * LAG
    async with api.viewer.follow(failure.value.errors[0]["extensions"]["cursor"]) as changes:
        while seen[-1]["position"] < total:
            seen.append(await anext(changes))
    assert [change["position"] for change in seen] == list(range(1, total + 1))


async def test_a_subscriber_that_resumes_from_far_behind_is_not_too_slow(api: Api) -> None:
    await api.operator.submit(1)
    (first,) = await events(api.viewer)
    await api.operator.submit(LAG * 2)
    async with api.viewer.follow(first["cursor"]) as changes:
        positions = [(await anext(changes))["position"] for _ in range(LAG * 2)]
    assert positions == list(range(2, LAG * 2 + 2))


async def test_a_socket_that_sends_nonsense_is_closed_with_its_reason_and_no_trace_in_the_log(
    api: Api, capfd: pytest.CaptureFixture[str]
) -> None:
    nonsense: list[Any] = [
        "not json", "[]", "3", "null", '"text"', "{}", '{"type": 1}', '{"type": "start"}', '{"type": "subscribe"}',
        '{"type": "subscribe", "id": ["a"], "payload": {"query": "{ viewer { name } }"}}',
        '{"type": "subscribe", "id": "1", "payload": "text"}', '{"type": "subscribe", "id": "1", "payload": {}}',
        '{"type": "subscribe", "id": "1", "payload": {"query": 3}}', '{"type": "subscribe", "id": "1", "payload": null}',
        '{"type": "subscribe", "id": "1", "payload": {"query": "{ viewer { name } }", "variables": 3}}',
        '{"type": {"a": 1}}', '{"type": ["subscribe"]}', json.dumps({"type": "long" * 100}), '{"type": "complete"}', '{"type": "complete", "id": {}}', b"\x00\xff",
    ]  # fmt: skip
    for frame in nonsense:
        async with api.viewer.socket() as sock:
            await sock.raw.send(frame)
            with pytest.raises(websockets.ConnectionClosed) as closed:
                await sock.raw.recv()
            assert closed.value.rcvd is not None, frame
            assert (closed.value.rcvd.code, bool(closed.value.rcvd.reason)) == (4_400, True), frame
    printed = capfd.readouterr()
    assert "Traceback" not in printed.out + printed.err

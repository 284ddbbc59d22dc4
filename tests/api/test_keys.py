"""Keys: without a valid one nothing is open, a revoked one ends at once, and secrets are nowhere to be read."""

from __future__ import annotations

import asyncio
import io
import time
from collections.abc import Iterator
from typing import Any

import asyncpg
import pytest
import structlog
import websockets

from interlock.api.context import Services
from interlock.domain.lifecycle import RecordStatus
from support.api import FOLLOW, Api, Client, GraphQLFailure
from support.following import until_followed
from support.scenario import Bench, brought

CREATE = "mutation ($input: CreateKeyInput!) { createKey(input: $input) { id key errors { code message path } } }"
REVOKE = "mutation ($input: RevokeKeyInput!) { revokeKey(input: $input) { id errors { code message path } } }"
KEYS = "{ keys { id prefix principal role createdAt revokedAt } }"


async def _made(api: Api, name: str = "guest", role: str | None = "OPERATOR") -> tuple[str, Client]:
    payload = await api.admin.call(CREATE, name=name, role=role)
    assert payload["errors"] == []
    return payload["id"], Client(api.admin.http, api.admin.url, payload["key"])


async def test_without_a_valid_key_nothing_is_answered_by_http_and_websocket(api: Api) -> None:
    url = f"{api.viewer.url}/graphql"
    body = {"query": "{ viewer { name } }"}
    headers: list[Any] = [
        {}, {"Authorization": ""}, {"Authorization": "Bearer"}, {"Authorization": api.viewer.key},
        {"Authorization": f"Basic {api.viewer.key}"}, {"Authorization": "Bearer ilk_wrong"},
        {"Authorization": f"Bearer {api.viewer.key}x"}, {"Authorization": f"Bearer {api.viewer.key[:-1]}"},
        {"Authorization": b"Bearer \xff\xfe"}, {"Authorization": f"Bearer {'x' * 10_000}"},
    ]  # fmt: skip
    for header in headers:
        for answer in (
            await api.viewer.http.post(url, json=body, headers=header),
            await api.viewer.http.get(url, params=body, headers=header),
            await api.viewer.http.post(url, content=b"not even json", headers=header),
        ):
            assert answer.status_code == 401, header
            assert answer.json()["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"
            assert answer.headers["www-authenticate"] == "Bearer"
    for scheme in ("Bearer", "bearer", "BEARER"):
        answer = await api.viewer.http.post(url, json=body, headers={"Authorization": f"{scheme}  {api.viewer.key}"})
        assert answer.status_code == 200
    for payload in (
        None, {}, {"authorization": ""}, {"authorization": "Bearer wrong"}, {"authorization": 3}, {"authorization": None},
        {"authorization": {"a": 1}}, {"authorization": f"Bearer {api.viewer.key} {api.viewer.key}"},
    ):  # fmt: skip
        async with _raw(api) as raw:
            frame = {"type": "connection_init"} | ({} if payload is None else {"payload": payload})
            await raw.send(structlog.processors.JSONRenderer()(None, "", dict(frame)))
            with pytest.raises(websockets.ConnectionClosed) as closed:
                await raw.recv()
            assert closed.value.rcvd is not None
            assert closed.value.rcvd.code == 4_401
    async with _raw(api) as raw:
        await raw.send('{"type": "subscribe", "id": "1", "payload": {"query": "{ viewer { name } }"}}')
        with pytest.raises(websockets.ConnectionClosed) as closed:
            await raw.recv()
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 4_401


def _raw(api: Api) -> Any:
    url = api.viewer.url.replace("http", "ws", 1) + "/graphql"
    return websockets.connect(url, subprotocols=[websockets.Subprotocol("graphql-transport-ws")])


async def test_a_websocket_may_show_its_key_in_the_handshake(api: Api) -> None:
    url = api.viewer.url.replace("http", "ws", 1) + "/graphql"
    async with websockets.connect(
        url,
        subprotocols=[websockets.Subprotocol("graphql-transport-ws")],
        additional_headers={"Authorization": f"Bearer {api.viewer.key}"},
    ) as raw:
        await raw.send('{"type": "connection_init"}')
        assert '"connection_ack"' in str(await raw.recv())


async def test_a_revoked_key_is_refused_at_once_and_what_it_opened_is_closed(api: Api, services: Services) -> None:
    id_, guest = await _made(api)
    _, second = await _made(api, role=None)  # another key of the same principal
    stream = guest.http.stream(
        "POST", f"{guest.url}/graphql", json={"query": FOLLOW},
        headers={"Authorization": f"Bearer {guest.key}", "Accept": "text/event-stream"},
    )  # fmt: skip
    async with guest.socket() as socket, second.socket() as kept, stream as events, guest.socket() as idle:
        frames = socket.subscribe(FOLLOW)
        waiting = asyncio.ensure_future(anext(frames))
        others = kept.subscribe(FOLLOW)
        still = asyncio.ensure_future(anext(others))
        await until_followed(services.feed, 3)
        began = time.monotonic()
        payload = await api.admin.call(REVOKE, keyId=id_)
        assert (payload["id"], payload["errors"]) == (id_, [])
        assert (await guest.post("{ viewer { name } }")).status_code == 401
        for closing in (waiting, idle.raw.recv()):
            with pytest.raises(websockets.ConnectionClosed) as closed:
                await closing
            assert closed.value.rcvd is not None
            assert closed.value.rcvd.code == 4_403
        assert [line async for line in events.aiter_lines() if line.startswith("data: {")] == []
        assert time.monotonic() - began < 1
        await api.operator.submit()
        assert (await still)["action"] == "SUBMIT"
    assert (await second.execute("{ viewer { name } }"))["viewer"] == {"name": "guest"}
    again = await api.admin.call(REVOKE, keyId=id_)
    assert [error["code"] for error in again["errors"]] == ["NOT_FOUND"]


async def test_keys_are_made_and_listed_without_their_secret_and_stored_hashed(
    api: Api, psql: asyncpg.Connection[Any]
) -> None:
    id_, guest = await _made(api)
    (listed,) = [key for key in (await api.admin.execute(KEYS))["keys"] if key["id"] == id_]
    assert (listed["principal"], listed["role"], listed["revokedAt"]) == ("guest", "OPERATOR", None)
    assert guest.key.startswith(listed["prefix"])
    assert len(listed["prefix"]) <= 12 < len(guest.key) - 25
    tables = await psql.fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'interlock'")
    for table in tables:
        text = await psql.fetchval(f"SELECT string_agg(t::text, ' ') FROM {table['tablename']} t") or ""
        for secret in (guest.key, api.admin.key, api.submitter.key):
            assert secret not in text, table
            assert secret.encode().hex() not in text, table
    wrong: list[tuple[dict[str, Any], str, str]] = [
        ({"name": "nobody yet"}, "INVALID_INPUT", "input.role"),
        ({"name": "guest", "role": "ADMIN"}, "INVALID_INPUT", "input.role"),
        ({"name": "", "role": "ADMIN"}, "INVALID_INPUT", "input.name"),
        ({"name": "a\0b", "role": "ADMIN"}, "INVALID_INPUT", "input.name"),
        ({"name": "x" * 201, "role": "ADMIN"}, "LIMIT_EXCEEDED", "input.name"),
    ]
    for given, code, path in wrong:
        payload = await api.admin.call(CREATE, **given)
        assert [(e["code"], e["path"]) for e in payload["errors"]] == [(code, path)], given
        assert payload["key"] is None
    for key_id, code in (("key_999", "NOT_FOUND"), ("key_99999999999999", "NOT_FOUND"), ("rec_1", "INVALID_INPUT")):
        payload = await api.admin.call(REVOKE, keyId=key_id)
        assert [e["code"] for e in payload["errors"]] == [code], key_id


@pytest.fixture
def logged() -> Iterator[io.StringIO]:
    """All that is logged, rendered."""
    written = io.StringIO()
    before = structlog.get_config()
    structlog.configure(
        processors=[structlog.processors.format_exc_info, structlog.processors.JSONRenderer(default=repr)],
        logger_factory=structlog.PrintLoggerFactory(written),
        cache_logger_on_first_use=False,
    )
    yield written
    structlog.configure(**before)


async def test_no_secret_is_ever_logged(
    api: Api, services: Services, psql: asyncpg.Connection[Any], logged: io.StringIO, caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    caplog.set_level("DEBUG", logger="interlock")
    caplog.set_level("INFO")
    id_, guest = await _made(api)
    await brought(api, RecordStatus.FAILED)
    (running,) = await guest.submit(tag="t")
    tokens = await (await Bench.of(api, "t")).claim()
    async with guest.follow() as changes:
        first = asyncio.ensure_future(anext(changes, None))
        await until_followed(services.feed, 1)
        await guest.move("kill", [running])
        await first
    await psql.execute("ALTER TABLE api_key RENAME TO hidden")  # a fault while a key is looked up
    answer = await guest.post("{ viewer { name } }")
    assert answer.status_code >= 500
    await psql.execute("ALTER TABLE hidden RENAME TO api_key")
    await psql.execute("ALTER TABLE record RENAME TO hidden")
    with pytest.raises(GraphQLFailure):
        await guest.execute("{ records { nodes { id } } }")
    await psql.execute("ALTER TABLE hidden RENAME TO record")
    await api.admin.call(REVOKE, keyId=id_)
    await guest.post("{ viewer { name } }")
    out, err = capfd.readouterr()
    everything = logged.getvalue() + caplog.text + out + err
    assert "fault" in everything
    for secret in (guest.key, *(client.key for client in (api.admin, api.operator, api.manager, api.viewer))):
        assert secret not in everything
        assert secret.removeprefix("ilk_")[8:] not in everything
    assert tokens
    assert repr(services.core.settings).find("postgres://") == -1

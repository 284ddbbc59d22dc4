"""The client against a server that is away, broken, or says no."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Any

import pytest

from interlock.manager.client import Client, KeyRefused, Refused
from interlock.manager.config import ManagerConfig
from manager.faulty_server import CutError, StatusError, faulty_server

KEY = "ilk_very-secret-indeed"
Script = Callable[[dict[str, Any]], dict[str, Any]]


def config(url: str, **changes: Any) -> ManagerConfig:
    return ManagerConfig(**{"url": url, "key": KEY, "name": "test", "lease_seconds": 3, "workers": 1, **changes})


class Told:
    """Collects the events of a manager."""

    def __init__(self) -> None:
        self.events: list[tuple[str, dict[str, Any]]] = []
        self.something = asyncio.Event()

    def __call__(self, event: str, /, **details: Any) -> None:
        self.events.append((event, details))
        self.something.set()

    @property
    def names(self) -> list[str]:
        return [name for name, _ in self.events]


def failing_first(times: int, failure: Exception | dict[str, Any], then: dict[str, Any]) -> Script:
    """An answer that fails some times before it succeeds."""
    left = times

    def answer(_given: dict[str, Any]) -> dict[str, Any]:
        nonlocal left
        left -= 1
        if left < 0:
            return then
        if isinstance(failure, Exception):
            raise failure
        return failure

    return answer


@pytest.mark.parametrize(
    "failure",
    [
        CutError(),
        StatusError(503),
        StatusError(502),
        StatusError(429),
        {"message": "no database", "extensions": {"code": "UNAVAILABLE"}},
        {"message": "took too long", "extensions": {"code": "DEADLINE_EXCEEDED"}},
        {"message": "something went wrong", "extensions": {"code": "INTERNAL"}},
    ],
    ids=repr,
)
async def test_a_claim_is_repeated_with_the_same_key_until_it_is_answered(failure: Any) -> None:
    told = Told()
    lease = {"token": "t", "recordId": "rec_1", "function": "m:f", "args": [1], "kwargs": {"b": 2}}
    async with faulty_server() as server, Client(config(server.url), told) as client:
        server.answers["claimTasks"] = failing_first(2, failure, {"leases": [lease]})
        (claimed,) = await client.claim(5)
        assert (claimed.record_id, claimed.args, claimed.kwargs) == ("rec_1", [1], {"b": 2})
        first, *rest = server.inputs("claimTasks")
        assert rest == [first, first]
        assert first["limit"] == 5
        server.answers["claimTasks"] = lambda _: {"leases": []}
        await client.claim(5)
        assert server.inputs("claimTasks")[-1]["claimKey"] != first["claimKey"]


async def test_a_server_that_is_away_is_told_once_and_waited_for() -> None:
    told = Told()
    async with faulty_server() as server:
        port = server.port
    async with Client(config(f"http://127.0.0.1:{port}"), told) as client:
        claiming = asyncio.create_task(client.claim(1))
        await asyncio.sleep(1)
        assert told.names == ["server_away"]
        async with faulty_server(port):
            assert await claiming == []
    assert told.names == ["server_away", "server_back"]


@pytest.mark.parametrize(
    ("answer", "error", "words"),
    [
        (StatusError(401), KeyRefused, "does not accept the key"),
        (StatusError(403), KeyRefused, "does not accept the key"),
        (StatusError(413), Refused, "413"),
        (
            {"message": "the key was revoked", "extensions": {"code": "UNAUTHENTICATED"}},
            KeyRefused,
            "revoked",
        ),
        (
            {"message": "deactivated", "extensions": {"code": "FORBIDDEN"}},
            Refused,
            r"deactivated \(FORBIDDEN\)",
        ),
        ({"errors": [{"code": "LIMIT_EXCEEDED", "message": "at most 3", "path": "x"}]}, Refused, "at most 3"),
    ],
)
async def test_a_refusal_is_not_repeated(answer: Any, error: type[Refused], words: str) -> None:
    async with faulty_server() as server, Client(config(server.url), Told()) as client:
        server.answers["claimTasks"] = failing_first(9, answer, {})
        with pytest.raises(error, match=words) as caught:
            await client.claim(1)
        assert type(caught.value) is error
        assert len(server.calls) == 1


STRANGERS = [
    b"<html>It works!</html>", b"", b"{}", b"[]", b"null", b"3", b'"data"', b'{"status": "ok"}', b'{"data": null}',
    b'{"data": {}}', b'{"data": []}', b'{"data": {"viewer": null}}', b'{"data": {"a": {}, "b": {}}}',
    b'{"errors": "no"}', b'{"errors": ["no"]}', b'{"errors": 3}',
]  # fmt: skip


@pytest.mark.parametrize("answer", STRANGERS)
async def test_what_is_no_interlock_is_refused_at_the_start_and_waited_for_later(answer: bytes) -> None:
    told = Told()
    async with faulty_server() as server, Client(config(server.url), told) as client:
        server.instead = answer
        async with asyncio.timeout(5):
            with pytest.raises(Refused, match=r"answers, but not as an Interlock server does: see that the URL"):
                await client.check()
        assert told.names == []
        claiming = asyncio.create_task(client.claim(1))
        await told.something.wait()
        ((name, details),) = told.events
        assert name == "server_away"
        assert "answers, but not as an Interlock server does" in details["reason"]
        server.instead = None
        assert await claiming == []
        assert told.names == ["server_away", "server_back"]


@pytest.mark.parametrize("status", [301, 400, 405, 415, 500, 501])
async def test_what_answers_with_a_status_that_no_interlock_has_is_refused_at_the_start(status: int) -> None:
    async with faulty_server() as server, Client(config(server.url), Told()) as client:
        server.instead, server.status = b"<html>no</html>", status
        async with asyncio.timeout(5):
            with pytest.raises(Refused, match=r"answers, but not as an Interlock server does") as caught:
                await client.check()
        assert f"(HTTP {status})" in str(caught.value)
        assert "\n" not in str(caught.value)


async def test_a_server_that_fails_on_one_request_again_and_again_is_not_asked_for_ever() -> None:
    fault = {"message": "fault 123", "extensions": {"code": "INTERNAL"}}
    async with faulty_server() as server, Client(config(server.url), Told()) as client:
        server.answers["claimTasks"] = lambda _: fault
        with pytest.raises(Refused, match="fault 123"):
            await client.claim(1)
        assert len(server.calls) == 5


async def test_what_cannot_be_sent_is_refused_rather_than_repeated() -> None:
    async with faulty_server() as server, Client(config(server.url), Told()) as client:
        with pytest.raises(Refused, match="cannot be written as JSON"):
            await client.give_back([{"token": "\ud800"}])


async def test_the_key_goes_to_the_server_and_into_no_log(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    told = Told()
    async with faulty_server() as server, Client(config(server.url), told) as client:
        server.answers["claimTasks"] = failing_first(1, StatusError(503), {"leases": []})
        await client.activate({"tblite": "0.8.0"}, "host", "0.1")
        await client.claim(1)
        assert all(f"bearer {KEY}" in head or f"Bearer {KEY}" in head for head in server.headers)
    assert caplog.records
    assert KEY not in caplog.text
    assert KEY not in repr(config(server.url)) + repr(told.events)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"url": "localhost:8000"}, "url must be like"),
        ({"key": ""}, "key is empty"),
        ({"tags": ()}, "tags"),
        ({"tags": ("*", "a")}, "only at the end"),
        ({"workers": 0}, "workers must be at least 1"),
        ({"functions": ("os.system",)}, "no pattern for functions"),
    ],
)
def test_a_setting_that_cannot_be_is_named(changes: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        config(**{"url": "http://127.0.0.1:8765", **changes})


@pytest.mark.parametrize(
    ("url", "endpoint"),
    [
        ("http://127.0.0.1:8765", "http://127.0.0.1:8765/graphql"),
        ("http://127.0.0.1:8765/", "http://127.0.0.1:8765/graphql"),
        ("https://example.org/interlock/graphql", "https://example.org/interlock/graphql"),
    ],
)
def test_a_server_may_be_named_with_or_without_the_path(url: str, endpoint: str) -> None:
    assert config(url).endpoint == endpoint


def test_each_manager_has_a_name_of_its_own() -> None:
    one, other = (ManagerConfig(url="http://a", key="k").name for _ in range(2))
    assert one != other

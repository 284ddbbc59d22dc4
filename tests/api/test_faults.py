"""Faults of the server itself: masked under an id that the log has with the traceback, and never half done."""

from __future__ import annotations

import asyncio
import json
import logging
from typing import Any

import asyncpg
import pytest
import structlog
import websockets
from structlog.testing import LogCapture

from interlock.api.context import Services
from interlock.api.schema import InterlockSchema
from interlock.domain.lifecycle import RecordStatus
from support.api import FOLLOW, Api, GraphQLFailure
from support.following import feed_cursor, until_followed
from support.scenario import brought, events


@pytest.fixture
def logged() -> Any:
    """The entries of the log, as dictionaries."""
    capture = LogCapture()
    before = structlog.get_config()["processors"]
    structlog.configure(processors=[capture])
    yield capture.entries
    structlog.configure(processors=before)


def _fault(answer: dict[str, Any], logged: list[Any]) -> Any:
    """The error of an answer must carry an id, say nothing else, and be found in the log under it."""
    (error,) = answer["errors"]
    assert error["extensions"]["code"] == "INTERNAL"
    fault = error["extensions"]["fault"]
    assert fault in error["message"]
    assert "hidden" not in json.dumps(answer)
    assert "relation" not in json.dumps(answer)
    (entry,) = [entry for entry in logged if entry.get("fault") == fault]
    assert entry["log_level"] == "error"
    assert isinstance(entry["exc_info"], BaseException)
    return entry


async def test_an_unexpected_fault_is_masked_and_the_log_has_it_whole(
    api: Api, psql: asyncpg.Connection[Any], logged: list[Any]
) -> None:
    (id_,) = await api.operator.submit()
    await psql.execute("ALTER TABLE cohort RENAME TO hidden")
    query = (await api.operator.post("{ viewer { name } records { nodes { id } } }")).json()
    assert isinstance(_fault(query, logged)["exc_info"], asyncpg.UndefinedTableError)
    hold = f'mutation {{ hold(input: {{target: {{ids: ["{id_}"]}}}}) {{ moved }} }}'
    _fault((await api.operator.post(hold)).json(), logged)
    async with api.operator.socket() as socket:
        with pytest.raises(GraphQLFailure) as failure:
            await anext(socket.subscribe("{ records { nodes { id } } }"))
        _fault({"errors": failure.value.errors}, logged)
    await psql.execute("ALTER TABLE hidden RENAME TO cohort")
    assert [e["action"] for e in await events(api.viewer)] == ["SUBMIT"]


async def test_a_fault_before_graphql_is_masked_too(api: Api, psql: asyncpg.Connection[Any], logged: list[Any]) -> None:
    await psql.execute("ALTER TABLE api_key RENAME TO hidden")
    answer = await api.operator.post("{ viewer { name } }")
    assert answer.status_code == 500
    _fault(answer.json(), logged)
    with pytest.raises(websockets.ConnectionClosed) as closed:
        async with api.operator.socket():
            pass
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code in {1011, 1013, 4500}


async def test_a_fault_before_an_operation_ends_that_operation_and_not_its_socket(
    api: Api, psql: asyncpg.Connection[Any], logged: list[Any]
) -> None:
    async with api.operator.socket() as socket:
        for query in ("{ viewer { name } }", FOLLOW):
            await psql.execute("ALTER TABLE api_key RENAME TO hidden")
            with pytest.raises(GraphQLFailure) as failure:
                await anext(socket.subscribe(query))
            _fault({"errors": failure.value.errors}, logged)
            await psql.execute("ALTER TABLE hidden RENAME TO api_key")
        assert await anext(socket.subscribe("{ viewer { name } }")) == {"name": "operator"}


@pytest.mark.parametrize("accept", ["text/event-stream", "multipart/mixed;subscriptionSpec=1.0"])
async def test_a_fault_behind_the_head_of_a_stream_is_told_in_it(
    api: Api, psql: asyncpg.Connection[Any], logged: list[Any], monkeypatch: pytest.MonkeyPatch, accept: str
) -> None:
    whole = InterlockSchema.stream

    async def stream(self: InterlockSchema, *arguments: Any, **options: Any) -> Any:
        await psql.execute("ALTER TABLE api_key RENAME TO hidden")
        return await whole(self, *arguments, **options)

    monkeypatch.setattr(InterlockSchema, "stream", stream)
    answer = await api.viewer.http.post(
        f"{api.viewer.url}/graphql",
        json={"query": FOLLOW},
        headers={"Authorization": f"Bearer {api.viewer.key}", "Accept": accept},
    )
    assert answer.status_code == 200
    (line,) = [line for line in answer.text.splitlines() if "errors" in line]
    told = json.loads(line.removeprefix("data: "))
    _fault(told.get("payload", told), logged)
    assert answer.text.endswith(("event: complete\ndata: \n\n", "--graphql--\r\n"))


async def test_connections_that_are_cut_are_answered_as_unavailable_and_come_back(
    api: Api, services: Services, psql: asyncpg.Connection[Any], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.CRITICAL, logger="asyncio")
    ids = await brought(api, RecordStatus.HOLD, 3)
    cut = """SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
    WHERE application_name = 'interlock' AND datname = current_database()"""
    answered = set()
    async with api.viewer.socket() as socket:
        waiting = asyncio.ensure_future(anext(socket.subscribe(FOLLOW, after=await feed_cursor(api.viewer))))
        await until_followed(services.feed, 1)
        for round_ in range(12):
            calls = [
                asyncio.ensure_future(api.operator.post("{ records { nodes { id attempts { number } } } keys: feedCursor }")),
                asyncio.ensure_future(api.operator.post(
                    "mutation ($i: ReleaseInput!) { release(input: $i) { moved } }",
                    i={"target": {"ids": ids}, "dryRun": True},
                )),
            ]  # fmt: skip
            for _ in range(round_ % 4):
                await asyncio.sleep(0)
            await psql.execute(cut)
            for answer in await asyncio.gather(*calls):
                body = answer.json()
                codes = [error["extensions"]["code"] for error in body.get("errors", ())]
                answered |= set(codes) or {"fine"}
        assert answered <= {"fine", "UNAVAILABLE"}, answered
        while True:  # the loops come back by themselves
            answer = (
                await api.operator.post("mutation { release(input: {target: {filter: {status: [HOLD]}}}) { moved } }")
            ).json()
            if "errors" not in answer:
                break
        assert (await waiting)["action"] == "RELEASE"
    assert [e["position"] for e in await events(api.viewer)] == list(range(1, 10))

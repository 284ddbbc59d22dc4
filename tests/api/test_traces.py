"""Traces reach a collector where the OTEL_* variables name one; else nothing of OpenTelemetry is even imported."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest

from interlock.domain.kinds import KindRegistry
from interlock.domain.roles import Role
from interlock.service.core import Core
from interlock.service.identity import create_key
from interlock.settings import Settings
from interlock.store.claim import claim_sql
from interlock.store.database import Database
from interlock.tracing import TracesUnusable, summary_of, traces_for, wanted
from support.api import CLAIM, SUBMIT, Api
from support.collector import Collector, Received, collecting
from support.serving_process import Serving, serving

TRACE, PARENT = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
SERVER, CLIENT = 2, 3


@asynccontextmanager
async def traced(
    database_url: str, folder: Path, endpoint: str, **environment: str
) -> AsyncIterator[tuple[Serving, Api]]:
    database = await Database.open(database_url, size=2)
    core = Core(database, Settings(), KindRegistry({}))
    keys = {role: (await create_key(core, role.lower(), role)).secret for role in Role}
    await database.close()
    environment |= {
        "INTERLOCK_DATABASE_URL": database_url,
        "OTEL_EXPORTER_OTLP_ENDPOINT": endpoint,
        "OTEL_BSP_SCHEDULE_DELAY": "50",
    }
    async with serving(folder, **environment) as server, Api.of(server.url, keys) as api:
        yield server, api


@pytest.fixture
def collector() -> Iterator[Collector]:
    with collecting() as found:
        yield found


@pytest.fixture
async def api(database_url: str, tmp_path: Path, collector: Collector) -> AsyncIterator[Api]:
    async with traced(database_url, tmp_path, collector.url) as (_, api):
        yield api


async def spans(collector: Collector, enough: Callable[[list[Received]], bool]) -> list[Received]:
    """All that were received, once they are enough."""
    async with asyncio.timeout(15):
        while not enough(collector.spans):  # noqa: ASYNC110 - they come from another process
            await asyncio.sleep(0.02)
    return list(collector.spans)


def named(name: str) -> Callable[[list[Received]], bool]:
    return lambda found: any(span.name == name for span in found)


def one(found: list[Received], name: str) -> Received:
    (span,) = [span for span in found if span.name == name]
    return span


async def test_a_request_is_a_span_of_the_callers_trace_with_its_statements_below(
    api: Api, collector: Collector
) -> None:
    await api.operator.submit(1)
    manager = await api.manager.activate("worker")
    headers = {"Authorization": f"Bearer {api.manager.key}", "traceparent": f"00-{TRACE}-{PARENT}-01"}
    body = {"query": CLAIM.replace("mutation", "mutation Fetch"), "variables": {"input": {"managerId": manager}}}
    await api.manager.http.post(f"{api.manager.url}/graphql", json=body, headers=headers)
    claiming = "UPDATE record INSERT attempt"
    found = await spans(collector, lambda all_: named("mutation claimTasks")(all_) and named(claiming)(all_))
    request = one(found, "mutation claimTasks")
    assert (request.trace, request.parent, request.kind, request.failed) == (TRACE, PARENT, SERVER, False)
    assert request.attributes == {
        "http.request.method": "POST",
        "http.response.status_code": 200,
        "http.route": "/graphql",
        "url.path": "/graphql",
        "url.scheme": "http",
        "graphql.operation.type": "mutation",
        "graphql.operation.name": "Fetch",
    }
    assert request.resource["service.name"] == "interlock"
    below = [span for span in found if span.parent == request.id]
    claimed = one(below, claiming)
    assert (claimed.trace, claimed.kind) == (TRACE, CLIENT)
    assert claimed.attributes["db.system.name"] == "postgresql"
    assert claimed.attributes["db.query.summary"] == claiming
    assert claimed.attributes["db.operation.name"] == "UPDATE"
    assert claimed.attributes["db.namespace"].startswith("test_")


async def test_each_operation_on_a_socket_is_a_span(api: Api, collector: Collector) -> None:
    async with api.viewer.socket() as socket:
        assert [payload async for payload in socket.subscribe("{ viewer { name } }")]
        assert [payload async for payload in socket.subscribe("{ records(first: 1) { nodes { id } } }")]
    found = await spans(collector, named("query records"))
    for name in ("query viewer", "query records"):
        assert one(found, name).attributes["graphql.operation.type"] == "query"
    assert one(found, "query viewer").trace != one(found, "query records").trace


async def test_a_refusal_says_why_and_is_no_fault_of_the_servers(api: Api, collector: Collector) -> None:
    await api.viewer.post(SUBMIT, input={"kind": "python", "specifications": []})
    async with httpx.AsyncClient() as http:
        await http.post(f"{api.viewer.url}/graphql", json={"query": "{ viewer { name } }"})
    found = await spans(collector, lambda all_: len([span for span in all_ if span.kind == SERVER]) == 2)
    refused, nobody = one(found, "mutation submitRecords"), one(found, "GraphQL Operation")
    assert (refused.attributes["error.type"], refused.failed) == ("FORBIDDEN", False)
    assert (nobody.attributes["error.type"], nobody.attributes["http.response.status_code"]) == ("UNAUTHENTICATED", 401)


async def test_nothing_of_what_was_sent_stands_in_a_span(api: Api, collector: Collector) -> None:
    specification = {"function": "math:sqrt", "args": ["unseen_argument"]}
    await api.operator.submit(specifications=[specification], reason="unseen_reason", campaign="unseen_campaign")
    manager = await api.manager.activate("worker")
    (lease,) = await api.manager.claim(manager, 1)
    await api.manager.give_back(manager, [(lease["token"], {"result": "unseen_result"})])
    await api.viewer.post('{ records(first: 1, filter: {campaign: ["unseen_filter"]}) { nodes { id } } }')
    await api.viewer.post(f"query {api.viewer.key.replace('-', '_')} {{ viewer {{ name }} }}")
    await spans(collector, named("query viewer"))
    sent = b"".join(collector.bodies)
    unseen = ["unseen", "ilk_", lease["token"], lease["token"].rpartition("_")[2], "Bearer"]
    assert [text for text in unseen if text.encode() in sent] == []


@pytest.mark.slow
async def test_what_is_left_is_sent_when_the_server_stops(
    database_url: str, tmp_path: Path, collector: Collector
) -> None:
    async with traced(database_url, tmp_path, collector.url, OTEL_BSP_SCHEDULE_DELAY="60000") as (_, api):
        await api.viewer.execute("{ viewer { name } }")
    assert one(collector.spans, "query viewer")


@pytest.mark.slow
async def test_a_collector_that_is_gone_costs_no_answer_and_not_the_stop(database_url: str, tmp_path: Path) -> None:
    async with traced(database_url, tmp_path, "http://127.0.0.1:9") as (server, api):
        assert await api.viewer.execute("{ viewer { name } }")
        began = time.monotonic()
        server.process.terminate()
        await server.process.wait()
    assert time.monotonic() - began < 10


def test_without_the_variables_nothing_of_opentelemetry_is_imported() -> None:
    program = "import sys, interlock.server; print([name for name in sys.modules if name.startswith('opentelemetry')])"
    environment = {"PATH": "/usr/bin:/bin"}
    told = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True)
    assert told.stdout == "[]\n"


@pytest.mark.parametrize(
    ("environment", "asked"),
    [
        ({}, False),
        ({"OTEL_SERVICE_NAME": "x"}, False),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:4318"}, True),
        ({"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://127.0.0.1:4318/v1/traces"}, True),
        ({"OTEL_TRACES_EXPORTER": "otlp"}, True),
        ({"OTEL_TRACES_EXPORTER": "none", "OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:4318"}, False),
        ({"OTEL_SDK_DISABLED": "true", "OTEL_TRACES_EXPORTER": "otlp"}, False),
    ],
)
def test_the_standard_variables_ask_for_traces_or_do_not(environment: dict[str, str], asked: bool) -> None:
    assert wanted(environment) == asked


@pytest.mark.parametrize(
    ("environment", "told"),
    [
        ({"OTEL_TRACES_EXPORTER": "zipkin"}, "there are otlp, and none"),
        ({"OTEL_TRACES_EXPORTER": "otlp", "OTEL_EXPORTER_OTLP_PROTOCOL": "grpc"}, "by http/protobuf only"),
        ({"OTEL_TRACES_EXPORTER": "otlp", "OTEL_SPAN_EVENT_COUNT_LIMIT": "many"}, "cannot be read: .*many"),
        (
            {"OTEL_TRACES_EXPORTER": "otlp", "OTEL_EXPORTER_OTLP_HEADERS": "a=b,the-secret"},
            "OTEL_EXPORTER_OTLP_HEADERS: its header number 2 is not NAME=VALUE",
        ),
    ],
)
def test_what_cannot_be_done_is_said(
    environment: dict[str, str], told: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(TracesUnusable, match=told) as refused:
        traces_for(environment)
    assert "the-secret" not in f"{refused.value} {caplog.text}"


def test_without_the_extra_it_is_said_what_to_install() -> None:
    program = (
        "import sys; sys.modules['opentelemetry.sdk.trace'] = None\n"
        "from interlock.tracing import TracesUnusable, traces_for\n"
        "try: traces_for({'OTEL_TRACES_EXPORTER': 'otlp'})\n"
        "except TracesUnusable as error: print(error)"
    )
    told = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout
    assert "pip install 'interlock[tracing]'" in told


@pytest.mark.parametrize(
    ("statement", "summary"),
    [
        (claim_sql(10, keyed=False, most=1), "UPDATE record INSERT attempt"),
        ("SELECT p.id FROM api_key k JOIN principal p ON true", "SELECT api_key SELECT principal"),
        ("WITH a AS (SELECT 1) SELECT * FROM a, unnest($1)", "WITH"),
        ("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY;", "BEGIN"),
        ("UPDATE manager SET active = false WHERE id = $1", "UPDATE manager"),
        ("; ".join(f"UPDATE table_{number} SET a = 1" for number in "abcdefghijklmnopqrstuvwxyz"), None),
    ],
)
def test_a_statement_is_summed_up_by_its_tables(statement: str, summary: str | None) -> None:
    found = summary_of(statement)
    assert len(found) <= 255
    assert summary is None or found == summary

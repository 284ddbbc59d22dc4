"""What a scrape shows of a story that was driven, and to whom it is shown."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg
import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from interlock.api.context import Services
from interlock.app import running
from interlock.service import scraping
from interlock.service.upkeep import look_after
from interlock.store.embedded import EmbeddedPostgres
from interlock.store.migrate import migrate
from support.api import Api, Client
from support.blocked import until_blocked
from support.clusters import running_cluster
from support.scenario import events
from support.server_settings import tuned
from support.serving import connected, listening

Samples = dict[tuple[str, frozenset[tuple[str, str]]], float]


async def scrape(client: Client, **headers: str) -> httpx.Response:
    return await client.http.get(f"{client.url}/metrics", headers={"Authorization": f"Bearer {client.key}", **headers})


async def samples(client: Client) -> Samples:
    answer = await scrape(client)
    assert answer.status_code == 200
    families = text_string_to_metric_families(answer.text)
    return {(one.name, frozenset(one.labels.items())): one.value for family in families for one in family.samples}


def of(found: Samples, name: str, **labels: str) -> float | None:
    return found.get((name, frozenset(labels.items())))


def by(found: Samples, name: str, *labels: str) -> dict[tuple[str, ...], float]:
    """The values of a metric that are not 0, by these of its labels, added up."""
    values: dict[tuple[str, ...], float] = {}
    for (one, of_it), value in found.items():
        if one == name and value:
            key = tuple(dict(of_it)[label] for label in labels)
            values[key] = values.get(key, 0) + value
    return values


async def test_a_scrape_shows_what_was_done(api: Api, services: Services) -> None:
    user = api.operator
    ids = await user.submit(6, tag="small")
    await user.submit(2, tag="large", hold=True)
    await user.move("hold", [*ids[:1], "rec_999"])
    await user.move("hold", ids[:1])
    await user.move("kill", ids[1:2], dryRun=True)
    manager = await api.manager.activate("worker", tags=["small"], leaseSeconds=5)
    done, failed, unstarted, *_ = await api.manager.claim(manager, 4)
    await api.manager.give_back(
        manager,
        [
            (done["token"], {"result": 1}),
            (failed["token"], {"error": {"type": "boom", "message": "no"}}),
            (unstarted["token"], {"unstarted": True}),
        ],
    )
    await api.manager.give_back(manager, [(done["token"], {"result": 2})])
    now = datetime.now(UTC)
    await look_after(services.core, now=now + timedelta(minutes=1))
    await look_after(services.core, now=now + timedelta(hours=1))
    await events(user)  # until all have their positions
    found = await samples(api.viewer)
    assert by(found, "interlock_transitions_total", "action", "outcome") == {
        ("SUBMIT", "MOVED"): 8,
        ("HOLD", "MOVED"): 3,
        ("HOLD", "NOT_FOUND"): 1,
        ("HOLD", "UNCHANGED"): 1,
        ("CLAIM", "MOVED"): 4,
        ("COMPLETE", "MOVED"): 1,
        ("COMPLETE", "CONTENT_DIFFERS"): 1,
        ("REPORT_ERROR", "MOVED"): 3,
        ("RETRY", "MOVED"): 2,
    }
    assert by(found, "interlock_rescues_total", "step") == {("leases_expired",): 1, ("errors_retried",): 1}
    assert by(found, "interlock_records", "status", "tag") == {
        ("WAITING", "small"): 3,
        ("HOLD", "small"): 1,
        ("COMPLETE", "small"): 1,
        ("ERROR", "small"): 1,
        ("HOLD", "large"): 2,
    }
    assert by(found, "interlock_oldest_waiting_age_seconds", "tag").keys() == {("small",)}
    assert of(found, "interlock_claim_duration_seconds_count") == 1
    assert of(found, "interlock_task_wait_seconds_count") == 4
    assert of(found, "interlock_database_up") == 1
    assert of(found, "interlock_feed_position") == len(await events(user))
    assert of(found, "interlock_feed_unread_events") == 0
    assert (of(found, "process_open_fds") or 0) > 0
    assert (of(found, "process_resident_memory_bytes") or 0) > 10**7


async def test_a_call_that_was_repeated_under_its_key_counts_once(api: Api) -> None:
    for _ in range(2):
        await api.operator.submit(3, idempotencyKey="one")
    manager = await api.manager.activate("worker")
    for _ in range(2):
        assert len(await api.manager.claim(manager, 2, claimKey="one")) == 2
    found = await samples(api.viewer)
    assert by(found, "interlock_transitions_total", "action") == {("SUBMIT",): 3, ("CLAIM",): 2}
    assert of(found, "interlock_task_wait_seconds_count") == 2


async def test_requests_are_counted_by_their_operation_and_status(api: Api) -> None:
    before = await samples(api.viewer)
    assert by(before, "http_server_request_duration_seconds_count", "graphql_operation_type") == {}
    await api.operator.submit(1)
    await api.viewer.execute("{ viewer { name } }")
    await api.viewer.execute("{ records(first: 1) { nodes { id } } }")
    await Client(api.viewer.http, api.viewer.url, "wrong").post("{ viewer { name } }")
    await api.viewer.http.request(
        "PROPFIND", f"{api.viewer.url}/graphql", headers={"Authorization": f"Bearer {api.viewer.key}"}
    )
    async with api.viewer.socket() as socket:
        assert [payload async for payload in socket.subscribe("{ viewer { name } }")] == [{"name": "viewer"}]
    found = await samples(api.viewer)
    labels = ("http_request_method", "http_response_status_code", "graphql_operation_type")
    assert by(found, "http_server_request_duration_seconds_count", *labels) == {
        ("POST", "200", "mutation"): 1,
        ("POST", "200", "query"): 2,
        ("POST", "401", ""): 1,
        ("_OTHER", "405", ""): 1,
    }
    assert by(found, "interlock_socket_operations_total", "graphql_operation_type", "outcome") == {("query", "done"): 1}


async def test_the_pool_and_those_who_follow_are_shown(api: Api, services: Services) -> None:
    pool = {"db_client_connection_pool_name": "interlock"}
    most = services.core.settings.pool_size

    async def hold(let_go: asyncio.Event) -> None:
        async with services.core.database.transaction():
            await let_go.wait()

    let_go = asyncio.Event()
    await samples(api.viewer)  # its key is looked up
    async with api.viewer.follow() as changes, asyncio.TaskGroup() as group:
        following = group.create_task(_first(changes))
        async with asyncio.timeout(10):
            while not services.feed.followers:  # noqa: ASYNC110 - it is a number
                await asyncio.sleep(0.01)
            for _ in range(most + 2):
                group.create_task(hold(let_go))
            while services.core.database.connections.waiting < 2:  # noqa: ASYNC110 - the same
                await asyncio.sleep(0.01)
        found = await samples(api.viewer)
        let_go.set()
        following.cancel()
    assert of(found, "db_client_connection_max", **pool) == most
    assert of(found, "db_client_connection_count", **pool, db_client_connection_state="used") == most
    assert of(found, "db_client_connection_count", **pool, db_client_connection_state="idle") == 0
    assert of(found, "db_client_connection_pending_requests", **pool) == 2
    assert of(found, "interlock_subscribers") == 1
    assert of(found, "interlock_sockets") == 1


async def _first(changes: AsyncIterator[dict[str, object]]) -> None:
    await anext(changes)


async def test_whoever_may_read_may_scrape_and_nobody_else(api: Api) -> None:
    for client in (api.viewer, api.submitter, api.manager, api.admin):
        assert (await scrape(client)).status_code == 200
    for headers in ({}, {"Authorization": "Bearer wrong"}, {"Authorization": f"Basic {api.admin.key}"}):
        refused = await api.viewer.http.get(f"{api.viewer.url}/metrics", headers=headers)
        assert refused.status_code == 401
        assert refused.headers["www-authenticate"] == "Bearer"
        assert "interlock_" not in refused.text


async def test_openmetrics_is_written_for_who_asks_for_it(api: Api) -> None:
    answer = await scrape(api.viewer, Accept="application/openmetrics-text;version=1.0.0")
    assert answer.headers["content-type"].startswith("application/openmetrics-text; version=1.0.0")
    assert answer.text.endswith("# EOF\n")


class TestPublic:
    @pytest.fixture
    def settings(self) -> object:
        return tuned(metrics_public=True, metrics_tags=2)

    async def test_a_setting_shows_them_without_a_key(self, api: Api) -> None:
        answer = await api.viewer.http.get(f"{api.viewer.url}/metrics")
        assert answer.status_code == 200
        assert "interlock_database_up 1.0" in answer.text

    async def test_a_setting_bounds_the_tags(self, api: Api) -> None:
        for tag in ("a", "b", "c", "d"):
            await api.operator.submit(1, tag=tag)
        await events(api.operator)
        found = await samples(api.viewer)
        assert by(found, "interlock_records", "tag") == {("a",): 1, ("b",): 1, ("other",): 2}


async def test_while_the_database_is_away_a_known_key_still_gets_the_process_own() -> None:
    with running_cluster({"fsync": "off"}) as postgres:
        await migrate(postgres.dsn())
        await _away_and_back(postgres)


async def _away_and_back(postgres: EmbeddedPostgres) -> None:
    async with (
        running(tuned(), postgres.dsn()) as services,
        listening(services) as server,
        connected(server, services) as api,
    ):
        await api.operator.submit(1)
        assert of(await samples(api.viewer), "interlock_database_up") == 1
        await asyncio.to_thread(postgres.stop)
        found = await samples(api.viewer)
        assert of(found, "interlock_database_up") == 0
        assert of(found, "interlock_transitions_total", action="SUBMIT", outcome="MOVED") == 1
        assert (of(found, "process_open_fds") or 0) > 0
        assert by(found, "interlock_records", "tag") == {}
        assert (await scrape(api.operator)).status_code == 503
        assert (await scrape(Client(api.viewer.http, server, "wrong"))).status_code == 503
        await asyncio.to_thread(postgres.start)
        async with asyncio.timeout(30):
            while of(await samples(api.viewer), "interlock_database_up") != 1:  # noqa: ASYNC110 - it comes back
                await asyncio.sleep(0.1)


async def test_a_scrape_whose_statement_is_cancelled_still_shows_the_process_own(
    api: Api, psql: asyncpg.Connection[Any]
) -> None:
    async with psql.transaction():
        await psql.execute("LOCK TABLE tick")
        asked = asyncio.ensure_future(samples(api.viewer))
        await until_blocked(psql, 2)  # the ticker waits, too
        await psql.execute("SELECT pg_cancel_backend(pid) FROM pg_locks WHERE NOT granted")
        found = await asked
    assert of(found, "interlock_database_up") == 0


async def test_scrapes_while_the_database_hangs_do_not_wait_for_one_another(
    api: Api, psql: asyncpg.Connection[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scraping, "_PATIENCE", 0.5)
    async with psql.transaction():
        await psql.execute("LOCK TABLE tick")
        began = time.monotonic()
        found = await asyncio.gather(*(samples(api.viewer) for _ in range(10)))
        assert time.monotonic() - began < 2.5
    assert {of(one, "interlock_database_up") for one in found} == {0}


async def test_rescues_have_their_series_before_there_was_one(api: Api) -> None:
    assert of(await samples(api.viewer), "interlock_rescues_total", step="leases_expired") == 0

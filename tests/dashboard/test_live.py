"""What is shown follows the feed: through cuts, restarts and restores, and no longer than the key is valid."""

from __future__ import annotations

import re

import asyncpg
import pytest
from playwright.async_api import Page, Request, expect

from dashboard.conftest import Visit
from interlock.app import running
from interlock.settings import Settings
from manager.proxy import proxy
from support.api import Api
from support.scenario import Bench, failed
from support.serving import listening

_DEACTIVATE = "mutation ($input: DeactivateManagerInput!) { deactivateManager(input: $input) { errors { message } } }"


def asked(page: Page, document: str) -> list[str]:
    """The requests with this document, from now on."""
    found: list[str] = []

    def look(request: Request) -> None:
        if document in (request.post_data or ""):
            found.append(request.url)

    page.on("request", look)
    return found


async def counts(page: Page, **wanted: int) -> None:
    """Wait until the tiles say so."""
    for status, count in wanted.items():
        await expect(page.locator(f".tile[data-status={status}] .tile-count")).to_have_text(str(count))


async def test_counts_follow_every_transition_without_being_asked_for_again(visit: Visit, api: Api) -> None:
    ids = await api.operator.submit(5, tag="drives", campaign="c1")
    page = await visit()
    await counts(page, WAITING=5, HOLD=0)

    await api.operator.move("hold", ids[:2])
    await api.operator.move("kill", ids[2:3])
    await counts(page, WAITING=2, HOLD=2)

    row = page.get_by_role("row").filter(has=page.get_by_role("rowheader", name="drives"))
    await expect(row.get_by_role("cell")).to_have_text(["2", "·", "·", "·", "·", "2"])
    await expect(row).to_contain_text("not served")


async def test_managers_come_work_and_go_without_being_asked_for(visit: Visit, api: Api) -> None:
    await api.operator.submit(5, tag="drives")
    page = await visit()
    await page.get_by_text("No manager is active").wait_for()
    unserved = page.get_by_role("row").filter(has_text="not served")
    await expect(unserved).to_have_count(1)

    manager = await api.manager.activate("node-7", tags=["drives"], leaseSeconds=600)
    row = page.get_by_role("row").filter(has=page.get_by_role("rowheader", name="node-7"))
    await expect(row).to_contain_text("well")
    await expect(unserved).to_have_count(0)
    await api.manager.claim(manager, 3)
    await expect(row.get_by_role("cell").nth(2)).to_have_text("3")
    await api.manager.call(_DEACTIVATE, managerId=manager)
    await page.get_by_text("No manager is active").wait_for()


async def test_a_tag_whose_managers_are_silent_is_not_served(
    visit: Visit, api: Api, psql: asyncpg.Connection[asyncpg.Record]
) -> None:
    await api.operator.submit(5, tag="drives")
    await api.manager.activate("node-7", tags=["drives"], leaseSeconds=600)
    page = await visit()
    row = page.get_by_role("row").filter(has=page.get_by_role("rowheader", name="node-7"))
    await expect(row).to_contain_text("well")
    unserved = page.get_by_role("row").filter(has_text="not served")
    await expect(unserved).to_have_count(0)
    await psql.execute("UPDATE manager SET heartbeat_at = heartbeat_at - interval '1 hour'")
    await expect(row).to_contain_text("silent")
    await expect(unserved).to_have_count(1)
    await expect(page.locator(".managers header")).to_contain_text("1 active, but silent")


async def test_a_manager_that_failed_and_fell_silent_is_still_marked_as_failing(
    visit: Visit, api: Api, psql: asyncpg.Connection[asyncpg.Record]
) -> None:
    await api.operator.submit(6, tag="drives")
    sick = await Bench.of(api, "drives", "node-7")
    tokens = await sick.claim(6)
    await sick.give_back(list(tokens.values()), failed())
    page = await visit()
    row = page.get_by_role("row").filter(has=page.get_by_role("rowheader", name="node-7"))
    await expect(row).to_contain_text("failing")
    await psql.execute("UPDATE manager SET heartbeat_at = heartbeat_at - interval '1 hour'")
    await expect(row).to_contain_text("silent")
    await expect(row.locator(".mark")).to_have_text("failing")


async def test_a_tile_tells_how_its_count_came_to_be_as_far_as_that_is_known(visit: Visit, api: Api) -> None:
    ids = await api.operator.submit(5)
    followed = await visit()
    waiting = ".tile[data-status=WAITING] .tile-notes"
    await expect(followed.locator(waiting)).to_contain_text("+5 in 1 h")
    await expect(followed.locator(".tile[data-status=COMPLETE] .tile-notes")).to_have_text("±0 in 1 h")

    await api.operator.move("kill", ids[:2])
    await expect(followed.locator(waiting)).to_contain_text("+3 in 1 h")
    later = await visit()  # the server does not say that it was WAITING from which they were killed
    await expect(later.locator(waiting)).to_contain_text(re.compile("not known yet|±0 in"))
    await expect(later.locator(".tile[data-status=ERROR] .tile-notes")).to_have_text("±0 in 1 h")


async def test_throughput_is_that_of_the_time_before_the_page_was_opened_and_goes_on_with_it(
    visit: Visit, api: Api, psql: asyncpg.Connection[asyncpg.Record]
) -> None:
    await psql.execute("""INSERT INTO throughput (minute, action, n)
      SELECT date_trunc('minute', now()) - interval '1 minute' * i, 'COMPLETE', 6000 FROM generate_series(0, 5) i""")
    page = await visit()
    completed = page.locator(".legend-entry", has_text="completed").locator("b")
    await expect(completed).to_have_text(re.compile(r"\d+,\d{3}"))

    await page.get_by_role("button", name="5 min").click()
    submitted = page.locator(".legend-entry", has_text="submitted").locator("b")
    await expect(completed).to_have_text("0")
    await api.operator.submit(60)
    await expect(submitted).not_to_have_text("0", timeout=15_000)  # a step is shown when it is over


async def test_a_cut_is_seen_turns_stale_and_what_happened_meanwhile_is_made_up_for(
    visit: Visit, api: Api, server: str
) -> None:
    (held,) = await api.operator.submit(1, hold=True)
    async with proxy(server) as line:
        page = await visit(f"/records/{held}", url=line.url)
        await expect(page.get_by_role("button", name="Release")).to_be_enabled()

        line.cut()
        await page.get_by_text("Reconnecting").wait_for()
        await page.get_by_text("Stale", exact=True).wait_for()
        why = re.compile(r"since \d\d:\d\d:\d\d\. The connection broke off, and there is no new one yet\.")
        await expect(page.locator(".live-state")).to_contain_text(why)
        await expect(page.get_by_role("button", name="Release")).to_be_disabled()
        await expect(page.locator(".frame")).to_have_attribute("data-fresh", "false")

        await api.operator.move("release", [held])
        await api.operator.submit(3)
        line.away = False
        await page.get_by_text("Live", exact=True).wait_for()
        await expect(page.get_by_role("button", name="Hold")).to_be_enabled()
        await page.get_by_role("link", name="Overview").click()
        await counts(page, WAITING=4, HOLD=0)


async def test_pages_gone_to_during_a_cut_are_there_when_the_server_is_back(
    visit: Visit, api: Api, server: str
) -> None:
    first, second = await api.operator.submit(2)
    async with proxy(server) as line:
        for begin, then in (("/records", "/records?tag=default"), (f"/records/{first}", f"/records/{second}")):
            page = await visit(begin, url=line.url)
            await expect(page.get_by_text(first).first).to_be_visible()
            line.cut()
            await page.get_by_text("Reconnecting").wait_for()
            await page.evaluate("(path) => history.pushState(null, '', path)", then)
            await page.get_by_text("The server cannot be reached.").wait_for()
            line.away = False
            await page.get_by_text("Live", exact=True).wait_for()
            await expect(page.get_by_text(second).first).to_be_visible()
            await expect(page.get_by_text("The server cannot be reached.")).to_have_count(0)


async def test_nothing_is_told_of_the_time_of_a_cut(visit: Visit, api: Api, server: str) -> None:
    async with proxy(server) as line:
        page = await visit(url=line.url)
        await api.operator.submit(50)
        submitted = page.locator(".legend-entry").first
        await page.get_by_role("button", name="5 min").click()
        await expect(submitted).not_to_have_text("submitted 0")
        before = await submitted.text_content()
        line.cut()
        await page.get_by_text("Stale", exact=True).wait_for()
        await expect(submitted).to_have_text(before or "")


async def test_a_server_that_leaves_is_followed_to_its_successor_from_where_it_stood(
    visit: Visit, api: Api, settings: Settings, database_url: str
) -> None:
    await api.operator.submit(2)
    async with proxy(api.operator.url) as line:
        successor = line.target
        async with running(settings, database_url) as services, listening(services) as first:
            line.target = int(first.rpartition(":")[2])
            page = await visit(url=line.url)
            await counts(page, WAITING=2)
            snapshots = asked(page, "query Snapshot")
            line.away = True  # for who comes anew; who is there is told by the server that it leaves
        await page.get_by_text("Reconnecting").wait_for()
        await api.operator.submit(3)
        line.target, line.away = successor, False
        await counts(page, WAITING=5)
        await page.get_by_text("Live", exact=True).wait_for()
        assert snapshots == []


async def test_a_records_story_is_whole_however_much_else_has_happened(
    visit: Visit, api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("interlock.service.feed._MOST_SCANNED", 10)  # events that one page of the feed looks at
    monkeypatch.setattr("interlock.service.feed._PAGE", 5)
    kept, killed = await api.operator.submit(2)
    await api.operator.submit(600)
    await api.operator.move("hold", [kept, killed], reason="the node is down")
    await api.operator.move("kill", [killed], reason="not wanted")
    for id_, story in (kept, ["Submit", "Hold"]), (killed, ["Submit", "Hold", "Kill"]):
        page = await visit(f"/records/{id_}")
        await expect(page.locator(".events b")).to_have_text(story)
        await expect(page.locator(".events q").first).to_have_text("the node is down")


async def test_after_a_restore_a_new_snapshot_is_taken(
    visit: Visit, api: Api, psql: asyncpg.Connection[asyncpg.Record]
) -> None:
    await api.operator.submit(2)
    page = await visit()
    await counts(page, WAITING=2)

    snapshots = asked(page, "query Snapshot")
    # what a restore looks like: the epoch was made for another cluster, and the ticker is elected anew
    await psql.execute("UPDATE feed_epoch SET system_identifier = system_identifier + 1")
    await psql.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND pid <> pg_backend_pid()"
    )
    await api.operator.submit(1)
    await counts(page, WAITING=3)
    await page.get_by_text("Live", exact=True).wait_for()
    assert snapshots


async def test_a_revoked_key_leads_to_the_sign_in(visit: Visit, api: Api) -> None:
    page = await visit(client=api.viewer)
    listed = await api.admin.execute("{ keys { id principal } }")
    (key,) = [key["id"] for key in listed["keys"] if key["principal"] == "viewer"]
    await api.admin.execute("mutation ($id: ID!) { revokeKey(input: {keyId: $id}) { errors { message } } }", id=key)

    await page.get_by_role("button", name="Sign in").wait_for()
    await expect(page.get_by_role("alert")).to_contain_text("revoked")
    assert await page.evaluate("sessionStorage.length + localStorage.length") == 0


async def test_the_key_is_in_no_lasting_storage_and_no_address(visit: Visit, api: Api) -> None:
    page = await visit("/records?status=ERROR")
    kept = await page.evaluate("JSON.stringify(localStorage) + document.cookie + location.href")

    assert api.operator.key not in kept
    other = await page.context.new_page()
    await other.goto("/")
    await other.get_by_label("API key").wait_for()

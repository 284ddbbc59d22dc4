"""The table of records: filters in the address, rows that follow the feed, and no jump, however many there are."""

from __future__ import annotations

from playwright.async_api import expect

from dashboard.conftest import Visit
from interlock.domain.lifecycle import RecordStatus
from support.api import Api
from support.population import populate
from support.scenario import Bench, brought, failed

MANY = 100_000


async def test_every_filter_is_held_in_the_address(visit: Visit, api: Api) -> None:
    await brought(api, RecordStatus.ERROR, 2, tag="a", campaign="c")
    await brought(api, RecordStatus.WAITING, 3, tag="b", campaign="c", owner=api.submitter)
    page = await visit("/records")
    await page.get_by_text("5 records").wait_for()
    for name, value, left in (("campaign", "c", 5), ("tag", "b", 3), ("owner", "submitter", 3), ("kind", "python", 3)):
        await page.get_by_label(f"Filter by {name}").fill(value)
        await page.keyboard.press("Enter")
        await page.get_by_text(f"{left} record").wait_for()
    assert page.url.endswith("/records?campaign=c&tag=b&owner=submitter&kind=python")

    await page.get_by_role("button", name="tag b: remove").click()
    await page.get_by_role("button", name="owner submitter: remove").click()
    await page.get_by_label("Filter by error type").fill("scf_not_converged")
    await page.keyboard.press("Enter")
    await page.get_by_text("2 records").wait_for()
    await page.get_by_role("button", name="ERROR", exact=True).click()
    await page.reload()
    await page.get_by_text("2 records").wait_for()
    await expect(page.get_by_role("button", name="ERROR", exact=True)).to_have_attribute("aria-pressed", "true")
    await page.get_by_role("button", name="Clear").click()
    await page.get_by_text("5 records").wait_for()


async def test_what_is_typed_is_suggested_and_the_keyboard_goes_on_with_the_rows(visit: Visit, api: Api) -> None:
    ids = await api.operator.submit(2, campaign="torsion-drives")
    await api.operator.submit(1, campaign="history")
    page = await visit("/records")
    await page.get_by_text("3 records").wait_for()
    await page.keyboard.press("/")
    await page.keyboard.type("tor")
    options = page.get_by_role("option")
    await expect(options).to_have_text(["torsion-drives", "history"])
    await expect(options.first).to_have_attribute("aria-selected", "true")
    await page.keyboard.press("Enter")
    await page.get_by_text("2 records").wait_for()
    await expect(page.get_by_role("button", name="campaign torsion-drives: remove")).to_be_visible()

    await expect(page.get_by_role("region", name="Records, scrollable")).to_be_focused()
    for key in "jx":
        await page.keyboard.press(key)
    await expect(page.get_by_label(f"Select {ids[1]}")).to_be_checked()


async def test_what_nothing_matches_is_said_and_is_no_filter(visit: Visit, api: Api) -> None:
    await api.operator.submit(2, campaign="torsion-drives")
    page = await visit("/records")
    await page.get_by_label("Filter by campaign").fill("torx")
    await page.get_by_text("No record has campaign “torx”.").wait_for()
    await page.keyboard.press("Enter")
    await page.get_by_text("2 records").wait_for()
    assert page.url.endswith("/records")

    await page.goto("/records?tag=none-has-it")
    await page.get_by_role("button", name="tag none-has-it (none): remove").wait_for()


async def test_the_campaign_goes_along_from_list_to_list_until_it_is_taken_away(visit: Visit, api: Api) -> None:
    await brought(api, RecordStatus.ERROR, campaign="c 1")
    page = await visit("/records?campaign=c+1&status=ERROR")
    chip = page.get_by_role("button", name="campaign c 1: remove")
    await chip.wait_for()
    await page.get_by_role("link", name="Overview").click()
    await page.get_by_role("link", name="Errors").click()
    await expect(chip).to_be_visible()
    assert page.url.endswith("/errors?campaign=c+1")
    await page.get_by_role("button", name="Clear").click()
    await page.get_by_role("link", name="Records").click()
    await page.get_by_text("1 record").wait_for()
    assert page.url.endswith("/records")


async def test_the_count_and_the_rows_say_the_same_when_rows_leave_the_filter(visit: Visit, api: Api) -> None:
    ids = await api.operator.submit(3, tag="t")
    page = await visit("/records?tag=t&status=WAITING")
    await page.get_by_text("3 records").wait_for()
    await api.operator.move("hold", ids[:2])
    await page.get_by_text("1 record matches now; 2 rows shown no longer do").wait_for()
    await expect(page.locator(".grid-row.left")).to_have_count(2)
    await api.operator.move("hold", ids[2:])
    await page.get_by_text("0 records match now; 3 rows shown no longer do").wait_for()
    await api.operator.move("release", ids[:1])
    await page.get_by_text("1 record matches now; 2 rows shown no longer do").wait_for()

    await page.get_by_role("button", name="List anew").click()
    await expect(page.locator(".grid-row a")).to_have_text([ids[0]])
    await expect(page.get_by_text("shown no longer")).to_have_count(0)


async def test_new_rows_are_announced_and_do_not_move_what_is_read(visit: Visit, api: Api) -> None:
    first = await api.operator.submit(3)
    page = await visit("/records")
    await expect(page.locator(".grid-row a").first).to_have_text(first[-1])

    new = await api.operator.submit(37)
    await page.get_by_role("button", name="37 new: show").wait_for()
    await expect(page.locator(".grid-row a").first).to_have_text(first[-1])
    await page.get_by_role("button", name="37 new: show").click()
    await expect(page.locator(".grid-row a").first).to_have_text(new[-1])
    await expect(page.get_by_role("button", name="new: show")).to_have_count(0)


async def test_the_status_in_a_row_follows_the_feed(visit: Visit, api: Api) -> None:
    (id_,) = await api.operator.submit(1, tag="t")
    page = await visit("/records")
    row = page.get_by_role("row").filter(has=page.get_by_role("link", name=id_, exact=True))
    await expect(row).to_contain_text("WAITING")

    bench = await Bench.of(api, "t")
    tokens = await bench.claim()
    await expect(row).to_contain_text("RUNNING")
    await bench.give_back(list(tokens.values()), failed())
    await expect(row).to_contain_text("ERROR")


async def test_rows_are_walked_selected_and_opened_by_keyboard(visit: Visit, api: Api) -> None:
    made = await api.operator.submit(4)
    page = await visit("/")
    await page.keyboard.press("g")
    await page.keyboard.press("r")
    await page.get_by_role("link", name=made[0]).wait_for()
    for key in "jjxjx":
        await page.keyboard.press(key)
    await page.get_by_text("2 records selected").wait_for()
    await page.keyboard.press("k")
    await page.keyboard.press("Enter")
    await page.get_by_role("heading", name=made[2]).wait_for()

    await page.keyboard.press("?")
    await page.get_by_role("dialog").get_by_text("To Matrix").wait_for()
    await page.keyboard.press("Escape")
    await expect(page.get_by_role("dialog")).to_have_count(0)


async def test_a_hundred_thousand_rows_stay_smooth(visit: Visit, database_url: str) -> None:
    await populate(database_url, MANY)
    page = await visit("/records")
    await page.get_by_text(f"{MANY:,} records").wait_for()
    await page.evaluate(SCROLLED, 10)  # the browser compiles what is used much
    told = await page.evaluate(SCROLLED, 60)

    assert told["seen"] >= 6_000
    assert told["nodes"] < 3_000, "rows out of sight are not in the page"
    assert told["typical"] < 300, told  # 17 to 50 where nobody else is on the machine
    await page.get_by_role("button", name="oldest first").click()
    await expect(page.locator(".grid-row a").first).to_have_text("rec_1")


SCROLLED = """async (pages) => {
  const box = document.querySelector('.records-scroll');
  const frames = [];
  let last = performance.now();
  const frame = () => new Promise((done) => requestAnimationFrame((now) => {
    frames.push(now - last);
    last = now;
    done();
  }));
  let seen = 0;
  for (let i = 0; i < 4000 && seen < pages * 100; i += 1) {
    box.scrollTop += 300;
    await frame();
    seen = Math.max(seen, ...[...box.querySelectorAll('[aria-rowindex]')].map((row) => Number(row.ariaRowIndex)));
  }
  frames.sort((a, b) => a - b);
  return {
    seen, frames: frames.length, nodes: document.querySelectorAll('*').length,
    typical: frames[Math.floor(frames.length * 0.95)],
  };
}"""
"""Scroll on through so many pages, one step a frame, and measure the frames (ms)."""


async def test_who_came_is_announced_also_when_it_moves_on(visit: Visit, api: Api) -> None:
    await api.operator.submit(1)
    page = await visit("/records")
    await page.get_by_text("1 record").first.wait_for()
    await api.operator.submit(2, tag="new")
    announced = page.get_by_role("button", name="2 new: show")
    await announced.wait_for()
    bench = await Bench.of(api, "new", "node-7")
    await bench.claim(2)
    await api.operator.submit(1)
    await page.get_by_role("button", name="3 new: show").click()
    await expect(page.get_by_role("row")).to_have_count(5)


async def test_a_row_that_fails_while_it_is_listed_tells_its_error_and_its_attempts(visit: Visit, api: Api) -> None:
    (id_,) = await api.operator.submit(1, tag="t")
    page = await visit("/records")
    row = page.get_by_role("row").filter(has_text=id_)
    await expect(row).to_contain_text("WAITING")
    bench = await Bench.of(api, "t", "node-7")
    tokens = await bench.claim(1)
    await bench.give_back(list(tokens.values()), failed("scf_not_converged"))
    await expect(row).to_contain_text("scf_not_converged")
    await expect(row.get_by_role("cell").nth(-2)).to_have_text("1")

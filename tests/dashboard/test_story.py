"""An operator's morning: why did 300 records fail, and what is to be done about it?"""

from __future__ import annotations

import time

from playwright.async_api import Page, expect

from dashboard.conftest import Visit
from dashboard.world import CAMPAIGN, fill
from support.api import Api
from support.scenario import Bench

WITHIN = 120.0
"""Seconds, by a script's hands; a person's take longer between the clicks, which are few."""


async def test_find_why_hold_what_waits_retry_one_group_fail_another_and_watch_it_drain(visit: Visit, api: Api) -> None:
    await fill(api)
    page = await visit("/")
    began = time.monotonic()
    await page.get_by_role("row").filter(has_text="cloud-spot-3").get_by_text("failing").wait_for()

    await page.get_by_role("link", name="Errors").click()
    group = page.locator(".group")
    await expect(group.first).to_contain_text("scf_not_converged")
    await expect(group.first).to_contain_text("SCF not converged in <n> cycles")

    # hold the campaign's waiting ones
    await page.get_by_role("link", name="Records").click()
    await page.get_by_label("Filter by campaign").fill(CAMPAIGN)
    await page.keyboard.press("Enter")
    await page.get_by_role("button", name="WAITING", exact=True).click()
    await page.get_by_role("button", name="Select all 420").click()
    await _act(page, "Hold", "420", "until the node is looked at")

    # retry one group, mark another as failed
    await page.get_by_role("link", name="Errors").click()
    await _act(page, "Retry", "150", "with the new basis", within=group.filter(has_text="scf_not_converged"))
    await _act(page, "Fail", "63", "a bug of 1.2", within=group.filter(has_text="segfault").filter(has_text="ERROR"))

    # watch it drain
    await page.get_by_role("link", name="Overview").click()
    await _counts(page, "drives", ["150", "·", "·", "75", "75", "420"])
    bench = await Bench.of(api, "drives", "hpc-node-09")
    tokens = await bench.claim(100)
    await _counts(page, "drives", ["50", "100", "·", "75", "75", "420"])
    await bench.give_back(list(tokens.values()), {"result": 1})
    tokens = await bench.claim(100)
    await bench.give_back(list(tokens.values()), {"result": 1})
    await _counts(page, "drives", ["·", "·", "150", "75", "75", "420"])
    assert time.monotonic() - began < WITHIN


async def _counts(page: Page, tag: str, wanted: list[str]) -> None:
    row = page.get_by_role("row").filter(has=page.get_by_role("rowheader", name=tag))
    await expect(row.get_by_role("cell")).to_have_text(wanted)


async def _act(page: Page, action: str, count: str, reason: str, within: object = None) -> None:
    place = page if within is None else within
    await place.locator(".actions").get_by_role("button", name=action).click()  # type: ignore[attr-defined]
    dialog = page.get_by_role("dialog")
    await dialog.get_by_label("Reason").fill(reason)
    await dialog.get_by_role("button", name=f"{action} {count}", exact=True).click()
    await expect(dialog).to_contain_text(f"{count} moved")
    await dialog.get_by_role("button", name="Done").click()

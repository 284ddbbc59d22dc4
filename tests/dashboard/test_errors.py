"""Errors in groups of alike messages, and what is done with one group is done with no other."""

from __future__ import annotations

import re
from typing import Any

from playwright.async_api import expect

from dashboard.conftest import Visit
from support.api import Api


async def errors(api: Api, messages: list[str]) -> list[str]:
    """Records in ERROR, each with one of the messages, from two managers in turn."""
    ids = await api.operator.submit(len(messages))
    managers = [await api.manager.activate(name, leaseSeconds=600) for name in ("node-1", "node-2")]
    outcomes: list[dict[str, Any]] = [{"error": {"type": "crash", "message": message}} for message in messages]
    for number, outcome in enumerate(outcomes):
        (lease,) = await api.manager.claim(managers[number % 2], 1)
        await api.manager.give_back(managers[number % 2], [(lease["token"], outcome)])
    return ids


async def test_alike_messages_are_one_group_with_its_managers_and_only_that_one_is_moved(
    visit: Visit, api: Api
) -> None:
    steps = [f"Stopped after {number} steps at /scratch/{number}.out" for number in (12, 340, 5)]
    ids = await errors(api, [*steps, "out of memory"])
    page = await visit("/errors")
    group = page.locator(".group").filter(has_text="Stopped after")
    await expect(page.locator(".group")).to_have_count(2)
    await expect(group.locator(".group-message")).to_have_text("Stopped after <n> steps at <path>")
    await expect(group.locator(".placeholder")).to_have_text(["<n>", "<path>"])
    await expect(group).to_contain_text("2 on node-1, 1 on node-2")
    await expect(page.locator(".group").filter(has_text="out of memory")).to_contain_text("all on node-2")

    await group.locator(".actions").get_by_role("button", name="Retry").click()
    dialog = page.get_by_role("dialog")
    await expect(dialog).to_contain_text(
        "All 3 records with status ERROR and whose error is crash “Stopped after <n> steps at <path>”."
    )
    await dialog.get_by_label("Reason").fill("more steps")
    await dialog.get_by_role("button", name="Retry 3", exact=True).click()
    await expect(dialog).to_contain_text("3 moved")
    await dialog.get_by_role("button", name="Done").click()
    await expect(page.locator(".group")).to_have_count(1)
    assert await api.operator.statuses(ids) == ["WAITING"] * 3 + ["ERROR"]


async def test_when_records_were_given_up_is_not_told_as_when_they_failed(visit: Visit, api: Api) -> None:
    ids = await errors(api, ["bad geometry 1", "bad geometry 2"])
    await api.operator.move("fail", ids[:1])
    page = await visit("/errors")
    group = page.locator(".group")
    told = re.compile(r"^first \d+ s ago, last \d+ s ago; such as")
    await expect(group.filter(has_text="ERROR").locator(".group-when")).to_have_text(told)
    told = re.compile(r"^moved to FAILED: first \d+ s ago, last \d+ s ago; such as")
    await expect(group.filter(has_text="FAILED").locator(".group-when")).to_have_text(told)


async def test_a_group_leads_to_its_records_and_a_record_to_those_like_it(visit: Visit, api: Api) -> None:
    ids = await errors(api, ["bad geometry 1", "bad geometry 2", "out of memory"])
    page = await visit("/errors")
    await page.locator(".group").filter(has_text="bad geometry").locator(".group-count a").click()
    rows = page.locator(".grid-row a")
    await expect(rows).to_have_text([ids[1], ids[0]])

    chip = page.get_by_role("button", name="crash bad geometry <n>: remove")
    await expect(chip).to_be_visible()
    await page.get_by_role("button", name="Select all 2").wait_for()
    await chip.click()
    await expect(rows).to_have_text([ids[2], ids[1], ids[0]])

    await page.goto(f"/records/{ids[0]}")
    await page.get_by_role("link", name="all records whose message is alike").click()
    await expect(rows).to_have_text([ids[1], ids[0]])

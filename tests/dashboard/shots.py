"""Pictures of every page, to be looked at: wide and narrow, light and dark.

usage: python tests/dashboard/shots.py FOLDER [NAME ...]

With INTERLOCK_URL and INTERLOCK_API_KEY those of that server, else those of one with work of every kind on it.
"""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from playwright.async_api import Page

sys.path.insert(0, str(Path(__file__).parents[1]))

from dashboard.browsing import browser, context, sign_in
from dashboard.world import bustle, fill, served
from support.browser import chromium

SIZES = {"wide": (1440, 900), "narrow": (390, 844)}


async def pages(page: Page) -> dict[str, str]:
    """The address of every page; those of single records are found in the lists."""

    async def first(query: str) -> str:
        await page.goto(f"/records?{query}")
        link = page.locator(".grid-row a").first
        await link.wait_for()
        return await link.inner_text()

    errored, complete = await first("errorType=scf_not_converged"), await first("kind=qcschema")
    return {
        "overview": "/",
        "records": "/records",
        "filtered": "/records?status=ERROR&status=WAITING&order=oldest",
        "errors": "/errors",
        "matrix": "/matrix",
        "lit": f"/matrix?record={errored}",
        "errored": f"/records/{errored}",
        "complete": f"/records/{complete}",
        "dialog": "/records?campaign=torsion-drives",
        "keys": "/matrix",
    }


async def open_dialog(page: Page, name: str) -> None:
    """What is opened on a page before its picture is taken."""
    if name == "dialog":
        await page.get_by_role("button", name="Select all").click()
        await page.locator(".actions").get_by_role("button", name="Hold").click()
        await page.get_by_text("would move").wait_for()
    elif name == "keys":
        await page.keyboard.press("?")


async def shoot(folder: Path, url: str, key: str, names: Sequence[str]) -> None:
    async with browser(await chromium(), url) as launched:
        for size, (width, height) in SIZES.items():
            for scheme in ("light", "dark"):
                made, seen = await context(
                    launched, url, viewport={"width": width, "height": height}, color_scheme=scheme
                )
                page = await made.new_page()
                await sign_in(page, key)
                for name, path in (await pages(page)).items():
                    if names and name not in names:
                        continue
                    await page.goto(path)
                    await page.get_by_text("Live", exact=True).wait_for()
                    await open_dialog(page, name)
                    await page.wait_for_timeout(1500)  # a picture: canvases are drawn after what they show has come
                    await page.screenshot(
                        path=folder / f"{name}-{size}-{scheme}.png", full_page="/records?" not in path
                    )
                assert (seen.complaints, seen.elsewhere) == ([], [])
                await made.close()


async def main(folder: Path, names: Sequence[str]) -> None:
    if url := os.environ.get("INTERLOCK_URL"):
        await shoot(folder, url, os.environ["INTERLOCK_API_KEY"], names)
        return
    async with served() as (url, api):
        await fill(api)
        stop = asyncio.Event()
        bustling = asyncio.create_task(bustle(api, stop))
        await shoot(folder, url, api.operator.key, names)
        stop.set()
        await bustling


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), sys.argv[2:]))

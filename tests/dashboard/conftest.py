"""The dashboard, built, on the test's server, and a real browser before it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable

import pytest
from playwright.async_api import Browser, Page

from dashboard.browsing import Seen, browser, context, sign_in
from support.api import Api, Client
from support.browser import chromium
from support.tools import ROOT, run

Visit = Callable[..., Awaitable[Page]]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """All are slow: they build the page, and CI installs a browser."""
    for item in items:
        if item.path.parent == ROOT / "tests" / "dashboard":
            item.add_marker(pytest.mark.slow)
            item.add_marker(pytest.mark.timeout(900))


@pytest.fixture(autouse=True)
async def built() -> None:
    await run(ROOT / "dev", "pages", "dashboard", within=500)


@pytest.fixture
async def chrome(server: str) -> AsyncIterator[Browser]:
    async with browser(await chromium(), server) as launched:
        yield launched


@pytest.fixture
async def visit(chrome: Browser, server: str, api: Api) -> AsyncIterator[Visit]:
    """Opens a tab in a profile of its own, signed in; in the end no tab may have had anything to complain of."""
    opened: list[Seen] = []

    async def open_tab(path: str = "/", client: Client = api.operator, url: str = server, **options: object) -> Page:
        made, seen = await context(chrome, url, **({"viewport": {"width": 1400, "height": 900}} | options))
        opened.append(seen)
        page = await made.new_page()
        page.set_default_timeout(15_000)
        await sign_in(page, client.key, path)
        return page

    yield open_tab
    for seen in opened:
        assert seen.elsewhere == []
        assert seen.complaints == []

"""A browser that reaches no other address than the server's, and tells of every complaint of the page."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from playwright.async_api import Browser, BrowserContext, ConsoleMessage, Page, Request, async_playwright

_ARGUMENTS = ("--no-sandbox", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-sync")
_WATCH = """addEventListener('securitypolicyviolation', (event) =>
  console.error(`violates ${event.violatedDirective}: ${event.blockedURI} ${event.sourceFile}:${event.lineNumber}`))"""

_NEWS = ("net::", "WebSocket", "GL Driver Message")
"""Of what the browser says of itself, and not of the page: refused or cut connections, drawing without a GPU."""


@dataclass
class Seen:
    """What a page did that a person would not see."""

    host: str
    elsewhere: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    def watch(self, page: Page) -> None:
        page.on("request", self._asked)
        page.on("websocket", lambda socket: self._at(socket.url))
        page.on("console", self._said)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))

    def _asked(self, request: Request) -> None:
        self._at(request.url)

    def _at(self, url: str) -> None:
        parts = urlsplit(url)
        if parts.scheme not in {"data", "blob"} and parts.netloc != self.host:
            self.elsewhere.append(url)

    def _said(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"} and not any(word in message.text for word in _NEWS):
            self.complaints.append(message.text)


@asynccontextmanager
async def browser(path: str, url: str) -> AsyncIterator[Browser]:
    """Chromium at ``path``, for which no name but the server's is found, whoever in it asks."""
    only = f"--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE {urlsplit(url).hostname}"
    async with async_playwright() as playwright:
        launched = await playwright.chromium.launch(executable_path=path, args=[*_ARGUMENTS, only])
        try:
            yield launched
        finally:
            await launched.close()


async def context(browser: Browser, url: str, **options: object) -> tuple[BrowserContext, Seen]:
    """A browser's fresh profile, and what its pages do."""
    made = await browser.new_context(base_url=url, **options)  # type: ignore[arg-type]
    await made.add_init_script(_WATCH)
    seen = Seen(urlsplit(url).netloc)
    made.on("page", seen.watch)
    return made, seen


async def sign_in(page: Page, key: str, path: str = "/") -> None:
    """Type the key in, as a person does."""
    await page.goto(path)
    await page.get_by_label("API key").fill(key)
    await page.get_by_role("button", name="Sign in").click()
    await page.get_by_text("Live", exact=True).wait_for()

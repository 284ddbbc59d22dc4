"""The pages for people, the dashboard and GraphiQL, from files of our own: no request of theirs leaves this server.

They are public, as their sources are; whatever they show is asked for with the key that is typed into them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

BUILT = Path(__file__).parents[2] / "web"
"""Where the builds of client_examples put the pages (``./dev pages``, or a wheel's build)."""
_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
}
_HASHED, _ALWAYS_ASKED = "public, max-age=31536000, immutable", "no-cache"
_NOT_BUILT = """{title} is not there: nobody has built it yet.

In a clone of Interlock, build it with:  ./dev pages
(./dev demo builds the dashboard by itself, in about a minute.) This page then turns into it.
Elsewhere, install Interlock anew from its source, with npm's registry in reach:  pip install .

GraphQL itself is at /graphql.
"""
_LOOK_AGAIN = {"Refresh": "5"}
"""Seconds, after which a browser asks again."""


def _policy(**sources: str) -> str:
    """Nothing but what is named, and never another address."""
    named = "".join(f"{kind}-src {allowed}; " for kind, allowed in sources.items())
    return f"default-src 'none'; {named}base-uri 'none'; form-action 'none'; frame-ancestors 'none'"


@dataclass(frozen=True, slots=True)
class Page:
    """One page: ``name`` is that of its folder, and its files are at and below ``/name``.

    ``paths`` are further addresses of the page itself, which shows at each what belongs there.
    """

    name: str
    title: str
    policy: str
    paths: tuple[str, ...] = ()

    @property
    def address(self) -> str:
        return self.paths[0] if self.paths else f"/{self.name}"


DASHBOARD = Page(
    "dashboard",
    "The dashboard",
    _policy(script="'self'", style="'self'", img="'self' data:", connect="'self'"),
    ("/", "/records", "/records/{id}", "/errors", "/matrix"),
)
GRAPHIQL = Page(
    "graphiql",
    "GraphiQL",
    _policy(
        script="'self'",
        style="'self' 'unsafe-inline'",  # the editor writes its own
        font="'self' data:",  # GraphiQL's are within its style sheet
        img="'self' data:",  # icons, likewise
        connect="'self'",
        worker="'self'",
    ),
)
PAGES = (DASHBOARD, GRAPHIQL)


def page_routes(pages: tuple[Page, ...] = PAGES, folder: Path = BUILT) -> Iterator[BaseRoute]:
    """Where the pages are."""
    for page in pages:
        files: Any = PageFiles(page, folder / page.name)
        for path in (f"/{page.name}", *page.paths):
            yield Route(path, files)
        yield Mount(f"/{page.name}", files)


class PageFiles:
    """The ASGI application for the addresses of one page."""

    def __init__(self, page: Page, folder: Path) -> None:
        self._page = page
        self._below = f"/{page.name}/"
        self._index = folder / "index.html"
        self._files = StaticFiles(directory=folder, check_dir=False)
        self._headers = {"Content-Security-Policy": page.policy, **_HEADERS}

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        path: str = scope["path"]
        name = path.removeprefix(self._below) if path.startswith(self._below) else ""

        async def with_headers(message: Any) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.update(self._headers)
                found = message["status"] in {200, 304}
                headers["Cache-Control"] = _HASHED if found and name.startswith("assets/") else _ALWAYS_ASKED
            await send(message)

        await (await self._response(name.strip("/"), scope))(scope, receive, with_headers)

    async def _response(self, name: str, scope: Any) -> Response:
        page = self._page
        if not self._index.exists():
            return PlainTextResponse(_NOT_BUILT.format(title=page.title), 404, _LOOK_AGAIN)
        try:
            return await self._files.get_response(name or self._index.name, scope)
        except HTTPException as error:
            allowed = {"Allow": "GET, HEAD"} if error.status_code == 405 else {}  # noqa: PLR2004 - a status of HTTP
            text = f"{error.detail}. {page.title} is at {page.address}.\n"
            return PlainTextResponse(text, error.status_code, allowed)

"""GraphiQL, from files of our own: no request of the page leaves this server.

The page is public, as its source is; whatever it shows is asked for with the key that is typed into it.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.responses import PlainTextResponse, Response
from starlette.staticfiles import StaticFiles

BUILT = Path(__file__).parents[2] / "web" / "graphiql"
"""Where the build of client_examples/graphiql puts the page (``./dev graphiql``, or a wheel's build)."""
PATH = "/graphiql"
_DIRECTIVES = (
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self' 'unsafe-inline'",  # the editor writes its own
    "font-src 'self' data:",  # GraphiQL's are within its style sheet
    "img-src 'self' data:",  # icons, likewise
    "connect-src 'self'",
    "worker-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
)
POLICY = "; ".join(_DIRECTIVES)
_HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
}
_HASHED, _ALWAYS_ASKED = "public, max-age=31536000, immutable", "no-cache"
_NOT_BUILT = """GraphiQL is not part of this installation: it was built where npm could not be reached.

In a clone of Interlock, build it with:  ./dev graphiql
Elsewhere, install Interlock anew from its source, with npm's registry in reach:  pip install .

GraphQL itself is at /graphql.
"""


class GraphiQLPage:
    """The ASGI application for everything at and below ``PATH``."""

    def __init__(self, folder: Path = BUILT) -> None:
        self._index = folder / "index.html"
        self._files = StaticFiles(directory=folder, check_dir=False)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        path: str = scope["path"].removeprefix(PATH).strip("/")

        async def with_headers(message: Any) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.update(_HEADERS)
                found = message["status"] in {200, 304}
                headers["Cache-Control"] = _HASHED if found and path.startswith("assets/") else _ALWAYS_ASKED
            await send(message)

        await (await self._response(path, scope))(scope, receive, with_headers)

    async def _response(self, path: str, scope: Any) -> Response:
        if not self._index.exists():
            return PlainTextResponse(_NOT_BUILT, 404)
        try:
            return await self._files.get_response(path or self._index.name, scope)
        except HTTPException as error:
            allowed = {"Allow": "GET, HEAD"} if error.status_code == 405 else {}  # noqa: PLR2004 - a status of HTTP
            return PlainTextResponse(f"{error.detail}. GraphiQL is at {PATH}.\n", error.status_code, allowed)

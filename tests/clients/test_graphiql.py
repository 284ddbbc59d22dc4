"""GraphiQL at /graphiql: built by the project's own build, complete without any other address, and strict."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from interlock.api.http.pages import GRAPHIQL
from support.api import Api
from support.browser import chromium
from support.tools import CLIENTS, NODE, ROOT, npm_installed, run, started

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]  # CI installs a browser


@pytest.fixture
async def http(server: str) -> AsyncIterator[httpx.AsyncClient]:
    """A browser's first steps, without a key, on a server that has the page."""
    await run(ROOT / "dev", "pages", "graphiql", within=500)
    async with httpx.AsyncClient(base_url=server) as http:
        yield http


async def test_it_runs_queries_shows_the_descriptions_and_follows_the_feed_in_a_browser_that_reaches_nothing_else(
    http: httpx.AsyncClient, api: Api
) -> None:
    told = await driven(api)

    assert '"role": "OPERATOR"' in told["queried"]
    assert "recordId" in told["followed"]
    assert "permitted" in told["described"], "the schema's own words"
    assert told["elsewhere"] == []
    assert told["complaints"] == []
    assert {httpx.URL(url).netloc for url in told["asked"] if not url.startswith(("data:", "blob:"))} == {
        http.base_url.netloc
    }


async def test_the_key_is_kept_in_no_address_and_in_no_lasting_storage(http: httpx.AsyncClient, api: Api) -> None:
    del http
    told = await driven(api)

    assert not [url for url in told["asked"] if api.operator.key in url]
    assert api.operator.key not in json.dumps(told["kept"])


async def driven(api: Api) -> Any:
    """What the browser's script tells; a record is submitted when it follows the feed."""
    environment = {
        "PAGE_URL": f"{api.operator.url}/graphiql",
        "API_KEY": api.operator.key,
        "CHROMIUM": await chromium(),
        "CURSOR": (await api.operator.execute("{ feedCursor }"))["feedCursor"],
    }
    folder = await npm_installed()
    async with started(NODE, folder / "graphiql.mjs", cwd=CLIENTS, environment=environment) as process:
        assert process.stdout is not None
        process.stdout._limit = 2**22  # type: ignore[attr-defined] # its last line is long
        first = await process.stdout.readline()
        if not first.startswith(b'{"subscribing"'):
            raise AssertionError((first + await process.stdout.read()).decode())
        await api.operator.submit()
        said = (await process.stdout.read()).decode()
        assert await process.wait() == 0, said
    return json.loads(said)


async def test_the_page_is_strict_and_its_hashed_files_are_kept_by_browsers(http: httpx.AsyncClient) -> None:
    page = await http.get("/graphiql")
    script = page.text.split('src="')[1].split('"')[0]
    asset = await http.get(script)

    assert (page.status_code, page.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert (page.headers["cache-control"], asset.headers["cache-control"]) == (
        "no-cache",
        "public, max-age=31536000, immutable",
    )
    for answer in (page, asset, await http.get("/graphiql/"), await http.get("/graphiql/none.js")):
        assert answer.headers["content-security-policy"] == GRAPHIQL.policy
        assert answer.headers["x-content-type-options"] == "nosniff"
    assert "unsafe" not in GRAPHIQL.policy.replace("style-src 'self' 'unsafe-inline'", "")
    assert (await http.get("/graphiql/", headers={"If-None-Match": page.headers["etag"]})).status_code == 304


@pytest.mark.parametrize("path", ["/graphiql/none.js", "/graphiql/..%2f..%2fapp.py", "/graphiql/assets", "/graphiqlx"])
async def test_nothing_but_the_page_is_served(http: httpx.AsyncClient, path: str) -> None:
    assert (await http.get(path)).status_code == 404
    assert (await http.post("/graphiql")).status_code == 405


async def test_introspection_needs_a_key(http: httpx.AsyncClient) -> None:
    answer = await http.post("/graphql", json={"query": "{ __schema { queryType { name } } }"})

    assert answer.status_code == 401

"""What /graphiql says where GraphiQL was not built."""

from __future__ import annotations

from pathlib import Path

import httpx

from interlock.api.http.graphiql import GraphiQLPage


async def test_a_page_that_was_not_built_says_how_to_build_it(tmp_path: Path) -> None:
    transport = httpx.ASGITransport(GraphiQLPage(tmp_path))  # no server is as quickly without it
    async with httpx.AsyncClient(transport=transport, base_url="http://server") as http:
        answer = await http.get("/graphiql")

    assert answer.status_code == 404
    assert "./dev graphiql" in answer.text
    assert answer.headers["content-security-policy"].startswith("default-src 'none'")

"""What the pages' addresses say where the pages were not built."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest
from starlette.routing import Router

from interlock.api.http.pages import PAGES, Page, page_routes


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
async def test_a_page_that_was_not_built_says_how_to_build_it_and_is_there_once_it_was(
    page: Page, tmp_path: Path
) -> None:
    transport = httpx.ASGITransport(Router(list(page_routes(folder=tmp_path))))  # no server is as quickly without it
    async with httpx.AsyncClient(transport=transport, base_url="http://server") as http:
        addresses = (page.address, f"/{page.name}", *page.paths)
        answers = [await http.get(path) for path in addresses]
        (tmp_path / page.name).mkdir()
        (tmp_path / page.name / "index.html").write_text("built")
        later = [await http.get(path) for path in addresses]

    for answer in answers:
        assert answer.status_code == 404
        assert answer.text.startswith(f"{page.title} is not there")
        assert "./dev pages" in answer.text
        assert answer.headers["content-security-policy"].startswith("default-src 'none'")
        assert int(answer.headers["refresh"]) > 0
    for answer in later:
        assert (answer.status_code, answer.text) == (200, "built")
        assert "refresh" not in answer.headers

"""A real browser: Debian's Chromium."""

from __future__ import annotations

import asyncio
import shutil

import pytest

from support.debian import of_package


async def chromium() -> str:
    """The path of Chromium; without it its tests are skipped, but not in CI."""
    found = await asyncio.to_thread(of_package, "chromium", _found)
    if found is None:
        pytest.skip("needs Chromium: apt-get install chromium")
    return found


def _found() -> str | None:
    names = ("chromium", "chromium-browser", "google-chrome")
    return next((path for path in map(shutil.which, names) if path), None)

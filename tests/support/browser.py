"""A real browser: Debian's Chromium."""

from __future__ import annotations

import os
import shutil

import pytest

from support.tools import run

_INSTALLATION = 600.0


async def chromium() -> str:
    """The path of Chromium.

    In CI it must be there, and is installed where it is not: npm's packages bring no browser, they fetch one from
    addresses that a CI need not reach. Elsewhere its tests are skipped without it, since a test run should not change
    somebody's machine.
    """
    found = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if found is None and os.environ.get("CI"):
        for step in (("update", "-qq"), ("install", "-qq", "-y", "--no-install-recommends", "chromium")):
            await run(
                "apt-get", *step, environment={"DEBIAN_FRONTEND": "noninteractive"}, within=_INSTALLATION
            )  # fmt: skip
        found = shutil.which("chromium")
    if found is None:
        pytest.skip("needs Chromium: apt-get install chromium")
    return found

"""A real browser: Debian's Chromium."""

from __future__ import annotations

import fcntl
import os
import shutil
import sys
from pathlib import Path

import pytest

from support.tools import run

_INSTALLATION = 600.0
_STEPS = (("update", "-qq"), ("install", "-qq", "-y", "--no-install-recommends", "chromium"))


async def chromium() -> str:
    """The path of Chromium.

    In CI it must be there, and is installed where it is not: npm's packages bring no browser, they fetch one from
    addresses that a CI need not reach. Elsewhere its tests are skipped without it, since a test run should not change
    somebody's machine.
    """
    with (Path(sys.prefix) / "chromium.gate").open("w") as gate:
        fcntl.flock(gate, fcntl.LOCK_EX)  # test processes that need it wait for each other
        if _found() is None and os.environ.get("CI"):
            for step in _STEPS:
                await run("apt-get", *step, environment={"DEBIAN_FRONTEND": "noninteractive"}, within=_INSTALLATION)
    found = _found()
    if found is None:
        assert not os.environ.get("CI"), "apt-get installed no Chromium"
        pytest.skip("needs Chromium: apt-get install chromium")
    return found


def _found() -> str | None:
    names = ("chromium", "chromium-browser", "google-chrome")
    return next((path for path in map(shutil.which, names) if path), None)

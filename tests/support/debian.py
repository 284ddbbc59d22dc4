"""What tests need of Debian's packages: in CI it must be there, and is installed where it is not.

npm's and PyPI's packages bring no browser and no library to move clocks, and what would fetch them goes to addresses
that a CI need not reach. Elsewhere nothing is installed, since a test run should not change somebody's machine.
"""

from __future__ import annotations

import fcntl
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

Found = TypeVar("Found")

_INSTALLATION = 600.0


def of_package(package: str, look: Callable[[], Found | None]) -> Found | None:
    """What ``look`` finds of the package; None where it is not installed, which in CI fails."""
    with (Path(sys.prefix) / f"{package}.gate").open("w") as gate:
        fcntl.flock(gate, fcntl.LOCK_EX)  # test processes that need it wait for each other
        if look() is None and os.environ.get("CI"):
            for step in (("update", "-qq"), ("install", "-qq", "-y", "--no-install-recommends", package)):
                environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
                subprocess.run(("apt-get", *step), check=True, env=environment, timeout=_INSTALLATION)
    found = look()
    assert found is not None or not os.environ.get("CI"), f"apt-get installed no {package}"
    return found

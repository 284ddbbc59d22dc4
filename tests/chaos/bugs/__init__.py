"""Bugs that can be switched on, in the servers of a run only: each must be found by its checker."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

_TESTS = Path(__file__).parent.parent.parent


def command_with(bug: str | None, command: Sequence[str]) -> Sequence[str]:
    """What starts a server with the bug."""
    return command if bug is None else ("env", f"PYTHONPATH={_TESTS}", sys.executable, "-m", "chaos.buggy", bug, "serve")

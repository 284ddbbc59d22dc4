"""Bugs that can be switched on, in the servers of a run only: each must be seen by its checker."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from chaos.bugs import calls, events, feed, leases
from chaos.bugs.bug import Bug

BUGS: Mapping[str, Bug] = {**feed.BUGS, **leases.BUGS, **calls.BUGS, **events.BUGS}
_TESTS = Path(__file__).parent.parent.parent


def command_with(bug: str) -> Sequence[str]:
    """What starts a server that has the bug."""
    return "env", f"PYTHONPATH={_TESTS}", sys.executable, "-m", "chaos.buggy", bug, "serve"

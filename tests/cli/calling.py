"""Running ``interlock`` as people do."""

from __future__ import annotations

import os
import subprocess
import sys

HERE = {name: value for name, value in os.environ.items() if not name.startswith("INTERLOCK_")}


def said(*arguments: str, **environment: str) -> tuple[int, str, list[str]]:
    """Run a command: its exit code, what it printed, and the lines of its complaints."""
    command = [sys.executable, "-m", "interlock.cli", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=HERE | environment, timeout=60)
    return done.returncode, done.stdout, done.stderr.splitlines()

"""``python -m chaos.buggy BUG serve ...``: ``interlock serve`` with a bug."""

from __future__ import annotations

import sys

from chaos.bugs import BUGS
from interlock.cli import app

if __name__ == "__main__":
    BUGS[sys.argv.pop(1)].plant()
    app()

"""Runs an ``interlock`` command that ends when the demo does: ``python -m interlock.demo.child SECONDS COMMAND ...``.

The demo holds the other end of standard input. It closes when the demo is gone, even by SIGKILL; so many seconds
later this process gets the SIGTERM that the demo can no longer send.
"""

from __future__ import annotations

import importlib
import os
import signal
import sys
import threading
import time


def _end_with_the_demo(seconds: float) -> None:
    while os.read(0, 1024):  # not sys.stdin: its lock would be in the way when the process ends by itself
        pass
    time.sleep(seconds)
    os.kill(os.getpid(), signal.SIGTERM)


def main() -> None:
    seconds = float(sys.argv.pop(1))
    threading.Thread(target=_end_with_the_demo, args=(seconds,), daemon=True).start()
    # By name: the demo itself never imports what the server is made of.
    importlib.import_module("interlock.cli").app()


if __name__ == "__main__":
    main()

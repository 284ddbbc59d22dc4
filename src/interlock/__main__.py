"""The console script, and ``python -m interlock``: it imports nothing slow before Ctrl-C ends it quietly."""

from __future__ import annotations

import signal


def main() -> None:
    """Run the command line."""
    # Until a command has begun what must be ended in order, and sees to that itself, there is nothing to end.
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    from interlock.cli import app  # noqa: PLC0415 - only now

    app()


if __name__ == "__main__":
    main()

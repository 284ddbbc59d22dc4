"""What a computation prints, caught where Fortran and C print too: at the file descriptors."""

from __future__ import annotations

import contextlib
import ctypes
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TextIO

from interlock.manager.outcome import clean


@contextlib.contextmanager
def captured(stdout: Path, stderr: Path) -> Iterator[None]:
    """Send file descriptors 1 and 2 into these files, which are emptied first.

    Files rather than pipes: nobody has to read along, and what was printed survives the process.
    """
    kept = [(number, os.dup(number)) for number in (1, 2)]
    try:
        for (number, _), path in zip(kept, (stdout, stderr), strict=True):
            file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_APPEND, 0o600)
            os.dup2(file, number)
            os.close(file)
        # Streams of its own for each task: it may close them.
        with contextlib.redirect_stdout(_stream(1)), contextlib.redirect_stderr(_stream(2)):
            try:
                yield
            finally:
                _flush()
    finally:
        for number, copy in kept:
            os.dup2(copy, number)
            os.close(copy)


def tail(path: Path, limit: int) -> str | None:
    """The last ``limit`` bytes as text, with a note if something was cut off; None if there is nothing."""
    try:
        with path.open("rb") as file:
            size = file.seek(0, os.SEEK_END)
            file.seek(max(0, size - limit))
            text = clean(file.read().decode("utf-8", "replace"))
    except FileNotFoundError:
        return None
    if size > limit:
        return f"[the first {size - limit} of {size} bytes are left out]\n{text}"
    return text or None


def _stream(number: int) -> TextIO:
    # By line, so that it stands among what C and other programs print at the same time.
    return open(number, "w", buffering=1, encoding="utf-8", errors="replace", closefd=False)


def _flush() -> None:
    """Python's buffers and C's. Fortran's are switched off by the worker's environment."""
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError, ValueError, AttributeError):  # a task may have closed it
            stream.flush()
    ctypes.CDLL(None).fflush(None)

"""What the log says of a fault: the traceback, never the values of its variables, as keys are among them."""

from __future__ import annotations

import contextlib
import io
import logging
import os
import sys
from collections.abc import Iterator

import pytest
import structlog

from interlock.logs import configure

SECRET = "ilk_not_to_be_seen"


class _Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture(params=[_Terminal, io.StringIO], ids=["terminal", "pipe"])
def stderr(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[io.StringIO]:
    """Where the log goes, as set up for a server."""
    written: io.StringIO = request.param()
    before, root = structlog.get_config(), logging.getLogger()
    handlers, level = root.handlers, root.level
    monkeypatch.setattr(sys, "stderr", written)
    configure()
    yield written
    structlog.configure(**before)
    root.handlers, root.level = handlers, level


def test_a_logged_fault_shows_where_it_happened_but_no_values(stderr: io.StringIO) -> None:
    def look_up(secret: str) -> None:
        raise LookupError(f"no such key of {len(secret)} characters")

    for log in (structlog.get_logger().error, logging.getLogger("uvicorn.error").error):
        try:
            look_up(SECRET)
        except LookupError:
            log("fault", exc_info=True)
    text = stderr.getvalue()
    assert text.count("no such key of 18 characters") == 2
    assert "look_up" in text
    assert SECRET not in text


def test_a_line_that_cannot_be_written_is_lost_and_nothing_else(monkeypatch: pytest.MonkeyPatch) -> None:
    before, root = structlog.get_config(), logging.getLogger()
    handlers, level = root.handlers, root.level
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "w", buffering=1) as unread:
        monkeypatch.setattr(sys, "stderr", unread)
        configure()
        try:
            structlog.get_logger().error("fault")
            logging.getLogger("uvicorn.error").error("fault")
        finally:
            structlog.configure(**before)
            root.handlers, root.level = handlers, level
            monkeypatch.undo()
            with contextlib.suppress(OSError):
                unread.close()

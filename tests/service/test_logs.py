"""What the log says of a fault: the traceback, never the values of its variables, as keys are among them."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import io
import json
import logging
import os
import sys
from collections.abc import Iterator

import pytest
import structlog

from interlock.logs import about, configure

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


@pytest.mark.parametrize("stderr", [io.StringIO], indirect=True, ids=["pipe"])
def test_on_a_loop_the_lines_of_a_turn_are_written_together_and_none_is_lost(stderr: io.StringIO) -> None:
    log = structlog.get_logger()

    async def work() -> None:
        about(request="one")
        for number in range(3):
            log.info("line", number=number)
        assert stderr.getvalue() == ""
        await asyncio.sleep(0)
        assert stderr.getvalue().count("\n") == 3
        log.info("line", number=3)

    async def more() -> None:
        log.info("line", number=4)
        await asyncio.sleep(0)

    asyncio.run(work())
    asyncio.run(more())  # whatever an earlier loop left behind
    lines = [json.loads(line) for line in stderr.getvalue().splitlines()]
    assert [line["number"] for line in lines] == [0, 1, 2, 3, 4]
    assert [line.get("request") for line in lines] == ["one"] * 4 + [None]


class _Full(io.StringIO):
    def write(self, _: str) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")


@pytest.mark.parametrize("stderr", [_Full], indirect=True, ids=["full"])
def test_a_disk_that_is_full_makes_no_fault_of_what_is_told(stderr: io.StringIO) -> None:
    structlog.get_logger().info("line")
    assert stderr.getvalue() == ""


@pytest.mark.parametrize("stderr", [io.StringIO], indirect=True, ids=["pipe"])
def test_what_is_below_the_level_is_not_written(stderr: io.StringIO, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stderr", stderr)
    configure("warning")
    structlog.get_logger().info("unseen")
    structlog.get_logger().warning("seen")
    assert [json.loads(line)["event"] for line in stderr.getvalue().splitlines()] == ["seen"]


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

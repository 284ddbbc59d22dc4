"""Logs: JSON lines to a pipe or a file, words to a terminal; never a secret."""

from __future__ import annotations

import asyncio
import atexit
import logging
import sys
from contextlib import suppress
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any, TextIO

import orjson
import structlog

_CONTEXT: ContextVar[dict[str, Any] | None] = ContextVar("context", default=None)


def about(**facts: Any) -> None:
    """From now on each line in this context says this, and nothing of what it said before.

    As structlog.contextvars, at a fifth of what that costs each request.
    """
    _CONTEXT.set(facts)


def context() -> dict[str, Any]:
    """What each line in this context says; more can be added, and is said wherever the context was passed on to."""
    found = _CONTEXT.get()
    return {} if found is None else found


def _with_context(_: Any, __: str, event: dict[str, Any]) -> dict[str, Any]:
    found = _CONTEXT.get()
    return found | event if found else event


def _stamped(_: Any, __: str, event: dict[str, Any]) -> dict[str, Any]:
    event["timestamp"] = datetime.now(UTC)
    return event


def _json(_: Any, __: str, event: dict[str, Any]) -> str:
    return orjson.dumps(event, default=str, option=orjson.OPT_UTC_Z).decode()


def _as_it_is(_: Any, __: str, event: dict[str, Any]) -> tuple[tuple[dict[str, Any]], dict[str, Any]]:
    return (event,), {}


_SHARED: tuple[Any, ...] = (_with_context, structlog.stdlib.add_log_level)
_AS_JSON: tuple[Any, ...] = (_stamped, structlog.processors.format_exc_info, _json)


class _Lines:
    """A line of JSON for each event, on a stream.

    On an event loop they are made and written in its next turn, all of a turn together: the answer that they tell of
    goes out before. What cannot be written is lost: a full disk must not make a fault of what was done.
    """

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._waiting: list[dict[str, Any]] = []
        self._loop: asyncio.AbstractEventLoop | None = None
        """The one that is going to write what waits; another may have ended before it did."""
        atexit.register(self._write)

    def msg(self, event: dict[str, Any]) -> None:
        self._waiting.append(event)
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            self._write()
            return
        if len(self._waiting) == 1 or loop is not self._loop:
            self._loop = loop
            loop.call_soon(self._write)

    def _write(self) -> None:
        waiting, self._waiting = self._waiting, []
        if waiting:
            with suppress(OSError, ValueError):  # the disk is full, the stream closed
                self._stream.write("".join(f"{_json(None, '', event)}\n" for event in waiting))
                self._stream.flush()

    log = debug = info = warn = warning = msg
    fatal = failure = err = error = critical = exception = msg


def json_lines(stream: TextIO) -> Any:
    """A log on another stream, whatever that is, in the form that a file has."""
    return structlog.wrap_logger(structlog.PrintLogger(stream), processors=[*_SHARED, *_AS_JSON])


class Unfailing:
    """A stream to which a line that cannot be written is lost, and nothing else: the disk is full, or nobody reads."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> None:
        with suppress(OSError):
            self._stream.write(text)

    def flush(self) -> None:
        with suppress(OSError):
            self._stream.flush()


def configure(level: str | int = "info") -> None:
    """Set the process's logs up; libraries that use the standard library's logging join in."""
    out: Any = Unfailing(sys.stderr)
    logged: list[Any]
    logger: Any
    if sys.stderr.isatty():
        render: list[Any] = [
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback),
        ]  # no locals: keys are among them
        logged, logger = render, structlog.PrintLogger(out)
    else:
        render = list(_AS_JSON)
        logged, logger = [*render[:-1], _as_it_is], _Lines(out)
    structlog.configure(
        processors=[*_SHARED, *logged],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=lambda *_: logger,
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(out)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *render],
            foreign_pre_chain=_SHARED,
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(logging.WARNING)

"""Logs: JSON lines to a pipe or a file, words to a terminal; never a secret."""

from __future__ import annotations

import logging
import sys
from contextlib import suppress
from typing import Any, TextIO

import orjson
import structlog


def _json(event: Any, **_: Any) -> str:
    return orjson.dumps(event, default=str).decode()


_SHARED: tuple[Any, ...] = (
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_log_level,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
)
_AS_JSON: tuple[Any, ...] = (
    structlog.processors.format_exc_info,
    structlog.processors.JSONRenderer(serializer=_json),
)


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


def configure(*, level: int = logging.INFO) -> None:
    """Set the process's logs up; libraries that use the standard library's logging join in."""
    out: Any = Unfailing(sys.stderr)
    if sys.stderr.isatty():
        render: list[Any] = [
            structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)
        ]  # no locals: keys are among them
    else:
        render = list(_AS_JSON)
    structlog.configure(
        processors=[*_SHARED, *render],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(out),
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

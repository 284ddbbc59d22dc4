"""What came of a task."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

_NUL = "\x00"


@dataclass(frozen=True, slots=True)
class Failure:
    """Why there is no result. The type is for programs: retry policies and groups of errors go by it."""

    type: str
    message: str
    traceback: str | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """A result or a failure, with what was printed. ``size`` is the result's, as JSON, in bytes."""

    result: Any = None
    failure: Failure | None = None
    stdout: str | None = None
    stderr: str | None = None
    size: int = 0


def clean(text: str) -> str:
    """The text without what neither UTF-8 nor PostgreSQL can hold: lone surrogates and NUL."""
    return text.encode("utf-8", "replace").decode("utf-8").replace(_NUL, "\N{REPLACEMENT CHARACTER}")

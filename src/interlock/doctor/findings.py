"""What a check finds."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Level(StrEnum):
    """How bad it is."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"


@dataclass(frozen=True, slots=True)
class Finding:
    """What was found, and what to do about it where something is to be done."""

    level: Level
    message: str
    remedy: str | None = None


def ok(message: str) -> Finding:
    return Finding(Level.OK, message)


def warn(message: str, remedy: str) -> Finding:
    """It works, and is going to be a problem."""
    return Finding(Level.WARN, message, remedy)


def fail(message: str, remedy: str) -> Finding:
    """It is broken, or data may be lost."""
    return Finding(Level.FAIL, message, remedy)


def unseen(what: str, remedy: str) -> Finding:
    """It could not be looked at: that is not well, nor is it known to be ill."""
    return warn(f"{what} could not be looked at: this role does not see other sessions and all settings.", remedy)


def counted(count: int, what: str) -> str:
    """A number with its noun, which takes an s where there are several."""
    return f"{count:,} {what}{'' if count == 1 else 's'}"


def few(names: list[str] | tuple[str, ...], most: int = 3) -> str:
    """The first of them, in words."""
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more


def megabytes(size: int) -> str:
    return f"{size / 1e6:,.0f} MB"


def duration(seconds: float) -> str:
    """A time, in the largest unit of which there are at least two."""
    for unit, length in (("days", 86_400), ("hours", 3_600), ("minutes", 60)):
        if seconds >= 2 * length:
            return f"{seconds / length:.0f} {unit}"
    return counted(round(seconds), "second")

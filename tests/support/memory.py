"""How much memory processes take at their highest, as Linux counts it."""

from __future__ import annotations

from collections.abc import Awaitable, Iterable
from pathlib import Path
from typing import TypeVar

Result = TypeVar("Result")

_KILOBYTE = 1_024


def resident(pid: int) -> int:
    """The bytes that a process has in memory now."""
    return _status(pid, "VmRSS")


async def highest(pid: int, work: Awaitable[Result]) -> tuple[Result, int]:
    """What the work gives, and the most bytes that the process had in memory meanwhile."""
    _forget(pid)
    result = await work
    return result, _status(pid, "VmHWM")


def private(pids: Iterable[int]) -> int:
    """The bytes that no other process has, of the largest of these; what PostgreSQL's processes share is not theirs."""
    return max(map(_private, pids), default=0)


def _forget(pid: int) -> None:
    """The highest so far."""
    Path(f"/proc/{pid}/clear_refs").write_text("5")


def _private(pid: int) -> int:
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:  # it has gone
        return 0
    return sum(int(line.split()[1]) * _KILOBYTE for line in lines if line.startswith("Anonymous:"))


def _status(pid: int, name: str) -> int:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) * _KILOBYTE for line in lines if line.startswith(f"{name}:"))

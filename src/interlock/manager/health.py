"""Whether a manager can run what it is given. One that cannot would burn the whole queue: it gives up instead."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping

from interlock.manager.functions import NOT_ALLOWED

OWN_FAULTS = frozenset({NOT_ALLOWED})
"""Errors that say nothing about the task: another manager could run it. What its modules lack is the task's mistake:
that they are there was seen before the first claim."""


class Unfit(Exception):
    """The manager cannot do its work here; says why, and what to do."""


class Health:
    """Counts what went wrong in a row through the manager's own fault, and knows when it is enough."""

    def __init__(self, limit: int, functions: tuple[str, ...]) -> None:
        self._limit = limit
        self._functions = functions
        self._asked_for: list[str] = []
        self._tasks = 0
        self._workers = 0
        self.reason = ""
        self.lost = asyncio.Event()
        """Set when the manager is to give up; then there is a ``reason``."""

    def ran(self) -> None:
        """A task was run, well or badly: the manager can."""
        self._tasks = 0
        self._asked_for.clear()

    def could_not_run(self, function: str) -> None:
        """A task could not be run, and that is no fault of its own."""
        self._tasks += 1
        self._asked_for.append(function)
        if self._tasks >= self._limit:
            self._give_up(
                f"{self._tasks} tasks in a row could not be run here. "
                f"They ask for {', '.join(sorted(set(self._asked_for)))}; this manager runs "
                f"{', '.join(self._functions)}. {_advice(self._asked_for)}"
            )

    def worker(self, failed: str | None) -> None:
        """A worker has started, or could not."""
        self._workers = self._workers + 1 if failed is not None else 0
        if self._workers >= self._limit:
            self._give_up(f"{self._workers} workers in a row could not start here: {failed}")

    def _give_up(self, reason: str) -> None:
        self.reason = self.reason or reason
        self.lost.set()


def check_functions(missing: Mapping[str, str]) -> None:
    """Raise Unfit if a function that is to be run is not there."""
    if missing:
        faults = "; ".join(f"{pattern} ({why})" for pattern, why in missing.items())
        raise Unfit(
            f"this manager cannot run {faults}. Make the module importable where the manager starts, such as "
            "PYTHONPATH=FOLDER interlock manager ..., or leave that --function out."
        )


def _advice(asked_for: Iterable[str]) -> str:
    allow = " ".join(f"--function {function}" for function in sorted(set(asked_for)))
    return f"Start it again, and serve only tags whose tasks it can run (--tag), or allow them ({allow})."

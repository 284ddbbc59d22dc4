"""Calls of the tests' own functions, and what came of them."""

from __future__ import annotations

from typing import Any

from interlock.manager.outcome import Outcome
from interlock.manager.worker import Call

TASKS = ("manager.tasks:*",)


def call(function: str, *args: Any, result_bytes: int = 10**6, output_bytes: int = 10**5, **kwargs: Any) -> Call:
    return Call(f"manager.tasks:{function}", list(args), kwargs, TASKS, result_bytes, output_bytes)


def ignore(_event: str, /, **_details: Any) -> None:
    pass


def failure(outcome: Outcome) -> tuple[str, str]:
    assert outcome.failure is not None
    assert outcome.result is None
    return outcome.failure.type, outcome.failure.message

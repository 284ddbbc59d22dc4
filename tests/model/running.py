"""How the state machine is run: seed after seed, with a few examples of each, so that the same seed does the same."""

from __future__ import annotations

from typing import Any

from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import run_state_machine_as_test

from model.machine import Machine
from model.stage import Stage

EXAMPLES, STEPS = 8, 80
"""Examples of a seed, and steps of each. Of more than ten, Hypothesis makes the first ones small, the next ones alike."""


def run(stage: Stage, number: int, *, shrink: bool = True) -> None:
    """The examples of one seed. Raises what the smallest failing one raised, with all of its steps in the notes."""
    machine: Any = lambda: Machine(stage)  # noqa: E731 - a function does as well as a class
    how = settings(
        max_examples=EXAMPLES,
        stateful_step_count=STEPS,
        phases=[Phase.generate, Phase.shrink] if shrink else [Phase.generate],
        deadline=None,
        database=None,
        print_blob=False,
        report_multiple_bugs=False,
        suppress_health_check=list(HealthCheck),
    )
    run_state_machine_as_test(seed(number)(machine), settings=how)


def run_all(stage: Stage, numbers: range, *, shrink: bool = True) -> None:
    """The examples of these seeds, up to the first one that fails. Raises what :func:`run` does."""
    for number in numbers:
        run(stage, number, shrink=shrink)

"""How the state machine is run: so many examples of so many steps, always the same ones, or those of a seed."""

from __future__ import annotations

from typing import Any

from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import run_state_machine_as_test

from model.machine import Machine
from model.stage import Stage

STEPS = 80
"""In an example."""


def run(stage: Stage, examples: int, number: int | None = None, *, shrink: bool = True) -> None:
    """Examples that follow from the seed; without one, always the same. Raises what the smallest failing one raised."""
    machine: Any = lambda: Machine(stage)  # noqa: E731 - a function does as well as a class
    phases = [Phase.generate, Phase.shrink] if shrink else [Phase.generate]
    how = settings(
        max_examples=examples,
        stateful_step_count=STEPS,
        derandomize=number is None,
        phases=phases,
        deadline=None,
        database=None,
        print_blob=False,
        report_multiple_bugs=False,
        suppress_health_check=list(HealthCheck),
    )
    run_state_machine_as_test(machine if number is None else seed(number)(machine), settings=how)

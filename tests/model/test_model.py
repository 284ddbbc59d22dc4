"""The real API against the reference model: whatever is done in whatever order, both say the same."""

from __future__ import annotations

from hypothesis import HealthCheck, Phase, Verbosity, settings
from hypothesis.stateful import run_state_machine_as_test

from model.machine import Machine
from model.stage import Stage

def test_short(stage: Stage) -> None:
    run_state_machine_as_test(
        lambda: Machine(stage),
        settings=settings(derandomize=True, max_examples=20, stateful_step_count=50, deadline=None, database=None,
                          suppress_health_check=list(HealthCheck), print_blob=False, phases=[Phase.generate]),
    )
    print(stage.steps, sorted(stage.moves.items()), sorted(stage.codes.items()))

"""The model bites: bugs that are switched on are found, each within so many steps."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import Phase, settings
from hypothesis.errors import Flaky
from hypothesis.stateful import run_state_machine_as_test

from model.machine import Machine
from model.mutants import MUTANTS
from model.stage import Stage
from model.test_model import HOW

MOST_EXAMPLES = 60
"""Of 80 steps each; most mutants are found by one of the first three."""


@pytest.mark.slow
@pytest.mark.parametrize("mutate", MUTANTS.values(), ids=MUTANTS)
def test_the_model_finds(
    mutate: Callable[[pytest.MonkeyPatch], None], stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    mutate(monkeypatch)
    # What depends on the moment of a tick may not be there when Hypothesis looks again: that is Flaky, and found.
    with pytest.raises((AssertionError, Flaky)):
        run_state_machine_as_test(
            lambda: Machine(stage),  # type: ignore[arg-type]  # a function does as well as a class
            settings=settings(HOW, max_examples=MOST_EXAMPLES, derandomize=True, phases=[Phase.generate]),
        )
    print(f"found in {stage.steps} steps")  # noqa: T201 - for whoever asks

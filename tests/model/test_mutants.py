"""The model bites: bugs that are switched on are found, each within so many steps."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis.errors import Flaky

from model.mutants import MUTANTS
from model.running import EXAMPLES, STEPS, run_all
from model.stage import Stage

SEEDS = 12
MOST_STEPS = SEEDS * EXAMPLES * STEPS
"""Most mutants are found in a tenth of them."""


@pytest.mark.slow
@pytest.mark.parametrize("mutate", MUTANTS.values(), ids=MUTANTS)
def test_the_model_finds(
    mutate: Callable[[pytest.MonkeyPatch], None], stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    mutate(monkeypatch)
    # What depends on the moment of a tick may not be there when Hypothesis looks again: that is Flaky, and found.
    with pytest.raises((AssertionError, Flaky)) as found:
        run_all(stage, range(SEEDS), shrink=False)
    assert "INTERNAL" not in str(found.value), "the mutant does not act otherwise, it does not act at all"
    print(f"found in {stage.steps} of {MOST_STEPS} steps")  # noqa: T201 - for whoever asks

"""The model bites: bugs that are switched on are found, each within so many steps."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis.errors import Flaky

from model.mutants import MUTANTS
from model.running import run
from model.stage import Stage

MOST_EXAMPLES = 100
"""Most mutants are found by one of the first ten."""


@pytest.mark.slow
@pytest.mark.parametrize("mutate", MUTANTS.values(), ids=MUTANTS)
def test_the_model_finds(
    mutate: Callable[[pytest.MonkeyPatch], None], stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    mutate(monkeypatch)
    # What depends on the moment of a tick may not be there when Hypothesis looks again: that is Flaky, and found.
    with pytest.raises((AssertionError, Flaky)) as found:
        run(stage, MOST_EXAMPLES, shrink=False)
    assert "INTERNAL" not in str(found.value), "the mutant does not act otherwise, it does not act at all"
    print(f"found in {stage.steps} steps")  # noqa: T201 - for whoever asks

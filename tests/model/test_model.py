"""The real API against the reference model: whatever is done, in whatever order, both say the same."""

from __future__ import annotations

import os
import random
import time

import pytest

from interlock.domain.lifecycle import TRANSITIONS
from interlock.domain.outcomes import OUTCOMES, Code, Operation
from model.running import EXAMPLES, STEPS, run
from model.stage import Stage

SEED = "INTERLOCK_MODEL_SEED"
"""Names the seed to begin with: one that was printed is run again first."""
BUDGET = 120
"""Seconds for seed after seed; as long again, where something was not met by then."""
FEWEST_STEPS = 2_000


@pytest.mark.timeout(600)  # to make a failing example small takes its time
def test_api_and_model_agree_in_every_step_of_the_same_examples(stage: Stage) -> None:
    for number in (1, 2):
        run(stage, number)
    assert stage.steps > EXAMPLES * STEPS


@pytest.mark.slow
@pytest.mark.timeout(1_200)
def test_api_and_model_agree_for_seed_after_seed_and_meet_all_that_there_is(stage: Stage) -> None:
    number = int(os.environ.get(SEED) or random.randrange(1_000_000))
    until = time.monotonic() + BUDGET
    while time.monotonic() < until or (_wanting(stage) and time.monotonic() < until + BUDGET):
        try:
            run(stage, number)
        except BaseException as error:
            error.add_note(f"This was seed {number}: {SEED}={number} runs it again.")
            raise
        number += 1
    print(f"{stage.steps} steps, until seed {number - 1}")  # noqa: T201 - for whoever asks how far it came
    assert not _wanting(stage)


def _wanting(stage: Stage) -> set[tuple[str, ...]]:
    """The rows of the lifecycle and of the outcomes that no example met, and steps."""
    moves: set[tuple[str, ...]] = {(row.action, row.source, actor) for row in TRANSITIONS for actor in row.actors}
    # only psql makes a record without a specification, and takes a lease away that nobody returned
    answers = {(row.operation, row.code) for row in OUTCOMES if row.code != Code.SPECIFICATION_MISSING}
    missed = (moves | answers) - stage.met.keys() - {(Operation.RETURN, Code.LEASE_REVOKED)}
    return missed if stage.steps >= FEWEST_STEPS else missed | {(f"{FEWEST_STEPS - stage.steps} steps",)}

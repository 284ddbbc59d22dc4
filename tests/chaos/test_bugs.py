"""Checkers that bite: each seeded bug is seen by the checker of the promise that it breaks."""

from __future__ import annotations

import pytest

from chaos.bugs import BUGS
from chaos.run import run
from chaos.verdict import Plan

CALLS = 1_000
"""Answered calls, for each bug: enough for it to show many times. It takes six to ten seconds."""
SECONDS = 60.0
"""The most that they may take."""
SEED = 1


@pytest.mark.slow
@pytest.mark.timeout(150)
@pytest.mark.parametrize("name", BUGS)
async def test_a_bug_is_seen_by_the_checker_of_its_promise(name: str) -> None:
    bug = BUGS[name]
    verdict = await run(Plan(SEED, SECONDS, CALLS, bug=name))
    assert bug.seen_by in verdict.complaints, (
        f"{bug.words}, but nobody complains that {bug.seen_by!r} is broken; seed {SEED}, again: "
        f"./dev chaos --seeds {SEED} --calls {CALLS} --bug {name}\n{verdict}"
    )

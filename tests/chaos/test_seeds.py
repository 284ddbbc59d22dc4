"""Nemesis seeds: managers, people and followers against three real servers, while whatever can go wrong does.

``./dev chaos --seeds N`` runs one of them again.
"""

from __future__ import annotations

import pytest

from chaos.run import run
from chaos.verdict import Plan

SEEDS = (1, 2, 3, 4)
SECONDS = 45.0
"""Of load, for each of them: about five minutes in all, with what comes before and after."""


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.parametrize("seed", SEEDS)
async def test_every_promise_is_kept_whatever_goes_wrong(seed: int) -> None:
    verdict = await run(Plan(seed, SECONDS))
    assert verdict.clean, f"seed {seed}; again: ./dev chaos --seeds {seed} --seconds {SECONDS:.0f}\n{verdict}"

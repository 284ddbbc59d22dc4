"""What the README says of each fault is shown by a test that is there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from chaos.faults_table import faults
from chaos.moves import MOVES, Move

_TESTS = Path(__file__).parents[1]


@pytest.mark.parametrize("move", MOVES.values(), ids=MOVES.keys())
def test_the_tests_of_a_move_are_there(move: Move) -> None:
    for test in move.tests:
        file, name = test.split("::")
        assert re.search(rf"^async def {name}\(", (_TESTS / file).read_text(), flags=re.MULTILINE), test


def test_each_move_has_a_name_and_a_row_of_its_own() -> None:
    rows = faults().splitlines()[2:]
    assert len(rows) == len(set(rows)) == len(MOVES)
    assert all(row.count("|") == 4 for row in rows)

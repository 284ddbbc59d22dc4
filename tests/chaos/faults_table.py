"""The README's table of faults: what is promised under each, and the test that shows it."""

from __future__ import annotations

from chaos.moves import MOVES
from chaos.moves.move import Move


def _row(move: Move) -> str:
    files = dict.fromkeys(test.partition("::")[0] for test in move.tests)
    return f"| {move.fault} | {move.promise} | {', '.join(map(_link, files))} |\n"


def _link(file: str) -> str:
    name = file.rpartition("/")[2].removesuffix(".py").removeprefix("test_").removeprefix("faults_").replace("_", " ")
    return f"[{name}](tests/{file})"


def faults() -> str:
    """The table."""
    head = "| fault | what is promised | test |\n| --- | --- | --- |\n"
    return head + "".join(map(_row, MOVES.values()))

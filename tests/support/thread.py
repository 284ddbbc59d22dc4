"""The oracle: the QCFractal thread's own table, copied literally, and what follows from its words alone.

Nothing here is derived from the code. The numbers' sentences tell who acts; design.md adds the rows that say
more (5, 7 and 10 by the server, REGENERATE, which the thread's text has but its table has not).
"""

from __future__ import annotations

from typing import NamedTuple

SQUARE = """
+----------+---------+---------+----------+-------+--------+------+--------+
| | WAITING | RUNNING | COMPLETE | ERROR | FAILED | HOLD | KILLED |
+----------+---------+---------+----------+-------+--------+------+--------+
| WAITING | | 1 | | | | 2 | 3 |
+----------+---------+---------+----------+-------+--------+------+--------+
| RUNNING | | | 4 | 5 | | | 6 |
+----------+---------+---------+----------+-------+--------+------+--------+
| COMPLETE | | | | | | | |
+----------+---------+---------+----------+-------+--------+------+--------+
| ERROR | 10 | | | | 7 | | |
+----------+---------+---------+----------+-------+--------+------+--------+
| FAILED | | | | | | | |
+----------+---------+---------+----------+-------+--------+------+--------+
| HOLD | 8 | | | | | | 9 |
+----------+---------+---------+----------+-------+--------+------+--------+
| KILLED | | | | | | | |
+----------+---------+---------+----------+-------+--------+------+--------+
"""

WORDS = """
1. Job accepted by manager.
2. User sends hold signal.
3. User sends kill signal.
4. Job finished successfully.
5. Job fails.
6. User sends kill signal.
7. Time (1 month?) passes.
8. User sends release signal.
9. User sends kill signal.
10. User sends retry signal.
"""

TASK_STATUSES = frozenset({"WAITING", "RUNNING", "ERROR", "HOLD"})
"""A record can be any of the above states while a task can only be in the WAITING/RUNNING/ERROR/HOLD states."""

REGENERATION = ("FAILED", "WAITING")
"""FAILED: This record can generate a new task to evaluate itself, but must go through a more specific API."""

_BY_NUMBER = {
    1: ("CLAIM", {"MANAGER"}),
    2: ("HOLD", {"USER"}),
    3: ("KILL", {"USER"}),
    4: ("COMPLETE", {"MANAGER"}),
    5: ("REPORT_ERROR", {"MANAGER", "SERVER"}),
    6: ("KILL", {"USER"}),
    7: ("FAIL", {"SERVER", "USER"}),
    8: ("RELEASE", {"USER"}),
    9: ("KILL", {"USER"}),
    10: ("RETRY", {"USER", "SERVER"}),
    None: ("REGENERATE", {"USER"}),
}


class Move(NamedTuple):
    """A permitted move, in plain words."""

    number: int | None
    action: str
    source: str
    target: str
    actors: frozenset[str]
    task: str


def statuses() -> list[str]:
    """The square's columns, KILLED among them."""
    return [cell.strip() for cell in SQUARE.splitlines()[2].split("|")[2:-1]]


def numbered_cells() -> dict[tuple[str, str], int]:
    """The numbered cells of the square: (row, column) -> number."""
    columns = statuses()
    found: dict[tuple[str, str], int] = {}
    for line in SQUARE.splitlines()[4:]:
        if line.startswith("| "):
            source, *cells = [cell.strip() for cell in line.split("|")[1:-1]]
            found |= {(source, to): int(cell) for to, cell in zip(columns, cells, strict=True) if cell}
    return found


def _task(source: str, target: str) -> str:
    if target in TASK_STATUSES:
        return "KEPT" if source in TASK_STATUSES else "CREATED"
    return "DELETED"


def moves() -> frozenset[Move]:
    """Everything that is permitted."""
    cells: dict[tuple[str, str], int | None] = {**numbered_cells(), REGENERATION: None}
    return frozenset(
        Move(number, _BY_NUMBER[number][0], *cell, frozenset(_BY_NUMBER[number][1]), _task(*cell))
        for cell, number in cells.items()
    )


PERMITTED = frozenset((move.source, move.target) for move in moves())
"""The permitted (from, to) pairs."""

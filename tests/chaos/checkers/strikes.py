"""What a move of the nemesis promises, where it can be seen at once."""

from __future__ import annotations

from collections.abc import Iterator

from chaos.checkers.complaint import Complaint
from chaos.history import History


def check(history: History) -> Iterator[Complaint]:
    for strike in history.strikes:
        if strike.broken is not None:
            yield Complaint(f"The move {strike.move} at {strike.begun:.3f} saw its promise broken: {strike.broken}")

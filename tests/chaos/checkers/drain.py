"""Once the faults stop, everything drains: calls are answered again, and what waits or runs is completed in time."""

from __future__ import annotations

from collections.abc import Iterator

from chaos.checkers.complaint import Complaint
from chaos.history import History, Outcome

LONGEST = 20.0
"""Seconds from the end of the faults until nothing waits or runs any more."""
RECOVERY = 5.0
"""Seconds after which every call is answered again."""
PATIENCE = 9.0
"""Seconds that an answer may take: some callers give up before, and that is their business."""


def check(history: History) -> Iterator[Complaint]:
    end = history.end
    if end.drained is None or end.drained - end.healed > LONGEST:
        took = "did not" if end.drained is None else f"took {end.drained - end.healed:.1f} s to"
        yield Complaint(f"After the faults had stopped, what was left {took} drain; left are {dict(end.left)}.")
    for call in history.calls:
        impatient = call.fault == "TimeoutError" and call.ended - call.begun < PATIENCE
        if call.begun > end.healed + RECOVERY and call.outcome == Outcome.UNKNOWN and not impatient:
            yield Complaint(
                f"{call.actor} had no answer ({call.fault}) to call {call.number}, {call.operation}, "
                f"{call.begun - end.healed:.1f} s after the faults had stopped."
            )

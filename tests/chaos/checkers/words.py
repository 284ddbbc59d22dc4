"""Whatever goes wrong is told in words: no caller and no log has a fault that the server did not expect."""

from __future__ import annotations

from collections.abc import Iterator

from chaos.checkers.complaint import Complaint
from chaos.history import History


def check(history: History) -> Iterator[Complaint]:
    for call in history.calls:
        if call.fault == "INTERNAL":
            yield Complaint(
                f"{call.actor} was told of an unexpected fault by server {call.server}: call {call.number}, {call.operation}."
            )
    for told in history.told:
        if told.code == "INTERNAL":
            yield Complaint(f"{told.follower} was told of an unexpected fault: {told.words}")
    for fault in history.end.faults:
        yield Complaint(f"A server's log has a fault: {fault}")

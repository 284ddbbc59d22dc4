"""Checkers: what was promised, against what a history shows. Each is a function of a history, in a file of its own."""

from __future__ import annotations

from collections.abc import Mapping

from chaos.checkers import (
    acknowledged,
    agreement,
    completions,
    drain,
    expectations,
    feed,
    fencing,
    idempotency,
    leases,
    order,
    reads,
    refusals,
    snapshots,
    strikes,
    words,
)
from chaos.checkers.complaint import Checker, Complaint
from chaos.history import History

CHECKERS: Mapping[str, Checker] = {
    "nothing acknowledged is lost": acknowledged.check,
    "a record is completed once": completions.check,
    "events of a record tell one story": order.check,
    "every transition is in the feed once": feed.check,
    "record, task and counts agree": agreement.check,
    "repeated calls give the first answer": idempotency.check,
    "calls do what they asked for": expectations.check,
    "tokens fence": fencing.check,
    "leases hold": leases.check,
    "refusals are true": refusals.check,
    "reads never go back": reads.check,
    "counts follow from snapshots": snapshots.check,
    "everything drains": drain.check,
    "faults are told in words": words.check,
    "moves keep their promises": strikes.check,
}


def complaints(history: History) -> dict[str, list[Complaint]]:
    """What each checker has to say; those that are content are left out."""
    found = {promise: list(check(history)) for promise, check in CHECKERS.items()}
    return {promise: said for promise, said in found.items() if said}

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
    names,
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
    names.ACKNOWLEDGED: acknowledged.check,
    names.COMPLETIONS: completions.check,
    names.ORDER: order.check,
    names.FEED: feed.check,
    names.AGREEMENT: agreement.check,
    names.IDEMPOTENCY: idempotency.check,
    names.EXPECTATIONS: expectations.check,
    names.FENCING: fencing.check,
    names.LEASES: leases.check,
    names.REFUSALS: refusals.check,
    names.READS: reads.check,
    names.SNAPSHOTS: snapshots.check,
    names.DRAIN: drain.check,
    names.WORDS: words.check,
    names.STRIKES: strikes.check,
}


def complaints(history: History) -> dict[str, list[Complaint]]:
    """What each checker has to say; those that are content are left out."""
    found = {promise: list(check(history)) for promise, check in CHECKERS.items()}
    return {promise: said for promise, said in found.items() if said}

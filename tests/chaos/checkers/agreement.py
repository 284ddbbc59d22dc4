"""Record and task, leases, attempts, results, events and counts agree at every instant at which somebody looked."""

from __future__ import annotations

from collections.abc import Iterator

from chaos.checkers.complaint import Complaint
from chaos.history import History


def check(history: History) -> Iterator[Complaint]:
    for audit in history.audits:
        for fault in audit.faults:
            record = next((word for word in fault.split() if word.startswith("rec_")), None)
            yield Complaint(f"At {audit.when:.3f}, in one snapshot of the database: {fault}", record)

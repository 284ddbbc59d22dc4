"""What the clock does: leases run out, retries come due, errors have their time."""

from __future__ import annotations

from datetime import datetime

from interlock.domain.lifecycle import Action, ActorKind
from interlock.domain.retry import LEASE_EXPIRED
from model import table
from model.account import Moment
from model.reference import SERVER, Reference

RAN_OUT = (LEASE_EXPIRED, "The manager did not renew its lease in time.")


def moments(reference: Reference) -> list[datetime]:
    """When something is due."""
    found = {record.held.expires for record in reference.records.values() if record.held is not None}
    found |= {record.retry_at.known for record in reference.records.values() if record.retry_at is not None}
    found |= {
        record.since.known + reference.retention
        for record in reference.records.values()
        if table.row(record.status, Action.FAIL)
    }
    return sorted(found)


def passes(reference: Reference, now: datetime, *, forget: bool) -> dict[str, int]:
    """The server looks at its clock, which says ``now``: what it did, by step. It may forget keys, which keep no time here."""
    reference.now = Moment.at(now)
    done = {
        "leases expired": _expired(reference, now),
        "errors retried": _retried(reference, now),
        "errors failed": _failed(reference, now),
    }
    if forget:
        reference.answers.clear()
        for manager in reference.managers.values():
            manager.keys.clear()
    return {step: count for step, count in done.items() if count}


def _expired(reference: Reference, now: datetime) -> int:
    due = [r for r in reference.records.values() if r.held is not None and r.held.expires < now]
    for record in due:
        reference.fail_attempt(record, RAN_OUT, ActorKind.SERVER, SERVER, LEASE_EXPIRED)
    reference.commit()
    return len(due)


def _retried(reference: Reference, now: datetime) -> int:
    due = [r for r in reference.records.values() if r.retry_at is not None and r.retry_at.known <= now]
    for record in due:
        reference.retry(record, record.retries + 1, ActorKind.SERVER, SERVER, "retry policy")
    reference.commit()
    return len(due)


def _failed(reference: Reference, now: datetime) -> int:
    due = [
        r
        for r in reference.records.values()
        if table.row(r.status, Action.FAIL) and r.since.known < now - reference.retention
    ]
    for record in due:
        reference.move(record, Action.FAIL, ActorKind.SERVER, SERVER, f"in ERROR for more than {reference.retention}")
        record.retry_at = None
    reference.commit()
    return len(due)

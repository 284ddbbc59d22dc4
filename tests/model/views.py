"""What is shown of the state: one record whole, counts, groups, managers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from model.account import Attempt, Manager, Moment, Person, Record
from model.reference import Reference
from model.refusals import permitted_actions


def seen(reference: Reference, person: Person, record: Record) -> dict[str, Any]:
    """A record as the API shows it whole, without its times."""
    held = record.held
    task = {
        "id": record.id.replace("rec", "task"),
        "status": record.status,
        **record.content,
        "requiredPrograms": record.programs,
        "manager": None if held is None else {"name": held.manager.name},
    }
    return {
        "id": record.id,
        "status": record.status,
        "kind": record.kind,
        "kindVersion": record.version,
        "owner": record.owner,
        "campaign": record.campaign,
        "tag": record.tag,
        "priority": record.priority,
        "requiredPrograms": record.programs,
        "specification": record.specification,
        "result": record.result,
        "attemptCount": len(record.attempts),
        "errorType": record.error_type,
        "retry": {"used": record.retries, "allowed": reference.rule_for(record.error_type).retries},
        "task": task if record.has_task else None,
        "attempts": [_attempt(attempt) for attempt in record.attempts],
        "events": [_of_record(event) for event in record.events],
        "permittedActions": permitted_actions(reference, person, record),
    }


def _attempt(attempt: Attempt) -> dict[str, Any]:
    error = None
    if attempt.error is not None:
        type_, message = attempt.error
        error = {"type": type_, "message": message, "traceback": None}
    return {
        "number": attempt.number,
        "manager": {"name": attempt.manager.name},
        "outcome": attempt.outcome,
        "error": error,
        "stdout": None,
        "stderr": None,
    }


def _of_record(event: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in event.items() if name != "recordId"}


def times(record: Record) -> Iterator[tuple[str, Moment | None]]:
    """The times that the API shows of a record, by their paths; None where there is to be none."""
    yield "submittedAt", record.submitted
    yield "since", record.since
    yield "retry.nextAt", record.retry_at
    held = record.held
    lease = None if held is None else Moment.at(held.expires)
    if record.has_task:
        yield "task.leaseExpiresAt", lease
    for i, attempt in enumerate(record.attempts):
        yield f"attempts.{i}.claimedAt", attempt.claimed
        yield f"attempts.{i}.endedAt", attempt.ended
        yield f"attempts.{i}.leaseExpiresAt", lease if attempt is held else None


def counts(reference: Reference, groups: Sequence[str], where: Mapping[str, Sequence[str]]) -> Counter[tuple[Any, ...]]:
    """How many records there are by the labels asked for, in that order."""
    return Counter(tuple(getattr(record, group) for group in groups) for record in reference.passing(where))


def errors(reference: Reference, where: Mapping[str, Sequence[str]]) -> dict[tuple[str, str], list[Record]]:
    """The records with an error, by its type and their status."""
    found: dict[tuple[str, str], list[Record]] = {}
    for record in reference.passing(where):
        if record.error_type is not None:
            found.setdefault((record.error_type, record.status), []).append(record)
    return found


def registered(reference: Reference, manager: Manager) -> dict[str, Any]:
    return {
        "id": manager.id,
        "name": manager.name,
        "active": manager.active,
        "tags": manager.tags,
        "programs": sorted(manager.programs),
        "leaseSeconds": manager.lease.total_seconds(),
        "completedCount": manager.completed,
        "errorCount": manager.errors,
        "runningCount": len(reference.held_by(manager)),
    }

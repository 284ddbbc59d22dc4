"""What managers do: claim, renew, hand back, leave; each lease stands for itself."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

from interlock.domain.lifecycle import Action, ActorKind
from interlock.domain.outcomes import Code, Operation, Outcome, Situation
from interlock.domain.retry import MANAGER_LEFT, RETURNED_UNSTARTED
from model import table
from model.account import Attempt, Given, Manager, Record
from model.reference import SERVER, Reference

LEFT = (MANAGER_LEFT, "The manager left before it returned this task.")


def registered(reference: Reference, id_: str, principal: str, given: Given) -> Manager:
    """The manager that registered, which may have been here before."""
    manager = reference.managers.get(id_)
    if manager is None:
        manager = reference.managers[id_] = Manager(id_, given["name"], principal, [], [], timedelta())
    manager.tags, manager.programs = given["tags"], [program["name"] for program in given["programs"]]
    manager.lease, manager.active = timedelta(seconds=given["leaseSeconds"]), True
    return manager


def claimable(reference: Reference, manager: Manager, limit: int) -> list[Record]:
    """By tag in the manager's order, then priority, then age."""
    waiting = [
        record
        for record in reference.records.values()
        if table.row(record.status, Action.CLAIM)
        and manager.rank(record.tag) is not None
        and set(record.programs) <= set(manager.programs)
    ]
    return sorted(waiting, key=lambda record: _turn(manager, record))[:limit]


def _turn(manager: Manager, record: Record) -> tuple[float, int, int]:
    rank = manager.rank(record.tag)
    return float("inf") if rank is None else rank, -record.priority, record.number


def held_under(reference: Reference, manager: Manager, key: str) -> list[tuple[Record, Attempt]]:
    """The leases that the key was first answered with, as far as they hold."""
    known = [reference.attempts[token] for token in manager.keys[key] if token in reference.attempts]
    held = [(record, attempt) for record, attempt in known if record.held is attempt]
    return sorted(held, key=lambda lease: _turn(manager, lease[0]))


def claimed(
    reference: Reference, manager: Manager, records: Sequence[Record], tokens: Sequence[tuple[str, datetime]]
) -> None:
    """The leases were given, in the order of the records, with these tokens until these times."""
    for record, (token, expires) in zip(records, tokens, strict=True):
        attempt = Attempt(len(record.attempts) + 1, manager, token, reference.now.copy(), expires)
        reference.claim(record, attempt)
    reference.commit()


def renewed(reference: Reference, manager: Manager, tokens: Sequence[str]) -> list[Outcome]:
    """The answers to a heartbeat; those that hold are yet to be told until when."""
    return [_judged(reference, Operation.HEARTBEAT, manager, token) for token in tokens]


def _judged(
    reference: Reference, operation: Operation, manager: Manager, token: str, content: Given | None = None
) -> Outcome:
    outcome = table.judged(operation, _situations(reference, manager, token, content))
    reference.met[operation, outcome.code] += 1
    return outcome


def _situations(reference: Reference, manager: Manager, token: str, content: Given | None) -> Iterator[Situation]:
    """How a lease is found. What is left of a killed record does not tell whose its leases were."""
    if reference.tokens[token] in reference.killed:
        yield Situation.WAS_KILLED
        return
    if token not in reference.attempts:
        yield Situation.NEVER_EXISTED
        return
    record, attempt = reference.attempts[token]
    if attempt.manager is not manager:
        yield Situation.NOT_MINE
    if record.held is attempt:
        yield Situation.LEASE_HELD
    if attempt.returned is not None:
        yield Situation.RETURNED_SAME if attempt.returned == content else Situation.RETURNED_OTHER
    elif attempt.ended is not None:
        yield Situation.LEASE_RAN_OUT
    yield Situation.LEASE_TAKEN_AWAY


def returned(reference: Reference, manager: Manager, returns: Sequence[Given]) -> list[Outcome]:
    """The answers to what is handed back, all in one transaction; what was not begun waits again."""
    outcomes = _returned(reference, manager, returns)
    reference.commit()
    return outcomes


def _returned(reference: Reference, manager: Manager, returns: Sequence[Given]) -> list[Outcome]:
    outcomes = []
    unstarted = []
    for one in returns:
        outcome = _judged(reference, Operation.RETURN, manager, one["token"], one["outcome"])
        outcomes.append(outcome)
        if outcome.code == Code.ACCEPTED:
            record, attempt = reference.attempts[one["token"]]
            attempt.returned = one["outcome"]
            _taken(reference, manager, record, attempt, one["outcome"])
            if "unstarted" in one["outcome"]:
                unstarted.append(record)
    for record in unstarted:
        reference.retry(record, record.retries, ActorKind.SERVER, SERVER, RETURNED_UNSTARTED)
    return outcomes


def _taken(reference: Reference, manager: Manager, record: Record, attempt: Attempt, outcome: Given) -> None:
    if "result" in outcome:
        attempt.ended = reference.now.copy()
        reference.move(record, Action.COMPLETE, ActorKind.MANAGER, manager.name)
        record.result = outcome["result"]
        manager.completed += 1
        return
    error: Any = (RETURNED_UNSTARTED, None)
    if "error" in outcome:
        error = outcome["error"]["type"], outcome["error"]["message"]
        manager.errors += 1
    reference.fail_attempt(record, error, ActorKind.MANAGER, manager.name, None)


def left(reference: Reference, manager: Manager, unstarted: Sequence[str]) -> tuple[int, int]:
    """The manager leaves: how many leases it handed back, and how many others it gave up."""
    outcomes = _returned(reference, manager, [{"token": token, "outcome": {"unstarted": True}} for token in unstarted])
    others = reference.held_by(manager)
    for record in others:
        reference.fail_attempt(record, LEFT, ActorKind.SERVER, SERVER, MANAGER_LEFT)
    manager.active = False
    reference.commit()
    return sum(outcome.code == Code.ACCEPTED for outcome in outcomes), len(others)

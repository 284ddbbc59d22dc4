"""Why an action is not open on a record, and what is instead: for those who try, and for those who ask."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from interlock.domain.lifecycle import ActorKind
from interlock.domain.outcomes import Operation, Outcome, Situation
from interlock.domain.roles import Capability
from model import table
from model.account import Person, Record
from model.reference import Reference


def unbuildable(reference: Reference, record: Record) -> list[str]:
    """The actions for which a task would have to be built, where that cannot be done."""
    if reference.kinds.get(record.kind) == record.version:
        return []
    return [action for action in table.ACTIONS if table.builds_anew(action)]


def tried(reference: Reference, person: Person, action: str, id_: str, expected: str | None = None) -> Outcome:
    """The answer to a person who acts on a record."""
    return table.judged(Operation.TRANSITION, _situations(reference, person, action, id_, expected))


def _situations(
    reference: Reference, person: Person, action: str, id_: str, expected: str | None
) -> Iterator[Situation]:
    record = reference.records.get(id_)
    if record is None:
        yield Situation.WAS_KILLED if id_ in reference.killed else Situation.NEVER_EXISTED
        return
    if not person.may_act_on(record):
        yield Situation.NOT_MINE
    if expected is not None and record.status != expected:
        yield Situation.EXPECTED_OTHERWISE
    if table.target(action) == record.status:
        yield Situation.ALREADY_THERE
    if table.row(record.status, action) is None:
        yield Situation.NO_SUCH_MOVE
    if action in unbuildable(reference, record):
        yield Situation.KIND_MISSING
    yield Situation.MOVABLE


def explained(
    reference: Reference, outcome: Outcome, action: str, record: Record | None, expected: str | None = None
) -> dict[str, Any]:
    """A refusal as the API tells it to a person who tried."""
    mine = record is not None and outcome.situation != Situation.NOT_MINE
    without = [] if record is None else unbuildable(reference, record)
    instead = table.open_actions(record.status, ActorKind.USER) if record is not None and mine else []
    return {
        "code": outcome.code,
        "message": outcome.sentence.format(
            status=record and record.status,
            expected=expected,
            action=action,
            sources=" or ".join(table.sources(action)),
        ),
        "currentStatus": record and record.status,
        "permitted": sorted(set(instead) - set(without)),
        "shortestWay": record and table.steps_to(record.status, table.target(action), without),
    }


def permitted_actions(reference: Reference, person: Person, record: Record) -> dict[str, dict[str, Any]]:
    """What ``permittedActions(includeDenied: true)`` says to a viewer, by action."""
    without = unbuildable(reference, record)
    kind = _kind(person)
    concerned = kind is not None and _concerned(person, record)
    instead = table.open_actions(record.status, kind) if kind is not None and concerned else []
    instead = sorted(set(instead) - set(without))
    said: dict[str, dict[str, Any]] = {}
    for action in table.ACTIONS:
        denial = None
        if action not in instead:
            denial = _denied(reference, person, action, record) | {"permitted": instead}
        said[action] = {"to": table.target(action), "permitted": denial is None, "denial": denial}
    return said


def _kind(person: Person) -> ActorKind | None:
    """As whom a viewer acts."""
    if person.may(Capability.RUN_TASKS):
        return ActorKind.MANAGER
    return ActorKind.USER if person.may(Capability.ACT_ON_OWN) else None


def _concerned(person: Person, record: Record) -> bool:
    """A manager answers for its own leases only, and may claim what nobody holds."""
    if _kind(person) == ActorKind.MANAGER:
        return record.held is None or record.held.manager.principal == person.name
    return person.may_act_on(record)


def _denied(reference: Reference, person: Person, action: str, record: Record) -> dict[str, Any]:
    """The same words that trying gets, except for actions that are not this kind of viewer's at all."""
    if _kind(person) not in table.actors(action):
        others = table.judged(Operation.TRANSITION, [Situation.NOT_MINE])
        told = explained(reference, others, action, record)
        actors = dict.fromkeys(actor for r in table.rows(action) for actor in r.actors)
        return told | {"message": f"{action} is for {' or '.join(actors)} only."}
    if not _concerned(person, record):
        outcome = table.judged(Operation.TRANSITION, [Situation.NOT_MINE])
    elif table.target(action) == record.status:
        outcome = table.judged(Operation.TRANSITION, [Situation.ALREADY_THERE])
    elif table.row(record.status, action) is None:
        outcome = table.judged(Operation.TRANSITION, [Situation.NO_SUCH_MOVE])
    else:
        outcome = table.judged(Operation.TRANSITION, [Situation.KIND_MISSING])
    return explained(reference, outcome, action, record)

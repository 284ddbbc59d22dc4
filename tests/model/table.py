"""The tables of the lifecycle and of outcomes as the model reads them: as data, row by row, in the plainest way."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence

from interlock.domain.lifecycle import TRANSITIONS, Action, ActorKind, TaskEffect, Transition
from interlock.domain.outcomes import OUTCOMES, Operation, Outcome, Situation

KILLED = "KILLED"


def row(source: str, action: str) -> Transition | None:
    """The one row by which the action leads away from the status."""
    found = [r for r in TRANSITIONS if r.source == source and r.action == action]
    assert len(found) <= 1, f"{action} from {source} is there twice"
    return found[0] if found else None


def rows(action: str) -> list[Transition]:
    return [r for r in TRANSITIONS if r.action == action]


def sources(action: str) -> list[str]:
    return [r.source for r in rows(action)]


def target(action: str) -> str:
    """Where the action leads, from wherever it starts."""
    (found,) = {r.target for r in rows(action)}
    return found


def open_actions(status: str, actor: ActorKind) -> list[str]:
    """What this kind of actor may do from a status."""
    return [r.action for r in TRANSITIONS if r.source == status and actor in r.actors]


def actors(action: str) -> set[ActorKind]:
    return {actor for r in rows(action) for actor in r.actors}


def builds_anew(action: str) -> bool:
    """Whether the action needs a task that is built from the record."""
    return any(r.task_effect == TaskEffect.CREATED for r in rows(action))


def steps_to(source: str, wanted: str, without: Collection[str] = ()) -> int | None:
    """How many transitions it takes at least; None where there is no way. ``without`` are actions that cannot be taken."""
    reached, steps = {source}, 0
    while wanted not in reached:
        further = reached | {str(r.target) for r in TRANSITIONS if r.source in reached and r.action not in without}
        if further == reached:
            return None
        reached, steps = further, steps + 1
    return steps


def length_of(way: Sequence[Mapping[str, str]] | None, source: str | None, wanted: str) -> int | None:
    """The number of steps of a way that an answer shows. Raises AssertionError for one that cannot be gone."""
    if way is None:
        return None
    at = source
    for step in way:
        found = None if at is None else row(at, step["action"])
        assert found is not None, f"no {step['action']} from {at}, in the way {way}"
        assert found.target == step["to"], f"{step['action']} leads to {found.target}, in the way {way}"
        at = step["to"]
    assert at == wanted, f"the way {way} from {source} does not lead to {wanted}"
    return len(way)


def judged(operation: Operation, situations: Iterable[Situation]) -> Outcome:
    """The row that answers: the first, in the table's order, whose situation is found."""
    found = set(situations)
    return next(r for r in OUTCOMES if r.operation == operation and r.situation in found)


USER_ACTIONS = [action for action in Action if ActorKind.USER in actors(action)]
ACTIONS = [action for action in Action if actors(action)]

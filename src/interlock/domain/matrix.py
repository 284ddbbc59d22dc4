"""Questions about the lifecycle, answered from its table: what is permitted, and the way to a wanted status."""

from __future__ import annotations

import hashlib
from collections import deque
from collections.abc import Iterable

from interlock.domain.lifecycle import (
    TRANSITIONS,
    Action,
    ActorKind,
    RecordStatus,
    Target,
    Transition,
)


def transitions(
    source: RecordStatus | None = None, action: Action | None = None, actor: ActorKind | None = None
) -> tuple[Transition, ...]:
    """The rows of the table, narrowed by what is given."""
    return tuple(
        row
        for row in TRANSITIONS
        if (source is None or row.source == source)
        and (action is None or row.action == action)
        and (actor is None or actor in row.actors)
    )


def find(source: RecordStatus, action: Action) -> Transition | None:
    """The one row for this action from this status, if the move is permitted at all."""
    return next(iter(transitions(source=source, action=action)), None)


def sources(action: Action, actor: ActorKind | None = None) -> tuple[RecordStatus, ...]:
    """The statuses from which the action is permitted."""
    return tuple(row.source for row in transitions(action=action, actor=actor))


def target(action: Action) -> Target:
    """Where the action leads; the table gives each action one target."""
    (only,) = {row.target for row in transitions(action=action)}
    return only


def action_of(source: RecordStatus | None, to: Target) -> Action | None:
    """The action that a move amounts to: the table gives each pair of statuses one action, creation is SUBMIT."""
    if source is None:
        return Action.SUBMIT
    return next((row.action for row in transitions(source=source) if row.target == to), None)


def shortest_way(source: RecordStatus, to: Target, actor: ActorKind | None = None) -> tuple[Transition, ...] | None:
    """The fewest permitted transitions that lead from ``source`` to ``to``; None where there is no way.

    With ``actor``, only moves open to it are taken. The way from a status to itself is empty.
    """
    if str(source) == str(to):
        return ()
    ways: deque[tuple[RecordStatus, tuple[Transition, ...]]] = deque([(source, ())])
    seen = {source}
    while ways:
        at, way = ways.popleft()
        for row in transitions(source=at, actor=actor):
            if row.target == to:
                return (*way, row)
            if row.target != Target.KILLED and (following := RecordStatus(row.target)) not in seen:
                seen.add(following)
                ways.append((following, (*way, row)))
    return None


def revision(rows: Iterable[Transition] = TRANSITIONS) -> str:
    """A fingerprint of the table: clients that cached the matrix compare it, and so does the database's guard."""
    text = "\n".join(f"{row.action}:{row.source}>{row.target}:{','.join(row.actors)}:{row.task_effect}" for row in rows)
    return hashlib.sha256(text.encode()).hexdigest()[:16]

"""Mutants of the lifecycle's table: each row gone, each illegal pair added, each actor and task effect changed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from interlock.domain.lifecycle import (
    TRANSITIONS,
    Action,
    ActorKind,
    RecordStatus,
    Target,
    TaskEffect,
    Transition,
)

Rows = tuple[Transition, ...]


def _name(row: Transition) -> str:
    return f"{row.source}>{row.target}"


def rows_removed() -> Iterator[tuple[str, Rows]]:
    for row in TRANSITIONS:
        yield f"without {_name(row)}", tuple(other for other in TRANSITIONS if other is not row)


def pairs_added() -> Iterator[tuple[str, Rows]]:
    legal = {(row.source.value, row.target.value) for row in TRANSITIONS}
    for source in RecordStatus:
        for to in Target:
            if source.value != to.value and (source.value, to.value) not in legal:
                extra = Transition(None, Action.HOLD, source, to, (ActorKind.USER,), TaskEffect.KEPT, "a mutant")
                yield f"with {_name(extra)}", (*TRANSITIONS, extra)


def _changed(change: Callable[[Transition], Iterator[tuple[str, Transition]]]) -> Iterator[tuple[str, Rows]]:
    for i, row in enumerate(TRANSITIONS):
        for what, mutant in change(row):
            yield f"{_name(row)} {what}", (*TRANSITIONS[:i], mutant, *TRANSITIONS[i + 1 :])


def actors_changed() -> Iterator[tuple[str, Rows]]:
    def change(row: Transition) -> Iterator[tuple[str, Transition]]:
        for actor in ActorKind:
            if actor in row.actors:
                yield f"not by {actor}", replace(row, actors=tuple(a for a in row.actors if a != actor))
            else:
                yield f"by {actor} too", replace(row, actors=(*row.actors, actor))

    return _changed(change)


def effects_changed() -> Iterator[tuple[str, Rows]]:
    return _changed(
        lambda row: (
            (f"task {effect}", replace(row, task_effect=effect)) for effect in TaskEffect if effect != row.task_effect
        )
    )

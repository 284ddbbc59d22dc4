"""The shortest permitted way, against looking at every way there is."""

from __future__ import annotations

import itertools

import pytest

from interlock.domain import matrix
from interlock.domain.lifecycle import TRANSITIONS, Action, ActorKind, RecordStatus, Target
from interlock.domain.matrix import action_of, find, revision, shortest_way, transitions
from support.lifecycles import Rows, pairs_added, rows_removed

EVERYTHING = list(itertools.product(RecordStatus, Target, (None, *ActorKind)))
TABLES: dict[str, Rows] = {"the table": TRANSITIONS, **dict((*rows_removed(), *pairs_added()))}


def shortest(rows: Rows, source: str, to: str, actor: ActorKind | None) -> int | None:
    """The length of the shortest way, by looking where each number of moves can lead."""
    usable = [row for row in rows if actor is None or actor in row.actors]
    reached = {source}
    for length in range(len(RecordStatus) + 2):
        if to in reached:
            return length
        reached = {row.target.value for row in usable if row.source.value in reached}
    return None


@pytest.mark.parametrize("name", TABLES)
def test_the_shortest_way_is_as_short_as_any(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = TABLES[name]
    monkeypatch.setattr(matrix, "TRANSITIONS", rows)
    for source, to, actor in EVERYTHING:
        way = shortest_way(source, to, actor)
        assert (None if way is None else len(way)) == shortest(rows, source.value, to.value, actor), (source, to, actor)
        at = source.value
        for row in way or ():
            assert row in rows
            assert row.source.value == at
            assert actor is None or actor in row.actors
            at = row.target.value
        assert not way or at == to.value


@pytest.mark.parametrize(
    ("source", "to", "actions"),
    [
        (RecordStatus.FAILED, Target.HOLD, [Action.REGENERATE, Action.HOLD]),
        (RecordStatus.ERROR, Target.KILLED, [Action.RETRY, Action.KILL]),
        (RecordStatus.WAITING, Target.FAILED, [Action.CLAIM, Action.REPORT_ERROR, Action.FAIL]),
        (RecordStatus.COMPLETE, Target.KILLED, None),
        (RecordStatus.COMPLETE, Target.COMPLETE, []),
    ],
)
def test_a_way_is_told_move_by_move(source: RecordStatus, to: Target, actions: list[Action] | None) -> None:
    way = shortest_way(source, to)
    assert (None if way is None else [row.action for row in way]) == actions


def test_a_person_cannot_bring_a_waiting_record_to_complete() -> None:
    assert shortest_way(RecordStatus.WAITING, Target.COMPLETE, ActorKind.USER) is None


def test_narrowed_transitions_are_the_rows_that_match() -> None:
    for source, action in itertools.product(RecordStatus, Action):
        rows = [row for row in TRANSITIONS if row.source == source and row.action == action]
        assert list(transitions(source=source, action=action)) == rows
        assert find(source, action) == (rows[0] if rows else None)


def test_creation_is_submit() -> None:
    assert action_of(None, Target.WAITING) == Action.SUBMIT


def test_the_revision_does_not_depend_on_the_run() -> None:
    assert revision() == revision(tuple(TRANSITIONS))
    assert len(revision()) == 16


def test_the_revision_sees_the_order_of_rows() -> None:
    assert revision(tuple(reversed(TRANSITIONS))) != revision()

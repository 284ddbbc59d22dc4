"""The table against the thread: the literal square, with its numbers, is the judge; every mutant is convicted."""

from __future__ import annotations

import itertools

import pytest

from interlock.domain import lifecycle, matrix
from interlock.domain.lifecycle import (
    ACTION_MEANING,
    KILLABLE,
    STATUS_MEANING,
    STATUSES_WITH_TASK,
    TRANSITIONS,
    USER_ACTIONS,
    Action,
    ActorKind,
    RecordStatus,
    Target,
    TaskStatus,
)
from support.lifecycles import Rows, actors_changed, effects_changed, pairs_added, rows_removed
from support.thread import PERMITTED, TASK_STATUSES, Move, moves, numbered_cells, statuses

MUTANTS = dict((*rows_removed(), *pairs_added(), *actors_changed(), *effects_changed()))


def as_moves(rows: Rows) -> frozenset[Move]:
    return frozenset(
        Move(
            row.number,
            row.action.value,
            row.source.value,
            row.target.value,
            frozenset(actor.value for actor in row.actors),
            row.task_effect.value,
        )
        for row in rows
    )


def answered_pairs() -> set[tuple[str, str]]:
    """The square as the matrix answers it, question by question."""
    return {
        (source.value, to.value)
        for source, to in itertools.product(RecordStatus, Target)
        if matrix.action_of(source, to) is not None
    }


def test_the_thread_s_square_has_the_numbers_1_to_10() -> None:
    assert sorted(numbered_cells().values()) == list(range(1, 11))
    assert len(statuses()) == 7


def test_the_table_says_what_the_thread_says() -> None:
    assert as_moves(TRANSITIONS) == moves()
    assert len(TRANSITIONS) == len(moves())


def test_the_statuses_are_the_square_s_columns() -> None:
    assert [status.value for status in Target] == statuses()
    assert [status.value for status in RecordStatus] == statuses()[:-1]


def test_the_matrix_answers_with_the_thread_s_square() -> None:
    assert answered_pairs() == PERMITTED


@pytest.mark.parametrize("name", MUTANTS)
def test_a_mutant_of_the_table_is_caught(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = MUTANTS[name]
    assert as_moves(rows) != moves()
    assert matrix.revision(rows) != matrix.revision()
    monkeypatch.setattr(matrix, "TRANSITIONS", rows)
    same_pairs = {(r.source, r.target) for r in rows} == {(r.source, r.target) for r in TRANSITIONS}
    assert (answered_pairs() == PERMITTED) == same_pairs


@pytest.mark.parametrize("name", dict(effects_changed()))
def test_statuses_with_a_task_follow_from_the_effects(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = MUTANTS[name]
    monkeypatch.setattr(lifecycle, "TRANSITIONS", rows)
    kept = {
        row.target for row in rows if row.target != Target.KILLED and row.task_effect != lifecycle.TaskEffect.DELETED
    }
    derived = lifecycle._statuses_with_task()
    assert derived <= {RecordStatus(status) for status in kept} | {lifecycle.FIRST_STATUS}
    newly_kept = {"RUNNING>COMPLETE task KEPT": "COMPLETE", "ERROR>FAILED task KEPT": "FAILED"}
    if name in newly_kept:
        assert newly_kept[name] in derived


def test_tasks_have_the_four_statuses_of_the_thread() -> None:
    assert {status.value for status in STATUSES_WITH_TASK} == TASK_STATUSES
    assert {status.value for status in TaskStatus} == TASK_STATUSES
    assert [s.value for s in TaskStatus] == [s.value for s in RecordStatus if s in STATUSES_WITH_TASK]


def test_only_waiting_running_and_held_records_can_be_killed() -> None:
    assert {status.value for status in KILLABLE} == {source for source, to in PERMITTED if to == "KILLED"}
    assert RecordStatus.COMPLETE not in KILLABLE


def test_people_have_six_actions() -> None:
    assert {action.value for action in USER_ACTIONS} == {"HOLD", "KILL", "FAIL", "RELEASE", "RETRY", "REGENERATE"}


def test_every_status_and_action_has_a_meaning() -> None:
    assert set(STATUS_MEANING) == set(RecordStatus)
    assert set(ACTION_MEANING) == set(Action)


def test_a_pair_of_statuses_has_one_action_and_an_action_one_target() -> None:
    assert len({(row.source, row.target) for row in TRANSITIONS}) == len(TRANSITIONS)
    assert len({(row.source, row.action) for row in TRANSITIONS}) == len(TRANSITIONS)
    for action in set(Action) - {Action.SUBMIT}:
        assert matrix.target(action) in Target


def test_regenerate_is_never_part_of_retry() -> None:
    assert matrix.sources(Action.RETRY) == (RecordStatus.ERROR,)
    assert matrix.sources(Action.REGENERATE) == (RecordStatus.FAILED,)
    assert matrix.sources(Action.REGENERATE, ActorKind.SERVER) == ()

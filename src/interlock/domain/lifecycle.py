"""The lifecycle of records and tasks, stated once, as data.

Everything that knows which move is permitted is derived from :data:`TRANSITIONS`: the guards in the database,
the GraphQL enums and their descriptions, the queryable matrix, the table and diagram in the README, the
dashboard and the parametrised tests. Source: the QCFractal thread "Task Queue and Records Status Overhaul",
whose numbering the transitions keep.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class RecordStatus(StrEnum):
    """The condition of a record: the permanent account of one computation."""

    WAITING = "WAITING"
    RUNNING = "RUNNING"
    COMPLETE = "COMPLETE"
    ERROR = "ERROR"
    FAILED = "FAILED"
    HOLD = "HOLD"


class Target(StrEnum):
    """Where a transition leads: a record status, or KILLED, which means that record and task are deleted."""

    WAITING = "WAITING"
    RUNNING = "RUNNING"
    COMPLETE = "COMPLETE"
    ERROR = "ERROR"
    FAILED = "FAILED"
    HOLD = "HOLD"
    KILLED = "KILLED"


class Action(StrEnum):
    """The verb of a transition. SUBMIT creates a record and is no row of the matrix."""

    SUBMIT = "SUBMIT"
    CLAIM = "CLAIM"
    HOLD = "HOLD"
    KILL = "KILL"
    COMPLETE = "COMPLETE"
    REPORT_ERROR = "REPORT_ERROR"
    FAIL = "FAIL"
    RELEASE = "RELEASE"
    RETRY = "RETRY"
    REGENERATE = "REGENERATE"


class ActorKind(StrEnum):
    """Who acts: a person, a compute manager, or the server itself by clock or policy."""

    USER = "USER"
    MANAGER = "MANAGER"
    SERVER = "SERVER"


class TaskEffect(StrEnum):
    """What a transition does to the record's task."""

    KEPT = "KEPT"
    DELETED = "DELETED"
    CREATED = "CREATED"


STATUS_MEANING = {
    RecordStatus.WAITING: "Queued; no manager has claimed it yet.",
    RecordStatus.RUNNING: "Being evaluated by a manager that holds its lease.",
    RecordStatus.COMPLETE: "Finished successfully; its task is gone. It can never be killed.",
    RecordStatus.ERROR: "The last attempt failed; it may be tried again.",
    RecordStatus.FAILED: "Given up after an error; its task is gone, but can be regenerated from the record.",
    RecordStatus.HOLD: "Put aside until it is released.",
}

ACTION_MEANING = {
    Action.SUBMIT: "The record was created, with its task.",
    Action.CLAIM: "A manager accepts the job.",
    Action.HOLD: "Puts a waiting record aside until it is released.",
    Action.KILL: "Deletes record and task, when they are no longer wanted; the events stay.",
    Action.COMPLETE: "The job finished successfully.",
    Action.REPORT_ERROR: "The job failed, its lease ran out, or its manager left.",
    Action.FAIL: "Gives an errored record up for good and deletes its task.",
    Action.RELEASE: "Lets a held record go on.",
    Action.RETRY: "Puts an errored record back into the queue.",
    Action.REGENERATE: "Builds a new task from a failed record and queues it.",
}


@dataclass(frozen=True, slots=True)
class Transition:
    """One permitted move.

    ``number`` is the thread's; REGENERATE stands in the thread's text but not in its table, so it has none.
    """

    number: int | None
    action: Action
    source: RecordStatus
    target: Target
    actors: tuple[ActorKind, ...]
    task_effect: TaskEffect
    meaning: str


def _rows() -> tuple[Transition, ...]:
    r, t, a = RecordStatus, Target, Action
    user, manager, server = ActorKind.USER, ActorKind.MANAGER, ActorKind.SERVER
    kept, deleted, created = TaskEffect.KEPT, TaskEffect.DELETED, TaskEffect.CREATED
    unwanted = "no longer wanted"
    return (
        Transition(1, a.CLAIM, r.WAITING, t.RUNNING, (manager,), kept, "a manager accepted the job"),
        Transition(2, a.HOLD, r.WAITING, t.HOLD, (user,), kept, "put aside until released"),
        Transition(3, a.KILL, r.WAITING, t.KILLED, (user,), deleted, unwanted),
        Transition(4, a.COMPLETE, r.RUNNING, t.COMPLETE, (manager,), deleted, "the job finished successfully"),
        Transition(
            5, a.REPORT_ERROR, r.RUNNING, t.ERROR, (manager, server), kept,
            "the job failed; SERVER: its lease ran out or its manager left",
        ),
        Transition(
            6, a.KILL, r.RUNNING, t.KILLED, (user,), deleted,
            "no longer wanted; the manager is told to stop it",
        ),
        Transition(
            7, a.FAIL, r.ERROR, t.FAILED, (server, user), deleted,
            "SERVER: the retention time passed; USER: marked as a permanent failure",
        ),
        Transition(8, a.RELEASE, r.HOLD, t.WAITING, (user,), kept, "goes on"),
        Transition(9, a.KILL, r.HOLD, t.KILLED, (user,), deleted, unwanted),
        Transition(
            10, a.RETRY, r.ERROR, t.WAITING, (user, server), kept, "try again; SERVER: by retry policy"
        ),
        Transition(
            None, a.REGENERATE, r.FAILED, t.WAITING, (user,), created,
            "a new task is built from the record; never part of RETRY",
        ),
    )  # fmt: skip


TRANSITIONS: tuple[Transition, ...] = _rows()

FIRST_STATUS = RecordStatus.WAITING
"""The only status in which a record may be created."""


def _statuses_with_task() -> frozenset[RecordStatus]:
    """A record has a task from creation until a transition deletes it: walk the table."""
    has = {FIRST_STATUS}
    while True:
        reached = {
            RecordStatus(row.target)
            for row in TRANSITIONS
            if row.target != Target.KILLED
            and row.task_effect != TaskEffect.DELETED
            and (row.source in has or row.task_effect == TaskEffect.CREATED)
        }
        if reached <= has:
            return frozenset(has)
        has |= reached


STATUSES_WITH_TASK: frozenset[RecordStatus] = _statuses_with_task()
"""The statuses in which a record has a task; a task's status is always its record's."""

_WITH_TASK = [(status.name, status.value) for status in RecordStatus if status in STATUSES_WITH_TASK]
TaskStatus = StrEnum("TaskStatus", _WITH_TASK)  # type: ignore[misc]  # derived, so mypy cannot see the members
TaskStatus.__doc__ = "The condition of a task: always equal to its record's; a subset of the record statuses."

KILLABLE: frozenset[RecordStatus] = frozenset(row.source for row in TRANSITIONS if row.target == Target.KILLED)
"""The statuses in which a record may be deleted."""

USER_ACTIONS: tuple[Action, ...] = tuple(
    a for a in Action if any(row.action == a and ActorKind.USER in row.actors for row in TRANSITIONS)
)
"""The actions that people take; each is the name of a mutation."""

"""What an operation answers in each situation: one table, beside the lifecycle.

The store renders the situations as conditions of its statements, in the order in which they stand here; the
API takes codes and sentences from here; the tests and their reference model expect what is written here.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Operation(StrEnum):
    """What was asked."""

    TRANSITION = "TRANSITION"
    RETURN = "RETURN"
    HEARTBEAT = "HEARTBEAT"


class Code(StrEnum):
    """The answer, for one record or one lease."""

    MOVED = "MOVED"
    UNCHANGED = "UNCHANGED"
    NOT_FOUND = "NOT_FOUND"
    GONE = "GONE"
    FORBIDDEN = "FORBIDDEN"
    STALE_EXPECTATION = "STALE_EXPECTATION"
    NOT_PERMITTED = "NOT_PERMITTED"
    KIND_NOT_INSTALLED = "KIND_NOT_INSTALLED"
    SPECIFICATION_MISSING = "SPECIFICATION_MISSING"
    WITHHELD = "WITHHELD"
    ACCEPTED = "ACCEPTED"
    ALREADY_ACCEPTED = "ALREADY_ACCEPTED"
    CONTENT_DIFFERS = "CONTENT_DIFFERS"
    UNKNOWN_TOKEN = "UNKNOWN_TOKEN"  # noqa: S105 - a code, no secret
    KILLED = "KILLED"
    LEASE_EXPIRED = "LEASE_EXPIRED"
    LEASE_REVOKED = "LEASE_REVOKED"
    RENEWED = "RENEWED"


class Situation(StrEnum):
    """How the record or the lease was found."""

    NEVER_EXISTED = "never existed"
    WAS_KILLED = "was killed"
    NOT_MINE = "belongs to someone else"
    EXPECTED_OTHERWISE = "is not in the expected status"
    ALREADY_THERE = "is already in the target status"
    NO_SUCH_MOVE = "has no such move from its status"
    KIND_MISSING = "is of a kind that is not installed"
    NOTHING_SPECIFIED = "has no specification"
    OTHERS_REFUSED = "could be moved, but others of an all-or-nothing call could not"
    MOVABLE = "can be moved"
    LEASE_HELD = "is held by this lease"
    RETURNED_SAME = "was returned with the same content"
    RETURNED_OTHER = "was returned with other content"
    LEASE_RAN_OUT = "ran out and was acted on"
    LEASE_TAKEN_AWAY = "was moved on by someone else"


@dataclass(frozen=True, slots=True)
class Outcome:
    """One row. ``events`` and ``attempt`` say what the operation leaves behind for this record."""

    operation: Operation
    situation: Situation
    code: Code
    events: int
    attempt: str
    sentence: str


def _rows() -> tuple[Outcome, ...]:
    transition, returned, heartbeat = Operation.TRANSITION, Operation.RETURN, Operation.HEARTBEAT
    s, c = Situation, Code
    unknown_token = "This server never gave that lease; claim again."  # noqa: S105 - a sentence, no secret
    not_yours = "The lease belongs to another manager."
    killed = "The record was killed; stop the computation and drop what it made."
    expired = "The lease ran out and the task was given up; stop the computation and drop what it made."
    revoked = "The task was moved on since the lease was given; stop the computation and drop what it made."
    return (
        Outcome(transition, s.NEVER_EXISTED, c.NOT_FOUND, 0, "kept", "There is no such record."),
        Outcome(transition, s.WAS_KILLED, c.GONE, 0, "kept", "The record was killed; only its events remain."),
        Outcome(
            transition, s.NOT_MINE, c.FORBIDDEN, 0, "kept",
            "The record belongs to another principal; its owner or an operator may do this.",
        ),
        Outcome(
            transition, s.EXPECTED_OTHERWISE, c.STALE_EXPECTATION, 0, "kept",
            "The record is {status}, not {expected} as expected; look at it again before you decide.",
        ),
        Outcome(transition, s.ALREADY_THERE, c.UNCHANGED, 0, "kept", "The record is {status} already."),
        Outcome(
            transition, s.NO_SUCH_MOVE, c.NOT_PERMITTED, 0, "kept",
            "{action} is not permitted from {status}; it is from {sources}.",
        ),
        Outcome(
            transition, s.KIND_MISSING, c.KIND_NOT_INSTALLED, 0, "kept",
            "The record's kind, in the version pinned on it, is not installed on this server.",
        ),
        Outcome(
            transition, s.NOTHING_SPECIFIED, c.SPECIFICATION_MISSING, 0, "kept",
            "The record has no specification, so no task can be built from it: it was not made by submission.",
        ),
        Outcome(
            transition, s.OTHERS_REFUSED, c.WITHHELD, 0, "kept",
            "The record could move, but the call was all or nothing and others were refused.",
        ),
        Outcome(transition, s.MOVABLE, c.MOVED, 1, "by action", "Moved."),
        Outcome(returned, s.NEVER_EXISTED, c.UNKNOWN_TOKEN, 0, "kept", unknown_token),
        Outcome(returned, s.NOT_MINE, c.FORBIDDEN, 0, "kept", not_yours),
        Outcome(returned, s.WAS_KILLED, c.KILLED, 0, "kept", killed),
        Outcome(returned, s.LEASE_HELD, c.ACCEPTED, 1, "ended", "Accepted."),
        Outcome(returned, s.RETURNED_SAME, c.ALREADY_ACCEPTED, 0, "kept", "Accepted before; nothing to do."),
        Outcome(
            returned, s.RETURNED_OTHER, c.CONTENT_DIFFERS, 0, "kept",
            "This lease was returned before with other content; the first one stands.",
        ),
        Outcome(returned, s.LEASE_RAN_OUT, c.LEASE_EXPIRED, 0, "kept", expired),
        Outcome(returned, s.LEASE_TAKEN_AWAY, c.LEASE_REVOKED, 0, "kept", revoked),
        Outcome(heartbeat, s.NEVER_EXISTED, c.UNKNOWN_TOKEN, 0, "kept", unknown_token),
        Outcome(heartbeat, s.NOT_MINE, c.FORBIDDEN, 0, "kept", not_yours),
        Outcome(heartbeat, s.WAS_KILLED, c.KILLED, 0, "kept", killed),
        Outcome(heartbeat, s.LEASE_HELD, c.RENEWED, 0, "kept", "Renewed."),
        Outcome(heartbeat, s.LEASE_RAN_OUT, c.LEASE_EXPIRED, 0, "kept", expired),
        Outcome(heartbeat, s.LEASE_TAKEN_AWAY, c.LEASE_REVOKED, 0, "kept", revoked),
    )  # fmt: skip


OUTCOMES: tuple[Outcome, ...] = _rows()


def outcomes(operation: Operation) -> tuple[Outcome, ...]:
    """The rows of one operation, in the order in which situations are judged: the first that holds answers."""
    return tuple(row for row in OUTCOMES if row.operation == operation)


_SENTENCES = {(row.operation, row.code): row.sentence for row in OUTCOMES}


def sentence(operation: Operation, code: Code) -> str:
    """The sentence for people that goes with a code; its placeholders are filled in by the caller."""
    return _SENTENCES[operation, code]


NOT_REFUSED = frozenset({Code.MOVED, Code.UNCHANGED})
"""The codes of a transition that are no refusal."""

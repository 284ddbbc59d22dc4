"""The domain's enums as GraphQL has them; names and descriptions come from the domain's tables."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum, StrEnum
from typing import Any

import strawberry

from interlock.domain.lifecycle import (
    ACTION_MEANING,
    STATUS_MEANING,
    Action,
    ActorKind,
    RecordStatus,
    Target,
    TaskEffect,
    TaskStatus,
)
from interlock.domain.outcomes import OUTCOMES, Code
from interlock.domain.roles import CAPABILITIES, ROLE_MEANING, Capability, Role

_BEYOND_ITS_SENTENCE = {
    Code.MOVED: "The record is where the action leads; in a dry run, it would be.",
    Code.UNCHANGED: "The record was there already; nothing happened to it, and no event tells of it.",
    Code.STALE_EXPECTATION: "The record is not in the `expectedStatus`; look at it again before you decide.",
    Code.NOT_PERMITTED: "The matrix has no such transition from the record's status; `permitted` lists those it has.",
    Code.ACCEPTED: "What was handed back is taken; the lease has ended.",
    Code.RENEWED: "The lease holds until `expiresAt` of the same answer.",
}
"""Codes whose sentence speaks of one record, or says no more than the name."""


def _describe(enum: type[Enum], description: str, meanings: Mapping[Any, str], name: str | None = None) -> None:
    """Make a GraphQL enum of a domain enum, each value described."""
    strawberry.enum(enum, name=name, description=description)
    definition: Any = enum.__strawberry_definition__  # type: ignore[attr-defined]  # set by strawberry.enum
    for value in definition.values:
        value.description = meanings[value.name]


class RecordOrder(StrEnum):
    """In which order records are listed."""

    OLDEST_FIRST = "OLDEST_FIRST"
    NEWEST_FIRST = "NEWEST_FIRST"


class CountGroup(StrEnum):
    """What counts are grouped by."""

    STATUS = "STATUS"
    TAG = "TAG"
    CAMPAIGN = "CAMPAIGN"
    OWNER = "OWNER"
    KIND = "KIND"


class ErrorGrouping(StrEnum):
    """What errors are grouped by."""

    TYPE = "TYPE"
    MESSAGE = "MESSAGE"


class AttemptOutcome(StrEnum):
    """What became of an attempt."""

    RUNNING = "RUNNING"
    COMPLETE = "COMPLETE"
    ERROR = "ERROR"


_describe(RecordStatus, "The condition of a record.", STATUS_MEANING)
_describe(TaskStatus, "The condition of a task; always equal to its record's.", STATUS_MEANING)
_describe(
    Target,
    "Where a transition leads. KILLED is no status: record and task are deleted.",
    {
        **{str(s): m for s, m in STATUS_MEANING.items()},
        "KILLED": "Record and task are deleted; only the events stay.",
    },
    name="TransitionTarget",
)
_describe(Action, "The verb of a transition.", ACTION_MEANING)
_describe(
    ActorKind,
    "Who acts.",
    {
        "USER": "A person, or a program that speaks for one.",
        "MANAGER": "A compute manager.",
        "SERVER": "Interlock itself, by clock or policy; or a change made in the database without it.",
    },
)
_describe(
    TaskEffect,
    "What a transition does to the record's task.",
    {
        "KEPT": "The task stays.",
        "DELETED": "The task goes; the record can still be read unless it goes too.",
        "CREATED": "A task is built from the record.",
    },
)
_describe(
    Code,
    "What an operation answers for one record or one lease.",
    {row.code: row.sentence for row in reversed(OUTCOMES)} | _BEYOND_ITS_SENTENCE,
    name="OutcomeCode",
)
_describe(Role, "What a principal is on this server.", ROLE_MEANING)
_describe(
    Capability,
    "One thing that a role allows.",
    {c: "Roles that have it: " + ", ".join(r for r, has in CAPABILITIES.items() if c in has) + "." for c in Capability},
)
_describe(
    RecordOrder,
    "In which order records are listed.",
    {"OLDEST_FIRST": "In the order of submission.", "NEWEST_FIRST": "The last submitted first."},
)
_describe(
    CountGroup,
    "What counts are grouped by.",
    {g: f"One group for each {g.lower()}." for g in CountGroup},
)
_describe(
    ErrorGrouping,
    "What errors are grouped by.",
    {
        "TYPE": "One group for each type, as managers gave it.",
        "MESSAGE": "One group for each type, and pattern that its messages follow.",
    },
)
_describe(
    AttemptOutcome,
    "What became of an attempt.",
    {
        "RUNNING": "Not known yet: the lease holds.",
        "COMPLETE": "It returned a result.",
        "ERROR": "It returned an error, or its lease ran out.",
    },
)

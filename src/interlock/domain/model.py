"""The shapes in which the floors speak of records: filters, acts, and what a bulk operation did."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from interlock.domain.lifecycle import ActorKind, RecordStatus
from interlock.domain.outcomes import NOT_REFUSED, Code

LISTED_REFUSALS = 100
"""How many refusals a bulk operation lists; it counts all of them."""

DEFAULT_TAG = "default"
ANY_TAG = "*"
DEFAULT_PRIORITY = 5


@dataclass(frozen=True, slots=True)
class Act:
    """Who moves something and why: what the event will say."""

    kind: ActorKind
    who: str
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class RecordFilter:
    """Which records: every given list must contain the record's value; None leaves that label open."""

    status: tuple[RecordStatus, ...] | None = None
    tag: tuple[str, ...] | None = None
    campaign: tuple[str, ...] | None = None
    owner: tuple[str, ...] | None = None
    kind: tuple[str, ...] | None = None
    error_type: tuple[str, ...] | None = None
    error_pattern: tuple[int, ...] | None = None


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why one record was not moved, as it was found. ``buildable``: whether a task can be built for it anew."""

    record_id: int
    code: Code
    status: RecordStatus | None
    buildable: bool = True


@dataclass(frozen=True, slots=True)
class BulkOutcome:
    """What a bulk transition did, or would do: counts by code, and the first refusals."""

    counts: Mapping[Code, int]
    refusals: tuple[Refusal, ...] = ()
    moved_ids: tuple[int, ...] = field(default=())
    dry_run: bool = False
    attempt: int | None = None
    """The record's, where it was one."""

    @property
    def matched(self) -> int:
        return sum(self.counts.values())

    @property
    def moved(self) -> int:
        return self.counts.get(Code.MOVED, 0)

    @property
    def unchanged(self) -> int:
        return self.counts.get(Code.UNCHANGED, 0)

    @property
    def refused(self) -> int:
        return sum(n for code, n in self.counts.items() if code not in NOT_REFUSED)


@dataclass(frozen=True, slots=True)
class Labels:
    """All that records can have in common."""

    tag: str
    programs: tuple[str, ...]
    owner_id: int
    campaign: str | None
    kind: str
    kind_version: int

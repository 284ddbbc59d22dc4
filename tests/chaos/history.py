"""What was recorded of a run: all that was asked and answered, all that followers got, what audits saw, and the end.

Moments are seconds since 1970 by this machine's clock; an event's ``at`` is in microseconds by the database's. A
history can be kept as a folder of JSON lines, and read again to be judged anew.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from functools import cached_property
from pathlib import Path
from typing import Any

import orjson
from pydantic import TypeAdapter

_BEGIN = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


class Outcome(StrEnum):
    """What a call came to. UNKNOWN: the connection broke, or the server cannot say whether it was done."""

    OK = "ok"
    REFUSED = "refused"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Call:
    """One try of a mutation. ``key`` is its idempotency or claim key; tries of the same call share ``mark``.

    ``mark`` is the reason that its events have (or the campaign that its records get).
    """

    number: int
    actor: str
    server: int
    operation: str
    given: Mapping[str, Any]
    begun: float
    ended: float
    outcome: Outcome
    answer: Mapping[str, Any] = field(default_factory=dict)
    fault: str | None = None
    key: str | None = None
    mark: str | None = None

    @property
    def ok(self) -> bool:
        return self.outcome == Outcome.OK


Key = tuple[str, str, int, int]


@dataclass(frozen=True, slots=True)
class Event:
    """A transition, from the feed (then it has a position) or from the table."""

    record: str
    source: str | None
    target: str
    action: str
    actor: str
    who: str
    reason: str | None
    at: int
    attempt: int
    owner: str
    tag: str
    position: int | None = None
    cursor: str | None = None

    @property
    def key(self) -> Key:
        """The same wherever the event is seen."""
        return self.record, self.action, self.attempt, self.at

    @classmethod
    def of(cls, node: Mapping[str, Any]) -> Event:
        """As the API tells it, see ``EVENT`` in documents.py."""
        said = {name: node[name] for name in ("action", "actor", "who", "reason", "attempt", "owner", "tag")}
        return cls(
            node["recordId"],
            node["from"],
            node["to"],
            at=microseconds(datetime.fromisoformat(node["at"])),
            position=node["position"],
            cursor=node["cursor"],
            **said,
        )


def microseconds(when: datetime) -> int:
    return (when - _BEGIN) // _MICROSECOND


@dataclass(frozen=True, slots=True)
class Follower:
    """Who follows the feed: from where, and which changes (all without a filter)."""

    name: str
    after: str | None
    wanted: Mapping[str, Sequence[str]] = field(default_factory=dict)

    def wants(self, event: Event) -> bool:
        of = {"owner": event.owner, "tag": event.tag, "to": event.target, "action": event.action}
        return all(of[name] in values for name, values in self.wanted.items())


@dataclass(frozen=True, slots=True)
class Got:
    """One change that a follower got."""

    follower: str
    when: float
    event: Event


@dataclass(frozen=True, slots=True)
class Told:
    """What a follower heard beside changes: an error, or the end of its stream; ``code`` is empty for a plain cut."""

    follower: str
    when: float
    code: str
    words: str


@dataclass(frozen=True, slots=True)
class Read:
    """A record as a query showed it, or that it was not there; ``events`` are its actions in order, where asked for."""

    actor: str
    server: int
    record: str
    begun: float
    ended: float
    there: bool
    status: str | None = None
    attempts: int = 0
    task: str | None = None
    events: Sequence[str] | None = None


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Counts by status, and the feed's cursor, of one query."""

    actor: str
    begun: float
    ended: float
    cursor: str
    counts: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Audit:
    """A look at the whole database in one snapshot; ``skew`` is how much its clock is ahead of ours, in seconds."""

    when: float
    records: int
    skew: float
    faults: Sequence[str]


@dataclass(frozen=True, slots=True)
class Strike:
    """One move of the nemesis; ``broken`` says how its promise was seen to be broken at once."""

    move: str
    begun: float
    ended: float
    broken: str | None = None


@dataclass(frozen=True, slots=True)
class Kept:
    """A record as the database has it at the end."""

    status: str
    attempt: int
    task: bool
    result: Any = None


@dataclass(frozen=True)
class End:
    """What there was when all had calmed down. ``drained`` is None where it did not in time."""

    healed: float
    drained: float | None
    left: Mapping[str, int]
    """By status, as the API counts; what still waits for the server's retry is under PENDING."""
    events: Sequence[Event]
    """The table's, in the order in which they were written."""
    feed: Sequence[Event]
    records: Mapping[str, Kept]
    counts: Mapping[str, Mapping[str, int]]
    """By status, as each server tells them."""
    relabels: Mapping[str, int]
    """How often a record got this campaign."""
    rests: Mapping[str, Sequence[int]]
    """The positions that a query gives after a snapshot's cursor."""
    faults: Sequence[str] = ()
    """What the servers' logs have of errors that they did not expect."""


@dataclass
class History:
    """A whole run."""

    seed: int = 0
    calls: list[Call] = field(default_factory=list)
    followers: list[Follower] = field(default_factory=list)
    got: list[Got] = field(default_factory=list)
    told: list[Told] = field(default_factory=list)
    reads: list[Read] = field(default_factory=list)
    snapshots: list[Snapshot] = field(default_factory=list)
    audits: list[Audit] = field(default_factory=list)
    strikes: list[Strike] = field(default_factory=list)
    ends: list[End] = field(default_factory=list)
    """One, once the run is over."""

    @property
    def end(self) -> End:
        return self.ends[0]

    @cached_property
    def events_of(self) -> Mapping[str, Sequence[Event]]:
        """The table's events by record, in their order."""
        return _grouped(self.end.events, lambda event: event.record)

    @cached_property
    def events_by_mark(self) -> Mapping[str, Sequence[Event]]:
        return _grouped(self.end.events, lambda event: event.reason or "")

    @cached_property
    def ends_of_attempts(self) -> Mapping[tuple[str, int], Event]:
        """The event with which each attempt ended, where it did; by record and number."""
        ending = {"COMPLETE", "REPORT_ERROR"}
        return {(event.record, event.attempt): event for event in self.end.events if event.action in ending}

    @cached_property
    def got_by(self) -> Mapping[str, Sequence[Event]]:
        """What each follower got, in its order."""
        found: defaultdict[str, list[Event]] = defaultdict(list)
        for got in self.got:
            found[got.follower].append(got.event)
        return found

    def answered(self, *operations: str) -> Iterator[Call]:
        """The calls of these mutations that were done."""
        return (call for call in self.calls if call.ok and call.operation in operations)

    def write(self, folder: Path) -> None:
        """Keep it: one file of JSON lines for each kind of entry."""
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "seed").write_text(f"{self.seed}\n")
        for name, _ in _KINDS:
            lines = b"".join(orjson.dumps(asdict(entry)) + b"\n" for entry in getattr(self, name))
            (folder / f"{name}.jsonl").write_bytes(lines)

    @classmethod
    def read(cls, folder: Path) -> History:
        """What :meth:`write` kept."""
        history = cls(int((folder / "seed").read_text()))
        for name, kind in _KINDS:
            lines = (folder / f"{name}.jsonl").read_bytes().splitlines()
            setattr(history, name, [kind.validate_json(line) for line in lines])
        return history


def _grouped(events: Sequence[Event], by: Any) -> Mapping[str, Sequence[Event]]:
    found: defaultdict[str, list[Event]] = defaultdict(list)
    for event in events:
        found[by(event)].append(event)
    return found


_KINDS: Sequence[tuple[str, TypeAdapter[Any]]] = [
    (name, TypeAdapter(kind))
    for name, kind in zip(
        [one.name for one in fields(History) if one.name != "seed"],
        (Call, Follower, Got, Told, Read, Snapshot, Audit, Strike, End),
        strict=True,
    )
]

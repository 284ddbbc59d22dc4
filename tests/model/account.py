"""What the model keeps: persons, records, their attempts, managers; and moments, of which it knows only bounds."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from interlock.domain.roles import CAPABILITIES, Capability, Role

Given = dict[str, Any]
"""An input as it is sent."""
Event = dict[str, Any]
"""A transition as the API tells it, without its place and time."""


@dataclass(frozen=True)
class Person:
    """Who a key speaks for."""

    name: str
    role: Role
    key: str

    def may(self, capability: Capability) -> bool:
        return capability in CAPABILITIES[self.role]

    def may_act_on(self, record: Record) -> bool:
        own = self.may(Capability.ACT_ON_OWN) and record.owner == self.name
        return own or self.may(Capability.ACT_ON_ALL)


@dataclass
class Moment:
    """A moment between two others, until the database tells which."""

    earliest: datetime
    latest: datetime

    @classmethod
    def at(cls, when: datetime) -> Moment:
        return cls(when, when)

    def copy(self) -> Moment:
        return Moment(self.earliest, self.latest)

    def later(self, by: timedelta) -> Moment:
        return Moment(self.earliest + by, self.latest + by)

    def learn(self, told: str, what: str) -> datetime:
        """It is now known. Raises AssertionError for what cannot be."""
        when = datetime.fromisoformat(told)
        assert self.earliest <= when <= self.latest, f"{what} is {told}, not from {self.earliest} to {self.latest}"
        self.earliest = self.latest = when
        return when

    @property
    def known(self) -> datetime:
        assert self.earliest == self.latest, "not told yet"
        return self.earliest


@dataclass(eq=False)
class Manager:
    """A registered manager, and the claims that it made under keys: the tokens of each."""

    id: str
    name: str
    principal: str
    tags: list[str]
    programs: list[str]
    lease: timedelta
    active: bool = True
    completed: int = 0
    errors: int = 0
    keys: dict[str, list[str]] = field(default_factory=dict)

    def rank(self, tag: str) -> int | None:
        """Where it has the tag among those that it serves; None for one that it does not."""
        if tag in self.tags:
            return self.tags.index(tag)
        return self.tags.index("*") if "*" in self.tags else None


@dataclass(eq=False)
class Attempt:
    """One run; while it is open, its token is a lease."""

    number: int
    manager: Manager
    token: str
    claimed: Moment
    expires: datetime
    ended: Moment | None = None
    error: tuple[str, str] | None = None
    """Type and message, where it failed."""
    returned: Given | None = None
    """What its manager handed back."""

    @property
    def outcome(self) -> str:
        if self.ended is None:
            return "RUNNING"
        return "COMPLETE" if self.error is None else "ERROR"


@dataclass(eq=False)
class Record:
    """One record, with its task where it has one."""

    id: str
    owner: str
    kind: str
    version: int
    """Of the kind, as it was when the record was submitted."""
    specification: Given
    content: Given
    """What its task runs: function, args and kwargs."""
    programs: list[str]
    tag: str
    campaign: str | None
    priority: int
    status: str
    submitted: Moment
    since: Moment
    has_task: bool = True
    attempts: list[Attempt] = field(default_factory=list)
    retries: int = 0
    """By the server, since submission or since a person stepped in."""
    error_type: str | None = None
    retry_at: Moment | None = None
    """When the server will retry; None where it will not."""
    result: Any = None
    events: list[Event] = field(default_factory=list)

    @property
    def number(self) -> int:
        return int(self.id.removeprefix("rec_"))

    @property
    def held(self) -> Attempt | None:
        """The attempt that runs."""
        return self.attempts[-1] if self.attempts and self.attempts[-1].ended is None else None

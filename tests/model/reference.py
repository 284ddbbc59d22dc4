"""The reference: what there is and what happened, told by the lifecycle's table and by the design, without a database.

``now`` is when the call at hand takes effect, ``heard`` when its events may have been written: the same, unless the
clock is the test's.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from interlock.domain.lifecycle import FIRST_STATUS, Action, ActorKind, TaskEffect
from interlock.domain.retry import ANY, RetryRule
from model import table
from model.account import Attempt, Event, Given, Manager, Moment, Person, Record
from model.feed import Feed

SERVER = "interlock"
START = datetime(2000, 1, 1, tzinfo=UTC)


@dataclass
class Reference:
    """The whole state."""

    policy: Mapping[str, RetryRule]
    retention: timedelta
    kinds: dict[str, int]
    """Those that are installed now, and their versions."""
    records: dict[str, Record] = field(default_factory=dict)
    """By id, in the order of submission."""
    killed: set[str] = field(default_factory=set)
    managers: dict[str, Manager] = field(default_factory=dict)
    attempts: dict[str, tuple[Record, Attempt]] = field(default_factory=dict)
    """By token, as long as their record is there."""
    tokens: dict[str, str] = field(default_factory=dict)
    """The record that a token names, of all that were ever given, or made up."""
    answers: dict[tuple[str, str, str], tuple[Given, Given]] = field(default_factory=dict)
    """By person, mutation and idempotency key: the input, and the answer."""
    feed: Feed = field(default_factory=Feed)
    now: Moment = field(default_factory=lambda: Moment.at(START))
    heard: Moment = field(default_factory=lambda: Moment.at(START))
    touched: set[str] = field(default_factory=set)
    """The records that changed since they were last looked at."""
    met: Counter[tuple[str, ...]] = field(default_factory=Counter)
    """The rows of the tables that applied: (action, from, actor), and (operation, code)."""
    _written: list[Event] = field(default_factory=list)

    def commit(self) -> None:
        """What was moved since the last time is one transaction."""
        self.feed.commit(self._written, self.heard)
        self._written.clear()

    @property
    def ids(self) -> list[str]:
        """Every id that was ever given."""
        return sorted([*self.records, *self.killed], key=lambda id_: int(id_.removeprefix("rec_")))

    def create(self, record: Record, reason: str | None) -> None:
        assert record.status == FIRST_STATUS
        self.records[record.id] = record
        self._write(record, None, Action.SUBMIT, ActorKind.USER, record.owner, reason)

    def move(self, record: Record, action: str, actor: ActorKind, who: str, reason: str | None = None) -> None:
        """One row of the table. Raises AssertionError where the model itself would leave the table."""
        row = table.row(record.status, action)
        assert row is not None, f"{action} from {record.status}"
        assert actor in row.actors, f"{action} by {actor}"
        source, record.status = record.status, str(row.target)
        record.since = self.now.copy()
        if row.task_effect != TaskEffect.KEPT:
            record.has_task = row.task_effect == TaskEffect.CREATED
        self.met[action, source, actor] += 1
        self._write(record, source, action, actor, who, reason)
        if record.status == table.KILLED:
            del self.records[record.id]
            self.killed.add(record.id)
            for attempt in record.attempts:
                self.attempts.pop(attempt.token, None)

    def claim(self, record: Record, attempt: Attempt) -> None:
        record.attempts.append(attempt)
        self.move(record, Action.CLAIM, ActorKind.MANAGER, attempt.manager.name)
        self.attempts[attempt.token] = record, attempt
        self.tokens[attempt.token] = record.id

    def fail_attempt(
        self, record: Record, error: tuple[str, str], actor: ActorKind, who: str, reason: str | None
    ) -> None:
        """The attempt that runs has failed; whether it will be retried is the policy's business."""
        attempt = record.held
        assert attempt is not None
        attempt.ended, attempt.error = self.now.copy(), error
        self.move(record, Action.REPORT_ERROR, actor, who, reason)
        record.error_type, _ = error
        rule = self.rule_for(record.error_type)
        pause = min(rule.backoff * rule.factor**record.retries, rule.longest)
        record.retry_at = self.now.later(timedelta(seconds=pause)) if record.retries < rule.retries else None

    def retry(self, record: Record, used: int, actor: ActorKind, who: str, reason: str | None) -> None:
        """``used``: of the retry budget, from now on."""
        self.move(record, Action.RETRY, actor, who, reason)
        record.retries, record.retry_at, record.error_type = used, None, None

    def act(self, record: Record, action: str, person: Person, reason: str | None) -> None:
        """A person moves a record."""
        if action == Action.RETRY:
            self.retry(record, 0, ActorKind.USER, person.name, reason)
            return
        self.move(record, action, ActorKind.USER, person.name, reason)
        if action == Action.FAIL:
            record.retry_at = None
        if action == Action.REGENERATE:
            record.retries, record.error_type = 0, None

    def rule_for(self, error_type: str | None) -> RetryRule:
        return self.policy.get(error_type or ANY) or self.policy[ANY]

    def held_by(self, manager: Manager) -> list[Record]:
        return [r for r in self.records.values() if r.held is not None and r.held.manager is manager]

    def passing(self, where: Mapping[str, Sequence[str]], person: Person | None = None) -> list[Record]:
        """The records that pass a filter; of those, where a person is given, what that person may act on."""
        return [
            record
            for record in self.records.values()
            if all(_label(record, name) in values for name, values in where.items())
            and (person is None or person.may_act_on(record))
        ]

    def _write(
        self, record: Record, source: str | None, action: str, actor: ActorKind, who: str, reason: str | None
    ) -> None:
        event = {
            "recordId": record.id,
            "from": source,
            "to": record.status,
            "action": action,
            "actor": actor,
            "who": who,
            "reason": reason,
            "attempt": len(record.attempts),
            "owner": record.owner,
            "campaign": record.campaign,
            "tag": record.tag,
        }
        record.events.append(event)
        self._written.append(event)
        self.touched.add(record.id)


def _label(record: Record, name: str) -> str | None:
    values = {
        "status": record.status,
        "tag": record.tag,
        "campaign": record.campaign,
        "owner": record.owner,
        "kind": record.kind,
        "errorType": record.error_type,
    }
    return values[name]

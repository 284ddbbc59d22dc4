"""What can be known of when things were: an event was committed between its own moment and the first that knew of it.

Whoever got it from the feed knew, and so did the caller who was told that it was done.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from chaos.history import Call, Event, History, Key
from interlock.domain.ids import parse_token

_MOST_SKEW = 0.05
"""Seconds by which the database's clock may differ from ours for its moments to be believed."""
_NEVER, _ALWAYS = float("-inf"), float("inf")


@dataclass(frozen=True, slots=True)
class Held:
    """A status that a record had: at the earliest from when, at the latest until when."""

    status: str | None
    since: float
    until: float

    def meets(self, call: Call, begun: float) -> bool:
        return self.since <= call.ended and self.until >= begun


class Moments:
    """When the events of a history were committed, as far as can be told."""

    def __init__(self, history: History) -> None:
        self._history = history
        self._trusted = not clock_moved(history)
        self._known = _known(history)

    def known(self, event: Event) -> float:
        """The first moment at which somebody knew that it was committed."""
        return self._known.get(event.key, _ALWAYS)

    def held(self, record: str) -> Iterator[Held]:
        """The statuses of a record, None before it was there; KILLED is the last one of those that were."""
        status, since = None, _NEVER
        for event in self._history.events_of.get(record, ()):
            yield Held(status, since, self.known(event))
            status, since = event.target, event.at / 1e6 - _MOST_SKEW if self._trusted else _NEVER
        yield Held(status, since, _ALWAYS)

    def had(self, record: str, status: str | None, call: Call, begun: float) -> bool:
        """Whether the record may have had this status at some moment from ``begun`` to the call's end."""
        return any(held.status == status and held.meets(call, begun) for held in self.held(record))


def clock_moved(history: History) -> bool:
    """Whether the database's clock was not ours all the time."""
    struck = any(strike.move == "move_clock" for strike in history.strikes)
    return struck or any(abs(audit.skew) > _MOST_SKEW for audit in history.audits)


def _known(history: History) -> Mapping[Key, float]:
    found: dict[Key, float] = {}

    def learn(event: Event, when: float) -> None:
        found[event.key] = min(when, found.get(event.key, _ALWAYS))

    for got in history.got:
        learn(got.event, got.when)
    by_attempt = {(event.record, event.attempt, event.action): event for event in history.end.events}
    for call in history.calls:
        if call.ok:
            if call.mark is not None:
                for event in history.events_by_mark.get(call.mark, ()):
                    learn(event, call.ended)
            for key in _told_of(call):
                if key in by_attempt:
                    learn(by_attempt[key], call.ended)
    return found


def _told_of(call: Call) -> Iterator[tuple[str, int, str]]:
    """The events (record, attempt, action) that a manager was told of."""
    for lease in call.answer.get("leases", ()):
        yield lease["recordId"], lease["attempt"], "CLAIM"
    if call.operation == "returnTasks":
        for returned, answer in zip(call.given["returns"], call.answer["answers"], strict=True):
            if answer["code"] == "ACCEPTED":
                record, attempt, action = ending(returned)
                yield record, attempt, action


def ending(returned: Mapping[str, Any]) -> tuple[str, int, str]:
    """The record, the attempt, and the action with which it ends, of one returned task."""
    record, attempt, _ = parse_token(returned["token"], "token")
    return f"rec_{record}", attempt, "COMPLETE" if "result" in returned["outcome"] else "REPORT_ERROR"


def first_begun(history: History) -> Mapping[int, float]:
    """For each call, when its first try began: a repeated answer is as old as that."""
    began: dict[tuple[str, str, str], float] = {}
    found: dict[int, float] = {}
    for call in history.calls:
        if call.key is None:
            found[call.number] = call.begun
        else:
            found[call.number] = began.setdefault((call.actor, call.operation, call.key), call.begun)
    return found

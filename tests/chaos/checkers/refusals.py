"""Refusals are true: what is said of a record held at some moment of the call, and what is offered is permitted."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from chaos.checkers.acknowledged import MOVES
from chaos.checkers.complaint import Complaint
from chaos.checkers.moments import Moments, first_begun
from chaos.history import Call, History
from support.thread import moves

_SOURCES: dict[str, set[str]] = {}
_OPEN_TO_PEOPLE: dict[str, set[str]] = {}
_TARGETS: dict[str, str] = {}
for _move in moves():
    _SOURCES.setdefault(_move.action, set()).add(_move.source)
    _TARGETS[_move.action] = _move.target
    if "USER" in _move.actors:
        _OPEN_TO_PEOPLE.setdefault(_move.source, set()).add(_move.action)


def check(history: History) -> Iterator[Complaint]:
    moments = Moments(history)
    owners = {record: events[0].owner for record, events in history.events_of.items()}
    begun = first_begun(history)
    for call in history.answered(*MOVES):
        for refusal in call.answer["refusals"]:
            yield from _judge(moments, owners, call, begun[call.number], refusal)
        if record := _unchanged(call):
            there = _TARGETS[call.operation.upper()]
            if not moments.had(record, there, call, begun[call.number]):
                yield Complaint(f"{_who(call)} was told that {record} is {there} already, but it was not.", record)


def _who(call: Call) -> str:
    return f"{call.actor} (call {call.number}, {call.operation})"


def _unchanged(call: Call) -> str | None:
    """The one record of the call that was in the target status already."""
    ids = call.given["target"].get("ids", ())
    return ids[0] if len(ids) == 1 and call.answer["unchanged"] == 1 else None


def _judge(
    moments: Moments, owners: Mapping[str, str], call: Call, begun: float, refusal: Mapping[str, Any]
) -> Iterator[Complaint]:
    record, code, status = refusal["id"], refusal["code"], refusal["currentStatus"]
    action = call.operation.upper()
    told = f"{_who(call)} was told {code} of {record}"
    if status is not None and not moments.had(record, status, call, begun):
        yield Complaint(f"{told} in {status}, a status that it did not have during the call.", record)
    if code == "GONE" and not moments.had(record, "KILLED", call, begun):
        yield Complaint(f"{told}, but it was there during the call.", record)
    if code == "NOT_FOUND" and not moments.had(record, None, call, begun):
        yield Complaint(f"{told}, but it had been made before the call.", record)
    if code == "FORBIDDEN" and owners.get(record) == call.actor:
        yield Complaint(f"{told}, which is its own.", record)
    if code == "NOT_PERMITTED" and status in _SOURCES[action]:
        yield Complaint(f"{told} in {status}, from where it is permitted.", record)
    if code == "STALE_EXPECTATION" and call.given.get("expectedStatus") in {status, None}:
        yield Complaint(f"{told} in {status}, but expected nothing else.", record)
    if status is not None and code != "FORBIDDEN" and set(refusal["permitted"]) != _OPEN_TO_PEOPLE.get(status, set()):
        yield Complaint(
            f"{told} in {status} and offered {refusal['permitted']}, which is not what is permitted.", record
        )

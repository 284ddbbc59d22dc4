"""A lease fences: what is accepted is of the attempt whose token came with it, by the manager who held it.

So nothing counts that came under a revoked token, and the result that is kept is that of the return that counted.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Any

from chaos.checkers.complaint import Complaint, shown
from chaos.checkers.moments import ending
from chaos.history import Call, Event, History
from chaos.world import NEMESIS

_Attempt = tuple[str, int]


def check(history: History) -> Iterator[Complaint]:
    holders: dict[_Attempt, str] = {}
    for call in history.answered("claimTasks", "returnTasks"):
        for lease in call.answer.get("leases", ()):
            holders[lease["recordId"], lease["attempt"]] = call.actor
    sent: defaultdict[_Attempt, list[Any]] = defaultdict(list)
    accepted: dict[_Attempt, Any] = {}
    for call in history.calls:
        if call.operation == "returnTasks":
            for i, returned in enumerate(call.given["returns"]):
                record, attempt, _ = ending(returned)
                sent[record, attempt].append(returned["outcome"])
                if call.ok:
                    yield from _answered(history, call, returned, call.answer["answers"][i]["code"], accepted)
    for attempt_of, event in history.ends_of_attempts.items():
        if event.actor == "MANAGER" and holders.get(attempt_of, event.who) != event.who:
            yield Complaint(
                f"{event.who} ended an attempt that {holders[attempt_of]} held: {shown(event)}", event.record
            )
        if event.action == "COMPLETE" and not event.who.startswith(NEMESIS):
            yield from _kept(history, event, sent.get(attempt_of, []), accepted.get(attempt_of))


def _answered(
    history: History, call: Call, returned: Mapping[str, Any], code: str, accepted: dict[_Attempt, Any]
) -> Iterator[Complaint]:
    """What a manager was told of its return, against how the attempt of that token ended."""
    record, attempt, action = ending(returned)
    told = f"{call.actor} (call {call.number}) returned attempt {attempt} of {record} and was told {code}"
    event = history.ends_of_attempts.get((record, attempt))
    if code in {"ACCEPTED", "ALREADY_ACCEPTED"}:
        if event is None or event.who != call.actor or event.action != action:
            how = "never ended" if event is None else f"ended otherwise: {shown(event)}"
            yield Complaint(f"{told}, but that attempt {how}", record)
        if accepted.setdefault((record, attempt), returned["outcome"]) != returned["outcome"]:
            yield Complaint(f"{told}, but another content of it was accepted, too.", record)
    elif code == "LEASE_EXPIRED" and (event is None or event.actor != "SERVER"):
        yield Complaint(f"{told}, but the server never gave that lease up.", record)
    elif code == "CONTENT_DIFFERS" and (event is None or event.who != call.actor):
        yield Complaint(f"{told}, but no return of it was accepted.", record)
    elif code == "KILLED" and not any(one.target == "KILLED" for one in history.events_of.get(record, ())):
        yield Complaint(f"{told}, but it was not.", record)
    elif code in {"UNKNOWN_TOKEN", "LEASE_REVOKED", "FORBIDDEN"}:
        yield Complaint(
            f"{told}, but the server gave it that lease, and nobody has moved the record without it.", record
        )


def _kept(history: History, event: Event, sent: list[Any], accepted: Any) -> Iterator[Complaint]:
    kept = history.end.records.get(event.record)
    if kept is not None:
        results = [outcome.get("result") for outcome in ([accepted] if accepted is not None else sent)]
        if kept.result not in results:
            yield Complaint(
                f"{event.record} keeps the result {kept.result}, but what was returned of attempt {event.attempt} is "
                f"{results}.",
                event.record,
            )

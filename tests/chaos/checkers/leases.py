"""A lease is one manager's alone, stays the same when its claim is repeated, and holds for as long as was promised."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime

from chaos.checkers.complaint import Complaint, shown
from chaos.checkers.moments import clock_moved, ending
from chaos.history import Call, History, microseconds

_Attempt = tuple[str, int]


def check(history: History) -> Iterator[Complaint]:
    tokens: defaultdict[_Attempt, dict[str, Call]] = defaultdict(dict)
    claims: defaultdict[tuple[str, str], dict[str, Call]] = defaultdict(dict)
    for call in history.answered("claimTasks", "returnTasks"):
        for lease in call.answer.get("leases", ()):
            tokens[lease["recordId"], lease["attempt"]].setdefault(lease["token"], call)
            if call.key is not None:
                claims[call.actor, call.key].setdefault(lease["token"].rsplit("_", 1)[1], call)
    for (record, attempt), given in tokens.items():
        if len(given) > 1:
            to = " and ".join(f"{call.actor} (call {call.number})" for call in given.values())
            yield Complaint(f"Attempt {attempt} of {record} was given twice, to {to}.", record)
    for (actor, key), made in claims.items():
        if len(made) > 1:
            calls = ", ".join(str(call.number) for call in made.values())
            yield Complaint(f"{actor} repeated its claim {key!r} and got leases of another claim (calls {calls}).")
    if not clock_moved(history):  # else it may go back between the look at a lease and the event
        yield from _reaped(history)


def _reaped(history: History) -> Iterator[Complaint]:
    """What the server gave up before the time that it had promised last."""
    promised: dict[_Attempt, tuple[int, Call]] = {}
    for call in history.answered("claimTasks", "returnTasks", "heartbeat"):
        for attempt, until in _promises(call):
            before = promised.get(attempt)
            if before is None or before[0] < until:
                promised[attempt] = until, call
    for attempt, event in history.ends_of_attempts.items():
        if event.actor == "SERVER" and event.reason == "lease_expired" and attempt in promised:
            until, call = promised[attempt]
            if event.at < until:
                yield Complaint(
                    f"{call.actor} was promised the lease of attempt {attempt[1]} of {attempt[0]} until {until / 1e6:.6f} "
                    f"(call {call.number}, {call.operation}), but it was given up before: {shown(event)}",
                    attempt[0],
                )


def _promises(call: Call) -> Iterator[tuple[_Attempt, int]]:
    for lease in call.answer.get("leases", ()):
        yield (lease["recordId"], lease["attempt"]), _moment(lease["expiresAt"])
    if call.operation == "heartbeat" and call.answer["renewed"]:
        lost = {one["token"] for one in call.answer["lost"]}
        for token in call.given["tokens"]:
            if token not in lost:
                record, attempt, _ = ending({"token": token, "outcome": {}})
                yield (record, attempt), _moment(call.answer["expiresAt"])


def _moment(text: str) -> int:
    return microseconds(datetime.fromisoformat(text))

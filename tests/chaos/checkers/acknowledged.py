"""Nothing acknowledged is lost: what a caller was told is done can be found at the end, in events and in records."""

from __future__ import annotations

from collections.abc import Iterator

from chaos.checkers.complaint import Complaint
from chaos.checkers.moments import ending
from chaos.history import Call, History

MOVES = ("hold", "release", "retry", "fail", "kill", "regenerate")


def check(history: History) -> Iterator[Complaint]:
    """Submissions, moves, claims, returns and new labels; then the records themselves."""
    for call in history.answered(*MOVES):
        yield from _moves(history, call)
    for call in history.answered("submitRecords"):
        yield from _submission(history, call)
    for call in history.answered("updateRecords"):
        if call.mark is not None and not call.given.get("dryRun"):
            found, said = history.end.relabels.get(call.mark, 0), call.answer["updated"]
            if found < said:
                yield Complaint(f"{_who(call)} was told that {said} records were updated, but {found} were.")
    made = {(event.record, event.attempt, event.who) for event in history.end.events if event.action == "CLAIM"}
    for call in history.answered("claimTasks", "returnTasks"):
        for lease in call.answer.get("leases", ()):
            record = lease["recordId"]
            if (record, lease["attempt"], call.actor) not in made:
                yield Complaint(
                    f"{_who(call)} was given attempt {lease['attempt']} of {record}, but no such claim is an event.",
                    record,
                )
    for call in history.answered("returnTasks"):
        yield from _returns(history, call)
    yield from _records(history)


def _who(call: Call) -> str:
    return f"{call.actor} (call {call.number}, {call.operation})"


def _moves(history: History, call: Call) -> Iterator[Complaint]:
    done = {event.record for event in history.events_by_mark.get(call.mark or "", ())}
    if not call.given.get("dryRun"):
        if len(done) < call.answer["moved"]:
            yield Complaint(
                f"{_who(call)} was told that {call.answer['moved']} records moved, but {len(done)} have an event of it."
            )
        for record in set(call.answer["movedIds"]) - done:
            yield Complaint(f"{_who(call)} was told that {record} moved, but it has no event of that.", record)


def _submission(history: History, call: Call) -> Iterator[Complaint]:
    made = {event.record for event in history.events_by_mark.get(call.mark or "", ()) if event.action == "SUBMIT"}
    for record in call.answer["ids"]:
        if record not in made:
            yield Complaint(f"{_who(call)} was told that {record} was made, but it has no event of that.", record)


def _returns(history: History, call: Call) -> Iterator[Complaint]:
    for returned, answer in zip(call.given["returns"], call.answer["answers"], strict=True):
        if answer["code"] in {"ACCEPTED", "ALREADY_ACCEPTED"}:
            record, attempt, action = ending(returned)
            event = history.ends_of_attempts.get((record, attempt))
            if event is None or event.action != action:
                yield Complaint(
                    f"{_who(call)} was told that its return of attempt {attempt} of {record} is accepted, but that "
                    f"has no event {action}.",
                    record,
                )


def _records(history: History) -> Iterator[Complaint]:
    for record, events in history.events_of.items():
        last = events[-1].target
        kept = history.end.records.get(record)
        if (kept is None) != (last == "KILLED"):
            yield Complaint(f"{record} is {'gone' if kept is None else 'there'}, but went to {last}.", record)
        elif kept is not None and kept.status != last:
            yield Complaint(f"{record} is {kept.status}, but went to {last}.", record)
    for record in history.end.records.keys() - history.events_of.keys():
        yield Complaint(f"{record} is there, but has no event at all.", record)

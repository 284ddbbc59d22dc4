"""A call repeated under its key gives the first answer, and is done once; so is every other call, and none that failed."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence

from chaos.checkers.acknowledged import MOVES
from chaos.checkers.complaint import Complaint
from chaos.history import Call, Event, History, Outcome


def check(history: History) -> Iterator[Complaint]:
    by_key: defaultdict[tuple[str, str, str], list[Call]] = defaultdict(list)
    by_mark: defaultdict[str, list[Call]] = defaultdict(list)
    for call in history.calls:
        if call.key is not None and call.operation in {*MOVES, "submitRecords", "updateRecords"}:
            by_key[call.actor, call.operation, call.key].append(call)
        if call.mark is not None:
            by_mark[call.mark].append(call)
    for tries in by_key.values():
        yield from _same_answers(tries)
    for mark, tries in by_mark.items():
        yield from _done_once(history, mark, tries)


def _same_answers(tries: Sequence[Call]) -> Iterator[Complaint]:
    first = tries[0]
    answered = [call for call in tries if call.ok and call.given == first.given]
    for call in answered[1:]:
        if call.answer != answered[0].answer:
            yield Complaint(
                f"{call.actor} repeated {call.operation} under the key {call.key!r} and was answered "
                f"{call.answer} (call {call.number}), but at first {answered[0].answer} (call {answered[0].number})."
            )
    for call in tries:
        if call.ok and call.given != first.given:
            yield Complaint(
                f"{call.actor} used the key {call.key!r} of {call.operation} again for another input, and was not "
                f"refused (call {call.number}, after call {first.number})."
            )


def _done_once(history: History, mark: str, tries: Sequence[Call]) -> Iterator[Complaint]:
    events = history.events_by_mark.get(mark, ())
    first = next((call for call in tries if call.ok), None)
    name = f"{tries[0].actor}'s {tries[0].operation} ({mark!r})"
    for (record, action), times in Counter((event.record, event.action) for event in events).items():
        if times > 1:
            yield Complaint(f"{name} took {action} of {record} {times} times.", record)
    if all(call.outcome == Outcome.REFUSED for call in tries) and events:
        yield Complaint(f"{name} was refused as a whole, but moved {len(events)} records.", events[0].record)
    if first is not None and (told := _told(first)) is not None:
        done = _counted(first, events)
        if done > told:
            yield Complaint(f"{name} was answered with {told} records, but {done} have an event of it.")
    if first is not None and tries[0].operation == "updateRecords":
        done, said = history.end.relabels.get(mark, 0), first.answer["updated"]
        if done > said:
            yield Complaint(f"{name} was answered with {said} updated records, but {done} were.")


def _told(call: Call) -> int | None:
    """How many records the answer speaks of; None where it is of no transition."""
    if call.operation == "submitRecords":
        return len(call.answer["ids"])
    if call.operation in MOVES:
        return 0 if call.given.get("dryRun") else int(call.answer["moved"])
    return None


def _counted(call: Call, events: Sequence[Event]) -> int:
    """Held at once, a submitted record has two events."""
    wanted = "SUBMIT" if call.operation == "submitRecords" else call.operation.upper()
    return sum(event.action == wanted for event in events)

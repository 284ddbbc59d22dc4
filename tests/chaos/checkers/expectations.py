"""A call does what it asked for and no more: from the status it expected, to the records it named, or nothing at all."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from chaos.checkers.acknowledged import MOVES
from chaos.checkers.complaint import Complaint, shown
from chaos.history import Call, Event, History


def check(history: History) -> Iterator[Complaint]:
    """Also for calls whose answer never came: their events say what they did."""
    seen: set[str] = set()
    for call in history.calls:
        if call.mark is not None and call.mark not in seen and call.operation in MOVES:
            seen.add(call.mark)
            for event in history.events_by_mark.get(call.mark, ()):
                if wrong := _wrong(call, event):
                    yield Complaint(
                        f"{call.actor} (call {call.number}, {call.operation}) {wrong}: {shown(event)}", event.record
                    )
    for call in history.answered(*MOVES):
        if call.given.get("allOrNothing") and call.answer["moved"] and call.answer["refused"]:
            yield Complaint(
                f"{call.actor} (call {call.number}, {call.operation}) asked for all or nothing, but "
                f"{call.answer['moved']} moved and {call.answer['refused']} did not."
            )


def _wrong(call: Call, event: Event) -> str | None:
    given = call.given
    target = given["target"]
    expected = given.get("expectedStatus", event.source)
    wrong = {
        "took another action": event.action != call.operation.upper(),
        "was a dry run, but moved a record": given.get("dryRun"),
        f"expected {expected}, but moved a record that was {event.source}": event.source != expected,
        "moved a record that it did not name": "ids" in target and event.record not in target["ids"],
        "moved a record that its filter does not match": not _matches(target.get("filter", {}), event),
        "left an event of somebody else": (event.actor, event.who) != ("USER", call.actor),
    }
    return next((words for words, is_so in wrong.items() if is_so), None)


def _matches(where: Mapping[str, Sequence[str]], event: Event) -> bool:
    of = {"status": event.source, "tag": event.tag, "owner": event.owner}
    return all(of[name] in values for name, values in where.items())

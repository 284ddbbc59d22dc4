"""A call does what it asked for and no more: from the status it expected, to the records it named, or nothing at all."""

from __future__ import annotations

from collections.abc import Iterator

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
                    yield Complaint(f"{call.actor} (call {call.number}, {call.operation}) {wrong}: {shown(event)}", event.record)
    for call in history.answered(*MOVES):
        if call.given.get("allOrNothing") and call.answer["moved"] and call.answer["refused"]:
            yield Complaint(
                f"{call.actor} (call {call.number}, {call.operation}) asked for all or nothing, but "
                f"{call.answer['moved']} moved and {call.answer['refused']} did not."
            )


def _wrong(call: Call, event: Event) -> str | None:
    given = call.given
    target = given["target"]
    if event.action != call.operation.upper():
        return "took another action"
    if given.get("dryRun"):
        return "was a dry run, but moved a record"
    if (expected := given.get("expectedStatus")) and event.source != expected:
        return f"expected {expected}, but moved a record that was {event.source}"
    if "ids" in target and event.record not in target["ids"]:
        return "moved a record that it did not name"
    if (where := target.get("filter")) and not _matches(where, event):
        return f"moved a record that its filter {where} does not match"
    if event.who != call.actor or event.actor != "USER":
        return "left an event of somebody else"
    return None


def _matches(where: dict[str, list[str]], event: Event) -> bool:
    of = {"status": event.source, "tag": event.tag, "owner": event.owner}
    return all(of[name] in values for name, values in where.items())

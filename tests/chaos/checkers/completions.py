"""A record is completed once at most: COMPLETE has no way out, and one manager only hears that its result counts."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from chaos.checkers.complaint import Complaint
from chaos.history import History


def check(history: History) -> Iterator[Complaint]:
    for record, events in history.events_of.items():
        done = [i for i, event in enumerate(events) if event.action == "COMPLETE"]
        if len(done) > 1:
            yield Complaint(f"{record} was completed {len(done)} times.", record)
        elif done and done[0] != len(events) - 1:
            yield Complaint(f"{record} was moved after it was COMPLETE.", record)
    counted: defaultdict[str, set[str]] = defaultdict(set)
    for call in history.answered("returnTasks"):
        for returned, answer in zip(call.given["returns"], call.answer["answers"], strict=True):
            if answer["code"] == "ACCEPTED" and "result" in returned["outcome"]:
                counted[_record(returned["token"])].add(f"{returned['token']} of {call.actor}")
    for record, tokens in counted.items():
        if len(tokens) > 1:
            yield Complaint(f"Several results of {record} were accepted: under {', '.join(sorted(tokens))}.", record)


def _record(token: str) -> str:
    return f"rec_{token.split('_')[1]}"

"""The events of each record tell one story: each begins where the one before ended, and the lifecycle permits it.

The lifecycle here is the oracle of the tests, not the code's own table.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from chaos.checkers.complaint import Complaint, shown
from chaos.history import Event, History
from chaos.world import NEMESIS
from support.thread import moves

_PERMITTED = {(move.source, move.target, move.action): move.actors for move in moves()}


def check(history: History) -> Iterator[Complaint]:
    """In the table's order, in the feed's, and in that in which each follower got them."""
    for record, events in history.events_of.items():
        yield from _story(record, events, "the table")
    for where, events in (("the feed", history.end.feed), *history.got_by.items()):
        whole = not any(
            follower.name == where and (follower.wanted or follower.after) for follower in history.followers
        )
        if whole:
            stories: dict[str, list[Event]] = {}
            for event in events:
                stories.setdefault(event.record, []).append(event)
            for record, story in stories.items():
                if story[0].source is None:  # who begins in the middle hears no beginning
                    yield from _story(record, story, where)


def _story(record: str, events: Sequence[Event], where: str) -> Iterator[Complaint]:
    status: str | None = None
    attempts = 0
    for event in events:
        if event.source != status:
            yield Complaint(f"In {where}, {record} left {event.source}, but was {status}: {shown(event)}", record)
            return
        if wrong := _wrong(event, attempts):
            yield Complaint(f"In {where}, {wrong}: {shown(event)}", record)
            return
        status, attempts = event.target, event.attempt


def _wrong(event: Event, attempts: int) -> str | None:
    """What is wrong with a move by itself."""
    if event.source is None:
        if (event.target, event.action, event.actor) != ("WAITING", "SUBMIT", "USER"):
            return f"{event.record} did not begin by a person's SUBMIT"
    else:
        actors = _PERMITTED.get((event.source, event.target, event.action))
        if actors is None:
            return f"{event.record} made a move that the lifecycle has not"
        if event.actor not in actors and not event.tag.startswith(NEMESIS):  # moves work past the API, too
            return f"{event.record} was moved by {event.actor}, who may not"
    if event.attempt != attempts + (event.action == "CLAIM"):
        return f"{event.record} has attempt {event.attempt} after {attempts}"
    return None

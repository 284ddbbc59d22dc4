"""Every transition is in the feed exactly once, without gaps, and every follower got it exactly once across all cuts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from chaos.checkers.complaint import Complaint, shown
from chaos.history import Event, Follower, History

_FAULTS = ("CURSOR_", "INVALID_", "INTERNAL")
"""What a follower who resumes from its own cursor must never hear."""


def check(history: History) -> Iterator[Complaint]:
    yield from _same_as_table(history)
    yield from _gapless(history.end.feed, "The feed", 1)
    for follower in history.followers:
        yield from _followed(history, follower)
    for told in history.told:
        if told.code.startswith(_FAULTS):
            yield Complaint(f"{told.follower}, who resumed from its own cursor, heard {told.code}: {told.words}")


def _same_as_table(history: History) -> Iterator[Complaint]:
    table = Counter(event.key for event in history.end.events)
    feed = Counter(event.key for event in history.end.feed)
    by_key = {event.key: event for event in (*history.end.feed, *history.end.events)}
    for key in table - feed:
        yield Complaint(f"An event of the table is not in the feed: {shown(by_key[key])}", key[0])
    for key in feed - table:
        yield Complaint(
            f"The feed has an event too often, or one that is not in the table: {shown(by_key[key])}", key[0]
        )


def _gapless(events: Sequence[Event], where: str, first: int | None) -> Iterator[Complaint]:
    """Positions go up by one, from ``first`` or from wherever they begin; one complaint is enough."""
    for event in events:
        expected = first if first is not None else event.position
        assert expected is not None
        if event.position != expected:
            yield Complaint(
                f"{where} has position {event.position} where {expected} is next: {shown(event)}", event.record
            )
            return
        first = expected + 1


def _followed(history: History, follower: Follower) -> Iterator[Complaint]:
    got = history.got_by.get(follower.name, ())
    feed = {event.position: event for event in history.end.feed}
    for event in got:
        said = feed.get(event.position)
        if said is None or said.key != event.key:
            yield Complaint(
                f"{follower.name} got another event at position {event.position}: {shown(event)}", event.record
            )
            return
    expected = _expected(history, follower, got)
    positions = [event.position for event in got]
    for place, (one, other) in enumerate(zip(positions, expected, strict=False)):
        if one != other:
            assert one is not None
            what = "again" if one in positions[:place] else "too early"
            event = feed[one if one < other or what == "again" else other]
            missing = f"{follower.name} never got position {other}, or too late" if what == "too early" else ""
            yield Complaint(
                f"{missing or f'{follower.name} got position {one} again'}, after position "
                f"{positions[place - 1] if place else 'none'}: {shown(event)}",
                event.record,
            )
            return
    if len(positions) < len(expected):
        yield Complaint(
            f"{follower.name} got {len(positions)} of {len(expected)} changes; it never got position "
            f"{expected[len(positions)]}: {shown(feed[expected[len(positions)]])}"
        )
    elif len(positions) > len(expected):
        event = got[len(expected)]
        yield Complaint(f"{follower.name} got a change too many: {shown(event)}", event.record)


def _expected(history: History, follower: Follower, got: Sequence[Event]) -> Sequence[int]:
    """The positions that a follower was to get."""
    if follower.after is not None and follower.after in history.end.rests:
        rest = set(history.end.rests[follower.after])
        return [e.position for e in history.end.feed if e.position in rest and follower.wants(e) and e.position]
    begin = 1 if follower.after is not None else (got[0].position or 1) if got else len(history.end.feed) + 1
    return [e.position for e in history.end.feed if e.position and e.position >= begin and follower.wants(e)]

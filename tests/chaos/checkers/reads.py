"""Reads show one moment of a record, never an earlier one than was shown, told or acknowledged before they began."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from chaos.checkers.complaint import Complaint
from chaos.checkers.moments import Moments
from chaos.history import Event, History, Read
from support.thread import TASK_STATUSES

_ALL = float("inf")


@dataclass(frozen=True, slots=True)
class _Seen:
    """How many of the record's events a read may have shown: at least, and at most. Of a killed one it is all."""

    read: Read
    least: float
    most: float


def check(history: History) -> Iterator[Complaint]:
    moments = Moments(history)
    by_record: defaultdict[str, list[Read]] = defaultdict(list)
    for read in history.reads:
        by_record[read.record].append(read)
    for record, reads in by_record.items():
        events = history.events_of.get(record, ())
        known = [(moments.known(event), place) for place, event in enumerate(events, 1)]
        seen = []
        for read in reads:
            moment = _moment(read, events)
            if moment is None:
                yield Complaint(f"{_said(read)}, which it never was.", record)
                continue
            seen.append(moment)
            before = max((place for when, place in known if when < read.begun), default=0)
            if moment.most < before:
                yield Complaint(
                    f"{_said(read)}, when {before} of its events had been acknowledged or delivered before.", record
                )
        yield from _forward(seen)


def _said(read: Read) -> str:
    beside = "" if read.events is None else f" and the events {list(read.events)}"
    what = f"as {read.status} with {read.attempts} attempts, a task in {read.task}{beside}" if read.there else "as gone"
    return f"{read.actor} read {read.record} {what} on server {read.server}"


def _moment(read: Read, events: Sequence[Event]) -> _Seen | None:
    """The moments that the read may have shown; None if there is none."""
    if not read.there:
        return _Seen(read, _ALL, _ALL) if events and events[-1].target == "KILLED" else None
    if read.task != (read.status if read.status in TASK_STATUSES else None):
        return None
    places = []
    for place, event in enumerate(events, 1):
        attempts = sum(one.action == "CLAIM" for one in events[:place])
        actions = [one.action for one in events[:place]]
        if (read.status, read.attempts) == (event.target, attempts) and read.events in (None, actions):
            places.append(place)
    return _Seen(read, min(places), max(places)) if places else None


def _forward(seen: Sequence[_Seen]) -> Iterator[Complaint]:
    """Each shows no less than any that had ended before it began."""
    best: _Seen | None = None
    ended = sorted(seen, key=lambda one: one.read.ended)
    place = 0
    for one in sorted(seen, key=lambda one: one.read.begun):
        while place < len(ended) and ended[place].read.ended < one.read.begun:
            if best is None or ended[place].least > best.least:
                best = ended[place]
            place += 1
        if best is not None and one.most < best.least:
            yield Complaint(
                f"{_said(one.read)}, after {best.read.actor} had read it on server {best.read.server} with "
                f"{best.least} events.",
                one.read.record,
            )

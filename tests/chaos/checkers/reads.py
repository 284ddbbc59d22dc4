"""Reads show one moment of a record, never an earlier one than was shown, told or acknowledged before they began."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence

from chaos.checkers.complaint import Complaint
from chaos.checkers.moments import Moments
from chaos.history import Event, History, Read
from support.thread import TASK_STATUSES


def check(history: History) -> Iterator[Complaint]:
    moments = Moments(history)
    by_record: defaultdict[str, list[Read]] = defaultdict(list)
    for read in history.reads:
        by_record[read.record].append(read)
    for record, reads in by_record.items():
        events = history.events_of.get(record, ())
        for read in reads:
            yield from _one_moment(read, events)
            known = sum(moments.known(event) < read.begun for event in events)
            if _shown(read) < known:
                yield Complaint(
                    f"{read.actor} read {record} on server {read.server} with {_shown(read)} events, when {known} of "
                    "them had been acknowledged or delivered before.",
                    record,
                )
        yield from _forward(reads)


def _shown(read: Read) -> float:
    """How much of the record's story was shown: a killed one's is at its end."""
    return float("inf") if read.events is None else len(read.events)


def _one_moment(read: Read, events: Sequence[Event]) -> Iterator[Complaint]:
    if read.events is None:
        if events and events[-1].target != "KILLED":
            yield Complaint(f"{read.actor} read {read.record} on server {read.server}, and it was not there.", read.record)
        return
    shown = events[: len(read.events)]
    actions = [event.action for event in shown]
    if list(read.events) != actions:
        yield Complaint(f"{read.actor} read {read.record} with the events {list(read.events)}, not {actions}.", read.record)
        return
    status = shown[-1].target if shown else None
    task = status if status in TASK_STATUSES else None
    if (read.status, read.attempts, read.task) != (status, actions.count("CLAIM"), task):
        yield Complaint(
            f"{read.actor} read {read.record} as {read.status} with {read.attempts} attempts and a task in "
            f"{read.task}, beside the events {actions}.",
            read.record,
        )


def _forward(reads: Sequence[Read]) -> Iterator[Complaint]:
    best: tuple[float, Read] | None = None
    ended = sorted(reads, key=lambda read: read.ended)
    place = 0
    for read in sorted(reads, key=lambda read: read.begun):
        while place < len(ended) and ended[place].ended < read.begun:
            if best is None or _shown(ended[place]) > best[0]:
                best = _shown(ended[place]), ended[place]
            place += 1
        if best is not None and _shown(read) < best[0]:
            yield Complaint(
                f"{read.actor} read {read.record} on server {read.server} with {_shown(read)} events, after "
                f"{best[1].actor} had read it on server {best[1].server} with {best[0]}.",
                read.record,
            )

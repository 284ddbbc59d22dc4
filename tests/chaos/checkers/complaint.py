"""What a checker has to say: what is wrong, in words, and about which record."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from chaos.history import Event, History


@dataclass(frozen=True, slots=True)
class Complaint:
    """Something that was promised and not kept."""

    words: str
    record: str | None = None


Checker = Callable[[History], Iterator[Complaint]]


def told(history: History, complaint: Complaint) -> str:
    """The complaint, with the events of its record."""
    lines = [complaint.words]
    if complaint.record is not None:
        lines.append(f"  the events of {complaint.record}, as the database has them:")
        lines += [f"    {shown(event)}" for event in history.events_of.get(complaint.record, ())] or ["    none"]
    return "\n".join(lines)


def shown(event: Event) -> str:
    """An event in one line."""
    why = f", because {event.reason!r}" if event.reason else ""
    return (
        f"{event.at / 1e6:.6f} {event.record} {event.action} {event.source} -> {event.target} by {event.actor} "
        f"{event.who!r}, attempt {event.attempt}{why}"
    )


_SHOWN = 5
"""Complaints of one checker that are shown."""


def account(history: History, broken: Mapping[str, Sequence[Complaint]]) -> str:
    """All promises that were broken, each with its first complaints."""
    lines = []
    for promise, said in broken.items():
        lines.append(f"Broken: {promise} ({len(said)} complaints)")
        lines += [told(history, complaint) for complaint in said[:_SHOWN]]
    return "\n".join(lines)

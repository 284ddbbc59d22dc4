"""A snapshot's counts, and the changes that follow its cursor, make the counts of every later moment: none is missed or
counted twice. And every server counts alike at the end, as many as there are.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from chaos.checkers.complaint import Complaint
from chaos.history import History


def check(history: History) -> Iterator[Complaint]:
    truth = _clean(Counter(kept.status for kept in history.end.records.values()))
    for server, counts in history.end.counts.items():
        if _clean(Counter(counts)) != truth:
            yield Complaint(f"At the end server {server} counts {dict(counts)}, but there are {truth}.")
    feed = {event.position: event for event in history.end.feed}  # what it lacks is another checker's business
    for snapshot in history.snapshots:
        if snapshot.cursor not in history.end.rests:
            continue
        counts = Counter(snapshot.counts)
        for event in filter(None, map(feed.get, history.end.rests[snapshot.cursor])):
            if event.source is not None:
                counts[event.source] -= 1
            counts[event.target] += 1
        del counts["KILLED"]
        if _clean(counts) != truth:
            yield Complaint(
                f"{snapshot.actor} counted {dict(snapshot.counts)} at {snapshot.begun:.3f}; with the "
                f"{len(history.end.rests[snapshot.cursor])} changes that follow its cursor that makes {_clean(counts)}, "
                f"but there are {truth}."
            )


def _clean(counts: Counter[str]) -> dict[str, int]:
    return {status: n for status, n in sorted(counts.items()) if n}

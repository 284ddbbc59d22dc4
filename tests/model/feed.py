"""The feed as the model expects it: transactions in their order, each a set of events of which every record's are in order.

The order that the events of one transaction have in the feed is first told by the feed itself; from then on it is kept.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from model.account import Event, Moment

PLACE = ("cursor", "position", "at")
"""What an event of the feed has besides what happened."""


@dataclass
class Feed:
    """What was committed, what of it was shown, and the cursors that were given, with the events before each."""

    coming: list[list[tuple[Event, Moment]]] = field(default_factory=list)
    """By transaction, what was not shown yet."""
    shown: list[Event] = field(default_factory=list)
    cursors: list[tuple[str, int]] = field(default_factory=list)
    end: str | None = None
    """The cursor behind what was shown."""
    _last: int | None = None

    @property
    def total(self) -> int:
        return len(self.shown) + sum(map(len, self.coming))

    @property
    def complete(self) -> bool:
        return not self.coming

    def commit(self, events: Sequence[Event], when: Moment) -> None:
        """These came about in one transaction."""
        if events:
            self.coming.append([(event, when.copy()) for event in events])

    def show(self, nodes: Sequence[dict[str, Any]]) -> None:
        """The next events that the feed shows. Raises AssertionError unless they are the next that came about."""
        for node in nodes:
            assert self.coming, f"the feed shows what never happened: {node}"
            event = {name: value for name, value in node.items() if name not in PLACE}
            awaited = self.coming[0]
            mine = next((i for i, (one, _) in enumerate(awaited) if one["recordId"] == event["recordId"]), None)
            assert mine is not None, f"the feed shows {event}, when next are {[one for one, _ in awaited]}"
            expected, when = awaited.pop(mine)
            assert event == expected
            when.learn(node["at"], "the time of an event")
            assert self._last is None or node["position"] == self._last + 1, "positions are dense"
            self._last = node["position"]
            self.shown.append(event)
            self.end = node["cursor"]
            self.remember(self.end, len(self.shown))
            if not awaited:
                self.coming.pop(0)

    def remember(self, cursor: str, before: int | None = None) -> None:
        """A cursor that was given: of an event, or (``before`` is None) of a snapshot that shows all there is."""
        self.cursors.append((cursor, self.total if before is None else before))

    def after(self, before: int, where: dict[str, list[str]] | None = None) -> list[Event]:
        """What follows a cursor that has so many events before it; only what passes the filter."""
        names = {"record": "recordId"}
        return [
            event
            for event in self.shown[before:]
            if all(event[names.get(name, name)] in values for name, values in (where or {}).items())
        ]

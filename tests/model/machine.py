"""The state machine: every rule, on one server."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.stateful import initialize

from model.clock_rules import ClockRules
from model.manager_rules import served
from model.people_rules import PROGRAMS, PeopleRules, campaigns, priorities, tags
from model.reading_rules import ReadingRules

labels = st.tuples(st.sampled_from(["olga", "alice", "bob"]), tags, campaigns, priorities)


class Machine(PeopleRules, ReadingRules, ClockRules):
    """People, managers, the clock and readers take turns."""

    @initialize(batches=st.lists(labels, min_size=1, max_size=3), first=served, second=served)
    def begin(
        self, batches: list[tuple[str, str, str | None, int]], first: list[str], second: list[str]
    ) -> None:
        """Records and two managers are there, so that whatever follows finds something to do."""
        for who, tag, campaign, priority in batches:
            given = {"tag": tag, "campaign": campaign, "priority": priority, "hold": False, "reason": None, "key": None}
            self.submit(who, 2, "python", [], **given)
        self.activate("north", "m1", first, PROGRAMS[-1], 60)
        self.activate("south", "m2", second, [], 300)

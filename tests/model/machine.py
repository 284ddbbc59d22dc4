"""The state machine: every rule, on one server."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.stateful import initialize

from model.account import Given
from model.clock_rules import ClockRules
from model.manager_rules import outcomes, served
from model.people_rules import PROGRAMS, PeopleRules, campaigns, kinds, priorities, tags
from model.reading_rules import ReadingRules

batches = st.tuples(st.sampled_from(["olga", "alice", "bob"]), kinds, tags, campaigns, priorities)


class Machine(PeopleRules, ReadingRules, ClockRules):
    """People, managers, the clock and readers take turns."""

    @initialize(
        batches=st.lists(batches, min_size=2, max_size=3),
        first=served,
        second=served,
        chores=st.lists(outcomes, max_size=3),
        give_up=st.booleans(),
    )
    def begin(
        self, batches: list[tuple[str, str, str, str | None, int]], first: list[str], second: list[str],
        chores: list[Given], give_up: bool,
    ) -> None:  # fmt: skip
        """There are two managers, and records in several statuses, so that whatever follows finds something to do."""
        for who, kind, tag, campaign, priority in batches:
            self.submit(
                who, 2, kind, [], tag=tag, campaign=campaign, priority=priority, hold=False, reason=None, key=None
            )
        self.activate("north", "m1", first, PROGRAMS[-1], 60)
        self.activate("south", "m2", second, [], 300)
        self.work(chores)
        if give_up:
            self.run("olga", "FAIL", {"target": {"filter": {"status": ["ERROR"]}}})

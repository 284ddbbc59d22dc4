"""The state machine: every rule, on one server."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.stateful import initialize

from model.account import Given
from model.clock_rules import ClockRules
from model.manager_rules import served
from model.people_rules import ERROR_TYPES, PROGRAMS, PeopleRules, campaigns, kinds, priorities, tags
from model.reading_rules import ReadingRules

RESULT: Given = {"result": {"energy": -1.5}}
STAGES = ["COMPLETE", "ERROR", "FAILED", "RUNNING", "HOLD", "WAITING"]
"""In this order: what is to be claimed comes before what is to wait."""

batches = st.tuples(
    st.sampled_from(STAGES), st.sampled_from(["olga", "alice", "bob"]), kinds, tags, campaigns, priorities,
    st.sampled_from(ERROR_TYPES), st.sampled_from(PROGRAMS),
)  # fmt: skip


class Machine(PeopleRules, ReadingRules, ClockRules):
    """People, managers, the clock and readers take turns."""

    @initialize(batches=st.lists(batches, min_size=2, max_size=4), first=served, second=served)
    def begin(
        self,
        batches: list[tuple[str, str, str, str, str | None, int, str, list[str]]],
        first: list[str],
        second: list[str],
    ) -> None:
        """There are records in several statuses, and two managers, so that whatever follows finds something to do."""
        self.activate("north", "m1", ["*"], PROGRAMS[-1], 60)
        for stage, who, kind, tag, campaign, priority, error, programs in sorted(
            batches, key=lambda one: STAGES.index(one[0])
        ):
            labels = {"tag": tag, "campaign": campaign, "priority": priority, "hold": stage == "HOLD"}
            self.submit(who, 2, kind, programs, reason=None, key=None, **labels)
            if stage in {"COMPLETE", "ERROR", "FAILED", "RUNNING"}:
                self.claim(0, None, 2, None)
            if stage in {"COMPLETE", "ERROR", "FAILED"}:
                outcome = RESULT if stage == "COMPLETE" else {"error": {"type": error, "message": "no"}}
                self.give_back(0, None, [("held", 0, outcome), ("held", 1, outcome)], None)
            if stage == "FAILED":
                self.run("olga", "FAIL", {"target": {"filter": {"tag": [tag], "status": ["ERROR"]}}})
        self.activate("north", "m1", first, PROGRAMS[-1], 60)
        self.activate("south", "m2", second, [], 300)

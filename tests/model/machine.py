"""The state machine: every rule, on one server."""

from __future__ import annotations

from model.clock_rules import ClockRules
from model.people_rules import PeopleRules
from model.reading_rules import ReadingRules


class Machine(PeopleRules, ReadingRules, ClockRules):
    """People, managers, the clock and readers take turns."""

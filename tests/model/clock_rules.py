"""The clock goes on: by as much as something needs to become due, or just not yet."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import note
from hypothesis import strategies as st
from hypothesis.stateful import rule

from model import clock
from model.account import Moment
from model.acting import Acting

_JUST = timedelta(microseconds=1)


class ClockRules(Acting):
    """The one rule of the clock."""

    @rule(
        pick=st.integers(0, 5),
        beyond=st.sampled_from(
            [timedelta(), _JUST, -_JUST, timedelta(hours=1), timedelta(seconds=15), timedelta(seconds=45)]
        ),
        rare=st.sampled_from([False, False, True]),
    )
    def time_passes(self, pick: int, beyond: timedelta, rare: bool) -> None:
        """The server looks at what is due. Where it takes the rare looks, too, it forgets keys."""
        due = self.some(clock.moments(self.reference) or [datetime.now(UTC)], [pick])[0] + beyond
        while any(record.since.known == due for record in self.reference.records.values()):
            due += _JUST  # nothing happens twice to a record at one moment; the guards take that for a missing time
        self.acted = True
        before = datetime.now(UTC)
        done = self.world.look_after(due, rare=rare)
        self.reference.heard = Moment(before, datetime.now(UTC))
        note(f"  at {due}: {done}")
        assert done == clock.passes(self.reference, due, forget=rare)

    time_goes_on = time_passes  # chosen twice as often

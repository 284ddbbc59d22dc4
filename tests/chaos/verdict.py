"""What is to be run, and what came of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from chaos.bugs import BUGS
from chaos.checkers.complaint import Complaint, account
from chaos.history import History
from chaos.moves import MOVES

_FEWEST = {
    "calls ok": 5, "records": 1, "events": 5, "completed": 0.5, "delivered": 10, "reads": 0.5, "audits": 0.2,
}  # fmt: skip
"""For each second of load: what has less has tried nothing."""


@dataclass(frozen=True)
class Plan:
    """What is to be run: load for so many seconds, or until so many ``calls`` were answered, if that is before.

    ``bug`` is one that is switched on; ``moves`` are all, or those that the bug needs, unless named.
    """

    seed: int
    seconds: float = 20.0
    calls: int | None = None
    moves: Sequence[str] | None = None
    bug: str | None = None

    @property
    def servers(self) -> int:
        return 2 if self.bug else 3

    @property
    def names(self) -> Sequence[str]:
        if self.moves is not None:
            return self.moves
        return BUGS[self.bug].moves if self.bug else list(MOVES)


@dataclass(frozen=True)
class Verdict:
    """What the checkers said, by the promise that they check, and how much there was of everything."""

    plan: Plan
    history: History
    complaints: Mapping[str, Sequence[Complaint]]
    figures: Mapping[str, int]
    logs: Mapping[str, str] = field(default_factory=dict, repr=False)
    """What the servers said, by the names of their logs."""

    @property
    def thin(self) -> list[str]:
        """Of what there was too little to have tried anything."""
        fewest = {name: n * self.plan.seconds for name, n in _FEWEST.items()}
        if self.plan.names:
            fewest["moves"] = 1 + self.plan.seconds / 20
        found = {name: self.figures.get(name, 0) for name in fewest}
        return [f"{name}: {found[name]} < {n:.0f}" for name, n in fewest.items() if found[name] < n]

    @property
    def clean(self) -> bool:
        return not self.complaints and not self.thin

    def __str__(self) -> str:
        lines = [", ".join(f"{n} {name}" for name, n in self.figures.items())]
        lines += [f"Too little to tell anything: {', '.join(self.thin)}"] if self.thin else []
        lines += [account(self.history, self.complaints)] if self.complaints else []
        return "\n".join(lines)


class Unfinished(Exception):
    """The run did not come to its end. What there is of it is kept with :func:`keep`."""

    def __init__(self, plan: Plan, history: History, logs: Mapping[str, str]) -> None:
        super().__init__(f"The run of seed {plan.seed} did not come to its end")
        self.history = history
        self.logs = logs


def keep(folder: Path, history: History, logs: Mapping[str, str]) -> None:
    """The history and the logs, for whoever wants to know what happened."""
    history.write(folder)
    for name, text in logs.items():
        (folder / name).write_text(text)

"""Two ways of doing the same work, measured in turn: only their ratio means anything on a shared machine."""

from __future__ import annotations

import math
import statistics
from collections.abc import Awaitable, Callable
from dataclasses import asdict, dataclass

Timed = Callable[[], Awaitable[float]]
"""Does the work once and returns its rate: the more the better."""

_WHOLE = 100
"""From here on, figures are shown without decimals."""
_T95 = {9: 1.860, 11: 1.812, 15: 1.761}
"""Student's t, one-sided 95 %, by number of pairs."""


@dataclass(frozen=True)
class Result:
    """Medians of both sides, and the ratio's lower 95 % bound: that bound is what reaches a goal."""

    name: str
    ours: float
    peer: float
    unit: str
    ratio: float
    goal: float
    """0 where the line is there to compare with, and no goal was set."""

    @classmethod
    def limit(cls, name: str, measured: float, most: float, unit: str) -> Result:
        """What must be at most so much: the peer is the limit, and the ratio how many times it is kept."""
        return cls(f"{name}, at most", measured, most, unit, most / measured, 1.0)

    @property
    def reached(self) -> bool:
        return self.ratio >= self.goal

    def row(self) -> str:
        mark = "" if not self.goal else "yes" if self.reached else "no"
        goal = f"{self.goal:.2f}" if self.goal else ""
        figures = f"{_figure(self.ours)} | {_figure(self.peer)} | {self.unit} | {self.ratio:.2f} | {goal}"
        return f"| {self.name} | {figures} | {mark} |"

    def as_dict(self) -> dict[str, object]:
        return asdict(self)


def _figure(value: float) -> str:
    return f"{value:,.0f}" if value >= _WHOLE else f"{value:.2g}"


async def compare(name: str, unit: str, goal: float, ours: Timed, peer: Timed, pairs: int = 9) -> Result:
    """Run both once to warm up, then ``pairs`` times in turn; the bound is that of the ratios' geometric mean."""
    await ours()
    await peer()
    ratios, mine, theirs = [], [], []
    for _ in range(pairs):
        a, b = await ours(), await peer()
        mine.append(a)
        theirs.append(b)
        ratios.append(math.log(a / b))
    spread = statistics.stdev(ratios) / math.sqrt(pairs)
    bound = math.exp(statistics.mean(ratios) - _T95[pairs] * spread)
    return Result(name, statistics.median(mine), statistics.median(theirs), unit, bound, goal)

"""The machine of a run: with some seeds a small disk that can be filled, with some a clock that can be moved."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from random import Random
from typing import Any

from chaos.clock import NoClock, clock
from chaos.disk import POSTGRES, NoDisk, disk
from chaos.verdict import Plan


@contextmanager
def machine(plan: Plan) -> Iterator[dict[str, Any]]:
    """What a world is told of it; nothing where there is none of the two, such as without root or libfaketime."""
    random = Random(f"{plan.seed}:machine")
    small, moved = random.random() < 0.5, random.random() < 0.5
    found: dict[str, Any] = {}
    with ExitStack() as stack:
        if small and "fill_disk" in plan.names:
            with suppress(NoDisk):
                found |= {"disk": stack.enter_context(disk()), "postgres": POSTGRES}
        if moved and "move_clock" in plan.names:
            with suppress(NoClock):
                found["clock"] = stack.enter_context(clock())
        yield found

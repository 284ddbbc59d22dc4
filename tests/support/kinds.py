"""A kind that others install, for tests."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from interlock.domain.kinds import TaskContent


@dataclass
class Mineral:
    """It takes any specification, and makes of it a task that tells the kind's version."""

    version: int
    name: str = "mineral"
    description: str = "A stone."

    def validate(self, specification: Any) -> dict[str, Any]:
        return dict(specification)

    def task(self, specification: Mapping[str, Any]) -> TaskContent:
        return TaskContent("stone:turn", [dict(specification), self.version])

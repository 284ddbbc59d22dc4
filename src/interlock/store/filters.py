"""Record filters as SQL: labels resolve to cohorts, which are few, and cohorts to records by index."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from interlock.domain.model import RecordFilter


@dataclass(slots=True)
class Parameters:
    """Positional parameters of a statement under construction."""

    values: list[Any] = field(default_factory=list)

    def add(self, value: Any, cast: str) -> str:
        """Append a value and return its placeholder, typed."""
        self.values.append(value)
        return f"${len(self.values)}::{cast}"


def cohorts_where(wanted: RecordFilter, parameters: Parameters) -> str:
    """The condition on ``cohort c JOIN lane l`` for the labels of a filter; TRUE where it names none."""
    tests = [
        f"{column} = ANY({parameters.add(list(values), 'text[]')})"
        for column, values in (
            ("l.tag", wanted.tag),
            ("c.campaign", wanted.campaign),
            ("c.kind", wanted.kind),
        )
        if values is not None
    ]
    if wanted.owner is not None:
        names = parameters.add(list(wanted.owner), "text[]")
        tests.append(f"c.owner_id IN (SELECT id FROM principal WHERE name = ANY({names}))")
    return " AND ".join(tests) or "TRUE"

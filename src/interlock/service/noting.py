"""What an operation is and does, noted where it is known, and told where it ends: in its one line of the log.

Neither tokens, results nor specifications are ever noted: ids, codes and counts are enough to find them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any

from interlock.domain.ids import IdType
from interlock.domain.outcomes import Code

_CODES = {code.value: code.value for code in Code}
"""A code as a plain string, which is what JSON takes for a key."""


@dataclass(slots=True, eq=False)
class Operation:
    """What is known so far of the operation under way."""

    kind: str = ""
    """Query, mutation or subscription; empty before it was recognised."""
    fields: tuple[str, ...] = ()
    """Its root fields."""
    name: str | None = None
    """What the client calls it."""
    codes: list[str] = field(default_factory=list)
    """Why it was refused."""
    noted: dict[str, Any] = field(default_factory=dict)
    """What its present mutation did."""
    told: bool = False
    """Whether the log has a line of it."""

    def known(self, kind: str, fields: tuple[str, ...], name: str | None) -> None:
        self.kind, self.fields, self.name = kind, fields, name

    def refused(self, code: str) -> None:
        if code not in self.codes:
            self.codes.append(code)

    @property
    def title(self) -> str:
        """What it is called, in few words of the schema."""
        return f"{self.kind} {self.fields[0]}" if len(self.fields) == 1 else self.kind or "GraphQL Operation"


_PRESENT: ContextVar[Operation | None] = ContextVar("operation", default=None)


def begin() -> Operation:
    """An operation begins in this context."""
    operation = Operation()
    _PRESENT.set(operation)
    return operation


def present() -> Operation:
    """The operation under way; where there is none, nobody will ask for what is noted."""
    return _PRESENT.get() or Operation()


def note(**facts: Any) -> None:
    """Add these facts to what the operation will tell."""
    present().noted.update(facts)


def note_counts(counts: Mapping[Code, int]) -> None:
    """How many were answered with each code."""
    present().noted["counts"] = {_CODES[code]: count for code, count in counts.items()}


def note_record(record_id: int, attempt: int | None = None) -> None:
    """The one record, with its task and attempt, that the operation is about."""
    noted = present().noted
    noted["record"], noted["task"] = f"{_RECORD}{record_id}", f"{_TASK}{record_id}"
    if attempt is not None:
        noted["attempt"] = attempt


_RECORD, _TASK = f"{IdType.RECORD.value}_", f"{IdType.TASK.value}_"


def note_only(records: Sequence[tuple[int, int | None]]) -> None:
    """The record and attempt, where it is one; many cost no line and no list."""
    if len(records) == 1:
        note_record(*records[0])

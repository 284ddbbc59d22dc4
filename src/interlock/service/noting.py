"""What an operation did, noted where it is known and told where the operation ends: in its one line of the log.

Neither tokens, results nor specifications are ever noted: ids, codes and counts are enough to find them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from interlock.domain.ids import IdType, encode
from interlock.domain.outcomes import Code

_NOTED: ContextVar[dict[str, Any] | None] = ContextVar("noted", default=None)


@contextmanager
def noting() -> Iterator[dict[str, Any]]:
    """What is noted inside the block."""
    noted: dict[str, Any] = {}
    token = _NOTED.set(noted)
    try:
        yield noted
    finally:
        _NOTED.reset(token)


def note(**facts: Any) -> None:
    """Add these facts to what the operation under way will tell; without one, nobody wants to know."""
    noted = _NOTED.get()
    if noted is not None:
        noted.update(facts)


def note_counts(counts: Mapping[Code, int]) -> None:
    """How many were answered with each code."""
    note(counts={code.value: count for code, count in counts.items()})


def note_record(record_id: int, attempt: int | None = None) -> None:
    """The one record, with its task and attempt, that the operation is about."""
    note(record=encode(IdType.RECORD, record_id), task=encode(IdType.TASK, record_id))
    if attempt is not None:
        note(attempt=attempt)


def note_only(records: Sequence[tuple[int, int | None]]) -> None:
    """The record and attempt, where it is one; many cost no line and no list."""
    if len(records) == 1:
        note_record(*records[0])

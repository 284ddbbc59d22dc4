"""From SQLAlchemy Core to what asyncpg runs: text with positional parameters, composed once for each shape."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ClauseElement
from sqlalchemy.dialects.postgresql import asyncpg as dialect

_DIALECT = dialect.dialect()  # type: ignore[no-untyped-call]  # SQLAlchemy leaves dialects untyped


@dataclass(frozen=True, slots=True)
class Composed:
    """A statement's text, and the names of its parameters in the order of their numbers."""

    text: str
    names: tuple[str, ...]

    def arguments(self, values: Mapping[str, Any]) -> Sequence[Any]:
        return [values[name] for name in self.names]


def compose(statement: ClauseElement) -> Composed:
    """Render a statement. Limits must be literal: PostgreSQL plans a parameter in LIMIT as if it were large."""
    compiled: Any = statement.compile(dialect=_DIALECT, compile_kwargs={"render_postcompile": True})
    assert not any(v is not None for v in compiled.params.values()), "parameters are given by name, at run time"
    return Composed(str(compiled), tuple(compiled.positiontup or ()))

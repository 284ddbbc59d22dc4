"""JSON that PostgreSQL builds, as pieces of text: literals, and expressions that are text already or become it.

``concat`` over pieces is twice as fast as ``json_build_object``. What a value looks like follows from its SQL type,
and is what the scalars of the API make of the same value in Python; timestamps rely on the session's time zone, UTC.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from typing import Any, TypeAlias

from sqlalchemy import ARRAY, JSON, Column, ColumnElement, DateTime, Enum, Integer, Text, case, func, literal_column
from sqlalchemy.sql import visitors

Pieces: TypeAlias = "tuple[str | ColumnElement[Any], ...]"
"""Side by side they are one JSON value: strings as they stand, expressions as PostgreSQL writes them."""

_WHEN: ColumnElement[str] = literal_column("""'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'""")
_MOST_ARGUMENTS = 90
"""PostgreSQL passes a hundred arguments to a function at most."""

NULL = "null"


def value(column: ColumnElement[Any]) -> Pieces:
    """A column's value; null where it has none. Raises TypeError for a type that has no rule here."""
    if isinstance(column.type, Enum):
        written: Pieces = ('"', column, '"')
    elif isinstance(column.type, DateTime):
        written = ('"', func.to_char(column, _WHEN), '"')
    elif isinstance(column.type, Integer | JSON):
        written = (column,)
    elif isinstance(column.type, Text | ARRAY):
        written = (func.to_json(column),)
    else:
        raise TypeError(f"no rule says how {column.type} is written")
    return written if isinstance(column, Column) and not column.nullable else unless_null(column, written)


def unless_null(column: ColumnElement[Any], pieces: Pieces) -> Pieces:
    """The pieces where the column has a value, else null."""
    return (case((column.is_not(None), text(pieces)), else_=_literal(NULL)),)


def quoted(pieces: Pieces) -> Pieces:
    """A JSON string of pieces that need no escapes."""
    return ('"', *pieces, '"')


def truth(condition: ColumnElement[Any]) -> Pieces:
    return (case((condition, _literal("true")), else_=_literal("false")),)


def obj(fields: Iterable[tuple[str, Pieces]]) -> Pieces:
    """An object; its keys are names of GraphQL's, which need no escapes."""
    pieces: list[str | ColumnElement[Any]] = ["{"]
    for name, inner in fields:
        pieces += [f'{"," if len(pieces) > 1 else ""}"{name}":', *inner]
    return (*pieces, "}")


def array(elements: ColumnElement[Any]) -> Pieces:
    """An array of what an aggregate joined with commas; empty where there was nothing to join."""
    return ("[", elements, "]")  # concat takes NULL for nothing


def text(pieces: Pieces) -> ColumnElement[Any]:
    """The whole as one expression."""
    arguments = list(_joined(pieces))
    while len(arguments) > _MOST_ARGUMENTS:
        starts = range(0, len(arguments), _MOST_ARGUMENTS)
        arguments = [func.concat(*arguments[start : start + _MOST_ARGUMENTS]) for start in starts]
    return func.concat(*arguments)


def unbounded(pieces: Pieces) -> bool:
    """Whether JSON from outside is among them, which may be of any size."""
    parts = (part for piece in pieces if not isinstance(piece, str) for part in visitors.iterate(piece))
    return any(isinstance(part, ColumnElement) and isinstance(part.type, JSON) for part in parts)


def _joined(pieces: Sequence[str | ColumnElement[Any]]) -> Iterator[ColumnElement[Any]]:
    """Neighbouring literals become one."""
    for literal, run in groupby(pieces, lambda piece: isinstance(piece, str)):
        if literal:
            yield _literal("".join(str(piece) for piece in run))
        else:
            yield from run  # type: ignore[misc]  # these are expressions


def _literal(content: str) -> ColumnElement[Any]:
    quoted_content = content.replace("'", "''")
    return literal_column(f"'{quoted_content}'", Text)

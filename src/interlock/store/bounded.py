"""Bounds on what a statement gives: PostgreSQL stops at the first row beyond, so that nobody holds what is too much.

PostgreSQL has no expression that raises an error of one's own; it divides by zero instead, which its log tells in one
line. The embedded one leaves the statement's text out there; for another, its operator may: only a superuser can
`ALTER ROLE interlock SET log_min_error_statement = fatal`.

The rows should come from a subquery that ends with OFFSET 0, so that what they hold is made once.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import asyncpg
from sqlalchemy import BigInteger, ColumnElement, Integer, bindparam, cast, func, literal_column

MOST = "most"
"""The parameter of composed statements that says how many bytes there may be, in each part that is counted."""
WHOLE = "whole"
"""The same for the whole."""


class Outgrown(Exception):
    """There is more than the bound allows."""


def within(size: str, most: str) -> str:
    """A column that is 1 while the sum of ``size``, from the first row to this one, is at most ``most``."""
    return f"1 / (coalesce(sum({size}) OVER (ROWS UNBOUNDED PRECEDING), 0) <= {most})::int"


def fits(names: Iterable[str], counted: str = "TRUE") -> ColumnElement[bool]:
    """The same for composed statements: the columns of these names, in the rows that are counted, and it is a truth."""
    size: ColumnElement[Any] = literal_column(" + ".join(f"octet_length({name})" for name in names), Integer)
    total = func.sum(size).filter(literal_column(counted)).over(rows=(None, 0))
    enough = func.coalesce(total, literal_column("0")) <= bindparam(MOST, type_=BigInteger, value=None)
    one: ColumnElement[int] = literal_column("1", Integer)
    return one // cast(enough, Integer) == one


def fitting(text: ColumnElement[str]) -> ColumnElement[bool]:
    """The same for one value, which is the whole."""
    enough = func.octet_length(text, type_=Integer) <= bindparam(WHOLE, type_=BigInteger, value=None)
    one: ColumnElement[int] = literal_column("1", Integer)
    return one // cast(enough, Integer) == one


@contextmanager
def bounded() -> Iterator[None]:
    """Raises Outgrown where a statement ran out of its bound."""
    try:
        yield
    except asyncpg.DivisionByZeroError as error:
        raise Outgrown from error

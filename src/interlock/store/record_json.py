"""Records as JSON that PostgreSQL builds, by their ids; and the statements that answer with JSON."""

from __future__ import annotations

from typing import Any

from sqlalchemy import BigInteger, ColumnElement, LargeBinary, Select, bindparam, case, func, literal_column, select

from interlock.store import json_text
from interlock.store.bounded import fits, fitting
from interlock.store.compose import Composed, compose
from interlock.store.json_text import Pieces
from interlock.store.page import PART
from interlock.store.records import IN_IDS, labelled
from interlock.store.tables import record


def one_record(pieces: Pieces, prefix: str) -> Pieces:
    """The pieces told of the record whose id is the parameter ``id`` (after the prefix), or null."""
    wanted = record.c.id == bindparam(f"{prefix}id", type_=BigInteger, value=None)
    query = labelled(json_text.text(pieces).label("told")).where(PART, wanted)
    if json_text.unbounded(pieces):
        query = _fitting(query)
    return (func.coalesce(query.scalar_subquery(), literal_column(f"'{json_text.NULL}'")),)


def statement(pieces: Pieces) -> Composed:
    """The statement that answers with the pieces, as the bytes of their text."""
    whole = select(json_text.text(pieces).label("told")).offset(literal_column("0")).subquery("whole")
    return compose(select(case((fitting(whole.c.told), _encoded(whole.c.told)))))


def by_ids_statement(pieces: Pieces) -> Composed:
    """The statement that answers with (id, bytes) for each record of the parameter ``ids`` that exists."""
    query = labelled(record.c.id, _bytes(pieces).label("told")).where(PART, IN_IDS)
    return compose(_fitting(query) if json_text.unbounded(pieces) else query)


def _fitting(query: Select[Any]) -> Select[Any]:
    """The same rows, as long as what they tell is within the bound."""
    made = query.offset(literal_column("0")).subquery("made")
    columns: list[Any] = list(made.c)
    return select(*columns[:-1], case((fits(["told"]), made.c.told)))


def _bytes(pieces: Pieces) -> ColumnElement[Any]:
    """Bytes, so that nobody decodes and encodes what goes out as it is."""
    return _encoded(json_text.text(pieces))


def _encoded(text: ColumnElement[str]) -> ColumnElement[Any]:
    return func.convert_to(text, literal_column("'UTF8'"), type_=LargeBinary)

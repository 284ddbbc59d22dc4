"""Cursors, opaque to clients: positions in the feed, and places in lists."""

from __future__ import annotations

import base64
import binascii
import re
from dataclasses import dataclass

from interlock.domain.errors import InvalidCursor


def _pack(*fields: object) -> str:
    return base64.urlsafe_b64encode("~".join(str(field) for field in fields).encode()).decode().rstrip("=")


def _unpack(cursor: str, path: str, kind: str) -> list[str]:
    try:
        text = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode("ascii")
    except (binascii.Error, ValueError) as error:
        raise _made_up(cursor, path) from error
    fields = text.split("~")
    # Decoding forgives trailing bits; only what we would write ourselves is accepted.
    if fields[0] != kind or _pack(*fields) != cursor:
        raise _made_up(cursor, path)
    return fields[1:]


def _is_number(field: str) -> bool:
    """A bigint that is not negative, as we write it."""
    return field.isdecimal() and len(field) <= 18 and str(int(field)) == field  # noqa: PLR2004 - a bigint's digits


def _is_snapshot(field: str) -> bool:
    """What PostgreSQL reads as a pg_snapshot: ``xmin:xmax:xip,...``, the xips ascending and between the two."""
    if not re.fullmatch(r"\d{1,19}:\d{1,19}:(\d{1,19}(,\d{1,19})*)?", field):
        return False
    low, high, running = field.split(":")
    xids = [int(xid) for xid in (low, *filter(None, running.split(",")))]
    # xmin may be xmax, where nothing runs; what runs lies below xmax
    return 0 < xids[0] <= int(high) and xids == sorted(xids) and all(xid < int(high) for xid in xids[1:])


def _made_up(cursor: str, path: str) -> InvalidCursor:
    return InvalidCursor(
        f"is {cursor[:80]!r}, which is no cursor of this server's. Pass one that it gave, unchanged, or none.", path
    )


@dataclass(frozen=True, slots=True)
class FeedCursor:
    """A position in the feed: the last event processed.

    ``epoch`` changes when the database was restored. ``seen`` (a pg_snapshot's text) is there when the cursor
    stands for a query's snapshot: what that showed, beyond the position, is not delivered again.
    """

    epoch: str
    position: int
    seen: str | None = None

    def __str__(self) -> str:
        return _pack("f", self.epoch, self.position, self.seen or "")

    @classmethod
    def parse(cls, cursor: str, path: str = "after") -> FeedCursor:
        """Raises InvalidCursor for what this server never gave."""
        fields = _unpack(cursor, path, "f")
        expected = 3
        if len(fields) != expected or not _is_number(fields[1]) or (fields[2] and not _is_snapshot(fields[2])):
            raise _made_up(cursor, path)
        return cls(fields[0], int(fields[1]), fields[2] or None)


def list_cursor(key: int) -> str:
    """The cursor of a list's entry."""
    return _pack("l", key)


def parse_list_cursor(cursor: str, path: str) -> int:
    """The key of the entry that a list cursor stands for. Raises InvalidCursor for what this server never gave."""
    (*fields,) = _unpack(cursor, path, "l")
    if len(fields) != 1 or not _is_number(fields[0]):
        raise _made_up(cursor, path)
    return int(fields[0])

"""Checks of plain input that every floor's caller needs in the same words."""

from __future__ import annotations

from interlock.domain.errors import InvalidInput, TooMany

LONGEST_LABEL = 200
LONGEST_REASON = 2_000
_WIDEST = 4
"""Bytes of a character in UTF-8, at most."""


def label(value: str, path: str) -> str:
    """A tag, campaign, or name: printable, neither empty nor padded, at most 200 characters."""
    if not value or value != value.strip() or not value.isprintable():
        raise InvalidInput(f"is {value[:80]!r}; it must be printable text, neither empty nor padded with spaces.", path)
    if len(value) > LONGEST_LABEL:
        raise TooMany(f"has {len(value)} characters; at most {LONGEST_LABEL} are allowed.", path)
    return value


def reason(value: str | None, path: str) -> str | None:
    """A reason for people: free text without NUL and lone surrogates, at most 2,000 characters."""
    if value is not None and storable(value, len(value) + 1) != value:
        raise InvalidInput("must not contain NUL characters or lone surrogates.", path)
    if value is not None and len(value) > LONGEST_REASON:
        raise TooMany(f"has {len(value)} characters; at most {LONGEST_REASON} are allowed.", path)
    return value


def within(value: int, low: int, high: int, path: str) -> int:
    """A whole number in a range, both ends included."""
    if not low <= value <= high:
        raise InvalidInput(f"is {value}; it must be from {low} to {high}.", path)
    return value


def too_many_bytes(text: str, limit: int) -> int:
    """How many bytes the text has in UTF-8, where they are more than ``limit``; else 0, as a rule without counting."""
    if len(text) * _WIDEST <= limit:
        return 0
    size = len(text.encode())
    return size if size > limit else 0


def at_most(count: int, limit: int, what: str, path: str) -> None:
    """A list's length against its limit."""
    if count > limit:
        raise TooMany(f"has {count} {what}; at most {limit} are allowed in one call.", path, limit=limit, asked=count)


def storable(text: str | None, longest: int) -> str | None:
    """Output of computations as PostgreSQL can keep it: Unicode without NUL, and its end where it is longer."""
    if text is None:
        return None
    return text.replace("\0", "\ufffd")[-longest:].encode("utf-8", "replace").decode()

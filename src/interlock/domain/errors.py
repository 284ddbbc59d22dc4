"""Everything that Interlock raises for a reason a caller can mend.

::

    InterlockError                 has a code, and a message that says what to do next
    ├── InvalidInput               a part of the input is wrong; names the path
    │   ├── InvalidSpecification   a specification its kind refuses; names the field
    │   ├── InvalidCursor          a cursor that this server never gave, or that has had its time
    │   └── TooMany                more than a limit allows; names the limit
    ├── KindNotInstalled           no such record kind on this server
    ├── IdempotencyConflict        the same key came with another input
    ├── Unauthenticated            no key, or one that is not (or no longer) valid
    ├── Forbidden                  the principal's role does not allow it
    ├── NotFound                   no such thing
    ├── SubscriberTooSlow          the feed was not read fast enough; carries the cursor to resume from
    ├── Restarting                 the server leaves; to the feed, it carries the cursor to resume from
    ├── DeadlineExceeded           an operation took longer than it may
    └── Unavailable                the database cannot be used now: absent, of another version
        └── NotMigrated            it is there, and at another migration
"""

from __future__ import annotations

import re
from typing import Any

_PREDICATE = re.compile(r"(is|has|must|says|cannot) ")


class InterlockError(Exception):
    """Base of all of them. ``code`` is for programs, ``str(error)`` for people."""

    code = "INTERNAL"

    def __init__(self, message: str, **details: Any) -> None:
        super().__init__(message)
        self.details = details


class InvalidInput(InterlockError):
    """A part of the input is wrong. ``path`` names it, from the argument down: ``input.records.3.tag``.

    A message that says something of that part begins with its verb, and gets the part as its subject:
    ``is 2; it must be …`` is read as ``leaseSeconds is 2; it must be …``. Paths travel separately, or not at all.
    """

    code = "INVALID_INPUT"

    def __init__(self, message: str, path: str = "", **details: Any) -> None:
        super().__init__(message, **details)
        self.path = path

    def __str__(self) -> str:
        message = super().__str__()
        return f"{self.path.removeprefix('input.') or 'it'} {message}" if _PREDICATE.match(message) else message


class InvalidSpecification(InvalidInput):
    code = "INVALID_SPECIFICATION"


class InvalidCursor(InvalidInput):
    """``code`` tells which way it is wrong: made up, expired, or from before a restore."""

    code = "CURSOR_INVALID"


class CursorExpired(InvalidCursor):
    code = "CURSOR_EXPIRED"


class CursorStale(InvalidCursor):
    code = "CURSOR_STALE"


class TooMany(InvalidInput):
    code = "LIMIT_EXCEEDED"


class KindNotInstalled(InterlockError):
    code = "KIND_NOT_INSTALLED"

    def __init__(self, name: str, version: int | None, have: str) -> None:
        wanted = f"{name!r}" if version is None else f"{name!r} version {version}"
        super().__init__(f"The record kind {wanted} is not installed on this server. Installed: {have}.")


class IdempotencyConflict(InterlockError):
    code = "IDEMPOTENCY_CONFLICT"

    def __init__(self, key: str) -> None:
        super().__init__(
            f"The idempotency key {key!r} was used for another input. Send the same input to get its "
            "first answer again, or a new key for a new call."
        )


class Unauthenticated(InterlockError):
    code = "UNAUTHENTICATED"


class Forbidden(InterlockError):
    code = "FORBIDDEN"


class NotFound(InterlockError):
    code = "NOT_FOUND"


class SubscriberTooSlow(InterlockError):
    code = "SUBSCRIBER_TOO_SLOW"


class Restarting(InterlockError):
    code = "RESTARTING"


class DeadlineExceeded(InterlockError):
    code = "DEADLINE_EXCEEDED"

    def __init__(self, seconds: float | None = None) -> None:
        within = "the time that the server allows" if seconds is None else f"{seconds:g} seconds"
        super().__init__(
            f"The operation was not done within {within}, and was stopped. Ask for less at a time: a smaller page, a "
            "narrower filter, fewer ids. A mutation may yet have had its effect: the same `idempotencyKey` tells."
        )


class Unavailable(InterlockError):
    code = "UNAVAILABLE"


class NotMigrated(Unavailable):
    pass

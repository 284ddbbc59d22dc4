"""How many sockets each key has open, so that one client that forgets to close its own does not take all there are."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from interlock.domain.errors import InterlockError


class NoPlace(InterlockError):
    """The key has as many sockets as it may have."""

    code = "LIMIT_EXCEEDED"


class Places:
    """The places of one server."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._taken: Counter[str] = Counter()

    @contextmanager
    def taken(self, secret: str) -> Iterator[None]:
        """A place for a socket of this key. Raises NoPlace."""
        if self._taken[secret] >= self._most:
            raise NoPlace(
                f"This key has {self._taken[secret]} sockets open, and may have {self._most} (INTERLOCK_MAX_SOCKETS)"
            )
        self._taken[secret] += 1
        try:
            yield
        finally:
            self._taken[secret] -= 1
            if not self._taken[secret]:
                del self._taken[secret]

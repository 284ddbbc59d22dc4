"""What was looked up a moment ago, remembered, so that most requests need no look-up."""

from __future__ import annotations

import time
from typing import Generic, TypeVar

Key = TypeVar("Key")
Value = TypeVar("Value")

_MOST = 10_000


class Remembered(Generic[Key, Value]):
    """Values by their keys, each for so many seconds."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._known: dict[Key, tuple[float, Value]] = {}

    def get(self, key: Key) -> Value | None:
        known = self._known.get(key)
        return known[1] if known is not None and known[0] > time.monotonic() else None

    def keep(self, key: Key, value: Value) -> None:
        if len(self._known) >= _MOST:
            self._known.clear()
        self._known[key] = (time.monotonic() + self._seconds, value)

    def forget(self, key: Key) -> None:
        self._known.pop(key, None)

    def forget_all(self) -> None:
        self._known.clear()

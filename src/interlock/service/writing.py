"""JSON values from outside as the text that is stored: what could not be read back is refused before it is kept."""

from __future__ import annotations

from typing import Any

import orjson

from interlock.domain.errors import InvalidInput

_ROOM = 54
"""Levels that answers put around a value, in which orjson, which nests 254 deep at most, must still write it."""

MOST_LEVELS = 254 - _ROOM


def written(value: Any, path: str) -> str:
    """The value as JSON text. Raises InvalidInput for one that is nested too deeply, or a number too large."""
    try:
        text = orjson.dumps(value)
        if text.count(b"[") + text.count(b"{") > MOST_LEVELS:  # so many levels are possible: try
            orjson.dumps(_nested(value))
    except TypeError as error:
        raise InvalidInput(
            f"cannot be kept as JSON ({error}); whole numbers have at most 64 bits, and values at most "
            f"{MOST_LEVELS} levels.",
            path,
        ) from error
    return text.decode()


def _nested(value: Any) -> Any:
    for _ in range(_ROOM):
        value = [value]
    return value

"""How much one operation may read for its answer, and tell in it: in bytes, counted where they are read and told.

What is read is held; what is told is written as often as it is selected, and is held again in the answer.
"""

from __future__ import annotations

from typing import Any, NoReturn

import orjson

from interlock.domain.errors import TooMany
from interlock.settings import Settings

SMALL = 4_000_000
"""Bytes of an answer for which no room is needed."""
STEP = 5
"""How many times more is tried when that is not enough: little of the work is done again."""
ROW = 1_000
"""Bytes that a row counts beside its texts: what is shown of it, and the objects that show it."""


def size_of(found: Any) -> int:
    """What was read counts so many bytes: JSON text, a row, or several of them."""
    if isinstance(found, str):
        return len(found) if found.isascii() else len(found.encode())
    if isinstance(found, list):
        return sum(map(size_of, found))
    texts = [value for name in found.__slots__ if isinstance(value := getattr(found, name), str | list)]
    return ROW + sum(map(size_of, texts))


def steps(settings: Settings) -> list[int]:
    """The sizes that are tried for an answer, one after the other; the last one is the largest that there may be."""
    found = [min(SMALL, settings.max_answer)]
    while found[-1] < settings.max_answer:
        found.append(min(found[-1] * STEP, settings.max_answer))
    return found


class AnswerTooLarge(TooMany):
    """The answer would have more bytes than allowed."""


class Allowance:
    """What is left of the bytes that one answer may have. Once it is outgrown, nothing more is read.

    ``left`` is for reading, and everything is read. Texts that can be large, of which one may be told several times,
    count when they are told as well, by themselves.
    """

    def __init__(self, size: int, most: int) -> None:
        self._size = size
        self._most = most
        self.renew()

    def renew(self) -> None:
        """For another answer."""
        self.left = self._untold = self._size
        self.outgrown = False

    def check(self) -> None:
        """Raises AnswerTooLarge where it was outgrown."""
        if self.outgrown:
            self.outgrow()

    def spend(self, size: int) -> None:
        """Count so many bytes that were read. Raises AnswerTooLarge."""
        self.left -= size
        if self.left < 0:
            self.outgrow()

    def tell(self, size: int) -> None:
        """Count so many bytes that are to be told. Raises AnswerTooLarge."""
        self._untold -= size
        if self._untold < 0:
            self.outgrow()

    def plain(self, text: str | None) -> str | None:
        """The text, which is to be told as JSON has it: up to six bytes for a character. Raises AnswerTooLarge."""
        if text is not None:
            self.tell(len(orjson.dumps(text)))
        return text

    def outgrow(self) -> NoReturn:
        """Raises AnswerTooLarge."""
        self.outgrown = True
        elsewhere = (
            f" A query over HTTP may have up to {self._most}; streams and WebSockets may not."
            if self._size < self._most
            else ""
        )
        raise AnswerTooLarge(
            f"The answer would have more than {self._size} bytes. Ask for fewer entries at a time (`first`), or select "
            f"less of each.{elsewhere}"
        )

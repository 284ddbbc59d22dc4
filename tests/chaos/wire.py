"""As much of PostgreSQL's protocol as it takes to see which statement goes by, and where its answer ends."""

from __future__ import annotations

from collections.abc import Iterator

_HEAD = 5
"""Bytes of a message's type and length."""
_CANCEL = (80877102).to_bytes(4)
_BEGIN, _ENDS = b"BEGIN", (b"COMMIT", b"ROLLBACK")
_QUERY, _PARSE, _BIND, _READY = b"QPBZ"


class Statements:
    """What a client sends, message by message, each with the text of the statement that it runs, if it runs one."""

    def __init__(self) -> None:
        self._pending = bytearray()
        self._begun = False
        self._texts: dict[bytes, bytes] = {}
        """Of prepared statements, by name."""
        self.before = b""
        """What the transaction had before the last statement, if there is one."""
        self._last = b""

    def read(self, data: bytes) -> Iterator[tuple[bytes, bytes | None]]:
        """The messages that are whole now. The first has no type; that of a cancellation is the only one."""
        self._pending += data
        head = _HEAD if self._begun else _HEAD - 1
        while len(self._pending) >= head:
            size = head - 4 + int.from_bytes(self._pending[head - 4 : head])
            if len(self._pending) < size:
                return
            message = bytes(self._pending[:size])
            del self._pending[:size]
            text = self._text(message) if self._begun else None
            if text is not None:
                self._follow(text)
            yield message, text
            self._begun = self._begun or message[4:8] != _CANCEL
            head = _HEAD if self._begun else _HEAD - 1

    def _follow(self, text: bytes) -> None:
        """Know what the transaction had, if this is part of one."""
        ended = self._last.startswith(_ENDS) or not (self._last or text.startswith(_BEGIN))
        self.before = b"" if ended or text.startswith(_BEGIN) else self.before + self._last
        self._last = b"" if ended and not text.startswith(_BEGIN) else text

    def _text(self, message: bytes) -> bytes | None:
        kind, body = message[0], message[_HEAD:]
        if kind == _QUERY:
            return body
        if kind == _PARSE:
            name, text, _ = body.split(b"\0", 2)
            self._texts[name] = text
        if kind == _BIND:
            _, name, _ = body.split(b"\0", 2)
            return self._texts.get(name)
        return None


def whole_answer(data: bytes) -> bool:
    """Whether these messages of the server end with its being ready for the next statement."""
    at = 0
    while len(data) >= at + _HEAD:
        if data[at] == _READY:
            return True
        at += 1 + int.from_bytes(data[at + 1 : at + _HEAD])
    return False

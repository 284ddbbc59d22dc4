"""A batch of events as the WebSocket frames of one subscriber: bytes that all share, around the operation's id."""

from __future__ import annotations

from websockets.frames import Frame, Opcode

from interlock.api.live.telling import Telling
from interlock.service.channels import Batch

_BEFORE = b'{"id":'
_BEHIND = b',"type":"next","payload":'


def frames(batch: Batch, telling: Telling, id_: bytes) -> bytes:
    """A ``next`` message for every event of the batch; ``id_`` is the operation's, as JSON."""
    key = (telling, len(id_))
    shared: list[bytes] | None = batch.told.get(key)
    if shared is None:
        shared = batch.told[key] = _around(len(id_), [telling.of(placed) for placed in batch.events])
    return id_.join(shared)


def _around(length: int, payloads: list[bytes]) -> list[bytes]:
    """All that stands before, between and behind the places of an id of this length."""
    pieces, behind = [], b""
    for payload in payloads:
        size = len(_BEFORE) + length + len(_BEHIND) + len(payload) + 1
        pieces.append(behind + _head(size) + _BEFORE)
        behind = _BEHIND + payload + b"}"
    return [*pieces, behind]


def frame(text: bytes) -> bytes:
    """One message, whole."""
    return Frame(Opcode.TEXT, text).serialize(mask=False)


def _head(size: int) -> bytes:
    """What stands before the text in a frame of this size."""
    return frame(bytes(size))[:-size]

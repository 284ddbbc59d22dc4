"""What a subscription follows, written to its socket as it comes."""

from __future__ import annotations

from contextlib import aclosing

import orjson

from interlock.api.live.documents import Followed
from interlock.api.live.frames import frames
from interlock.api.live.protocol import OpenFrames
from interlock.service.channels import Batch


async def deliver(followed: Followed, socket: OpenFrames, operation: str, patience: float) -> None:
    """Return when the feed is closed. Raises Gone with the socket, and what following raises.

    A socket that takes all that comes is written to as soon as there is something, in the feed's own turn; this task
    runs only for what was there before, and for one that does not keep up: that gets ``patience`` seconds a batch.
    """
    telling, id_ = followed.telling, orjson.dumps(operation)

    def offer(batch: Batch) -> bool:
        try:
            return socket.offer_frames(frames(batch, telling, id_))
        except Exception:  # noqa: BLE001 - it is raised again below, where it ends this subscription only
            return False

    async with aclosing(followed.channel.follow(followed.cursor, live=followed.live, offer=offer)) as batches:
        async for batch in batches:
            await socket.write_frames(frames(batch, telling, id_), patience)

"""Watchers look at single records, and at counts with the cursor that goes with them, on one server after another."""

from __future__ import annotations

import asyncio
import time

from chaos.actors.actor import Actor
from chaos.history import Read, Snapshot

_RECORD = "query ($id: ID!) { record(id: $id) { status attemptCount task { status } } }"
"""Which is compiled, see src/interlock/api/compiled."""
_STORY = "query ($id: ID!) { record(id: $id) { status attemptCount task { status } events { action } } }"
"""Which is not."""
SNAPSHOT = "{ feedCursor statusCounts { status count } }"
_RECENT = (10, 100)
"""Records that are read most."""
_PAUSE = (0.0, 0.06)
_BETWEEN = (0.3, 2.0)
_SNAPSHOTS = 12
"""Each costs a walk along the feed at the end."""


class Reader(Actor):
    """Reads records that are being moved."""

    async def run(self) -> None:
        while not self.stage.stopping.is_set():
            await self.pause(*_PAUSE)
            if self.stage.records:
                await self._read(self.random.choice(self.stage.records[-self.random.choice(_RECENT) :]))

    async def _read(self, record: str) -> None:
        begun = time.time()
        asked = await self.ask(self.random.choice((_RECORD, _STORY)), id=record)
        if asked is None:
            return
        server, data = asked
        when = self.name, server, record, begun, time.time()
        found = data["record"]
        if found is None:
            self.stage.history.reads.append(Read(*when, there=False))
            return
        events = [event["action"] for event in found["events"]] if "events" in found else None
        task = found["task"] and found["task"]["status"]
        self.stage.history.reads.append(
            Read(*when, there=True, status=found["status"], attempts=found["attemptCount"], task=task, events=events)
        )


class Counter(Actor):
    """Takes snapshots now and then."""

    async def run(self) -> None:
        for _ in range(_SNAPSHOTS):
            await self.pause(*_BETWEEN)
            if self.stage.stopping.is_set():
                return
            await self.snapshot()

    async def snapshot(self) -> Snapshot | None:
        """Counts, and where the feed goes on from them; None where they cannot be had just now."""
        begun = time.time()
        asked = await self.ask(SNAPSHOT)
        if asked is None:
            return None
        _, data = asked
        counts = {one["status"]: one["count"] for one in data["statusCounts"]}
        found = Snapshot(self.name, begun, time.time(), data["feedCursor"], counts)
        self.stage.history.snapshots.append(found)
        return found

    async def first(self) -> Snapshot:
        """A snapshot, as soon as it can be had."""
        while (found := await self.snapshot()) is None:  # noqa: ASYNC110 - a client far away
            await asyncio.sleep(self.random.uniform(*_PAUSE))
        return found

"""A fixed number of worker processes. A lost one is replaced, and counts again when that is ready."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Self

from interlock.manager.backoff import Backoff
from interlock.manager.events import Emit
from interlock.manager.outcome import Outcome
from interlock.manager.slot import Slot, WorkerGone
from interlock.manager.worker import Call, Place


class Pool:
    """Runs tasks; use as an asynchronous context, at whose end every worker is killed."""

    def __init__(self, workers: int, modules: tuple[str, ...], emit: Emit) -> None:
        self._emit = emit
        self._folder = tempfile.TemporaryDirectory(prefix="interlock-manager-", ignore_cleanup_errors=True)
        folder = Path(self._folder.name)
        places = [Place(folder / f"{number}.out", folder / f"{number}.err") for number in range(workers)]
        self._slots = [Slot(place, modules) for place in places]
        self._idle: asyncio.Queue[Slot] = asyncio.Queue()
        self._starting: set[asyncio.Task[None]] = set()
        self._closed = False
        self.on_ready: Callable[[], object] = lambda: None
        """Called when there is one more worker that can take a task."""
        self.on_worker: Callable[[str | None], object] = lambda _failed: None
        """Called when a worker has started (with None), or could not (with the reason)."""

    async def __aenter__(self) -> Self:
        for slot in self._slots:
            self._restart(slot)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._closed = True
        for task in self._starting:
            task.cancel()
        await asyncio.gather(*self._starting, return_exceptions=True)
        for slot in self._slots:
            slot.kill()
        self._folder.cleanup()

    @property
    def ready(self) -> int:
        """How many workers are alive, be they idle or busy: a sick host claims no more than it can run."""
        return sum(slot.alive for slot in self._slots)

    @property
    def pids(self) -> list[int]:
        """The process ids of the workers that are alive."""
        return [slot.pid for slot in self._slots if slot.pid is not None]

    async def run(self, call: Call, on_start: Callable[[], object] = lambda: None) -> Outcome:
        """Run a task as soon as a worker is free. To stop it, cancel this: its worker is killed."""
        while True:
            slot = await self._idle.get()
            on_start()
            try:
                return await slot.run(call)
            except WorkerGone:
                continue
            finally:
                if slot.alive:
                    self._offer(slot)
                else:
                    self._restart(slot)

    def _offer(self, slot: Slot) -> None:
        self._idle.put_nowait(slot)
        self.on_ready()

    def _restart(self, slot: Slot) -> None:
        if self._closed:
            return
        task = asyncio.create_task(self._start(slot))
        self._starting.add(task)
        task.add_done_callback(self._starting.discard)

    async def _start(self, slot: Slot) -> None:
        backoff = Backoff(first=0.5, longest=60.0)
        while True:
            try:
                await slot.start()
            except WorkerGone as gone:
                self._emit("worker_start_failed", reason=str(gone))
                self.on_worker(str(gone))
                await backoff.sleep()
            else:
                self._emit("worker_ready", pid=slot.pid)
                self.on_worker(None)
                self._offer(slot)
                return

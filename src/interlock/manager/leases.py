"""The leases that a manager holds, and the work on each, until the server has taken the outcome."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass

from interlock.manager.client import Answer, Lease
from interlock.manager.config import ManagerConfig
from interlock.manager.events import Emit
from interlock.manager.health import OWN_FAULTS, Health
from interlock.manager.outbox import Outbox, Return
from interlock.manager.pool import Pool
from interlock.manager.worker import Call

ACCEPTED = frozenset({"ACCEPTED", "ALREADY_ACCEPTED"})


@dataclass(slots=True)
class Held:
    """A lease, and the asyncio task that sees to it: cancelling that kills the computation."""

    lease: Lease
    work: asyncio.Task[None]
    since: float
    """When it was claimed, and from then on when its computation began (monotonic seconds)."""
    begun: bool = False
    finished: bool = False
    doubtful: Return | None = None
    """What came of it, if that may be the manager's own fault: kept back until it is clear whether it is unfit."""


class Leases:
    """Everything held, by token."""

    def __init__(self, config: ManagerConfig, pool: Pool, outbox: Outbox, health: Health, emit: Emit) -> None:
        self._config = config
        self._pool = pool
        self._outbox = outbox
        self._health = health
        self._emit = emit
        self._held: dict[str, Held] = {}
        self._mean_seconds: float | None = None
        self.handed_back = 0
        """Tasks that the server took back unstarted."""
        self.room_changed = asyncio.Event()
        """Set when it is worth to ask for room again."""
        pool.on_ready = self.room_changed.set
        outbox.on_answer = self._answered

    @property
    def tokens(self) -> list[str]:
        """All tokens that are to be renewed: also of what is finished, until the server has it."""
        return list(self._held)

    @property
    def waiting(self) -> list[Held]:
        """What no worker has begun."""
        return [held for held in self._held.values() if not held.begun]

    @property
    def running(self) -> list[Held]:
        """What a worker is at."""
        return [held for held in self._held.values() if held.begun and not held.finished]

    def room(self) -> int:
        """How many tasks to claim: for free workers, and ahead of them some seconds' worth of work."""
        workers, waiting = self._pool.ready, len(self.waiting)
        ahead = self._ahead(workers)
        if waiting > ahead // 2:
            return 0  # many at a time, rather than one whenever one is done
        return max(0, min(workers + ahead - waiting - len(self.running), self._config.claim_limit))

    def _ahead(self, workers: int) -> int:
        if self._mean_seconds is None:
            return 0
        # Tasks that run already for longer than the mean tell more of what comes than the mean does.
        ages = [time.monotonic() - held.since for held in self.running]
        expected = max(self._mean_seconds, min(ages, default=0.0), 0.001)
        return min(int(workers * self._config.ahead_seconds / expected), self._config.claim_limit)

    def hold(self, lease: Lease, group: asyncio.TaskGroup) -> None:
        """Begin to work on a lease, unless it came before: in a reply that was not lost after all."""
        if lease.token not in self._held:
            work = group.create_task(self._work(lease))
            self._held[lease.token] = Held(lease, work, time.monotonic())

    async def _work(self, lease: Lease) -> None:
        call = Call(
            lease.function,
            lease.args,
            lease.kwargs,
            self._config.functions,
            self._config.result_bytes,
            self._config.output_bytes,
        )

        def begin() -> None:
            held = self._held[lease.token]
            held.begun, held.since = True, time.monotonic()
            self._emit("started", record=lease.record_id)

        outcome = await self._pool.run(call, begin)
        held = self._held[lease.token]
        held.finished = True
        self._judge(held, Return(lease.token, outcome))
        seconds = time.monotonic() - held.since
        self._mean_seconds = ((self._mean_seconds or seconds) + seconds) / 2
        error = outcome.failure.type if outcome.failure else None
        self._emit("finished", record=lease.record_id, error=error, seconds=round(seconds, 3))
        self.room_changed.set()

    def _judge(self, held: Held, item: Return) -> None:
        """Return the outcome, unless it may be a sign that this manager is unfit."""
        failure = item.outcome.failure if item.outcome is not None else None
        if failure is not None and failure.type in OWN_FAULTS:
            held.since, held.doubtful = time.monotonic(), item
            self._health.could_not_run(held.lease.function)
        else:
            self._health.ran()
            self._outbox.put(item)
            self.answer_doubtful()  # it is fit, so it was the tasks

    def lose(self, answer: Answer) -> None:
        """Stop what the server says is lost, and drop what it made, unless that is on its way already."""
        if answer.token not in self._held or self._outbox.drop(answer.token):
            return
        held = self._held.pop(answer.token)
        held.work.cancel()
        self.room_changed.set()
        self._emit("lost", record=held.lease.record_id, code=answer.code, reason=answer.message)

    def hand_back(self, older_than: float = 0.0) -> None:
        """Return what no worker has begun, if it was claimed so many seconds ago."""
        for held in self.waiting:
            if time.monotonic() - held.since >= older_than:
                held.work.cancel()
                held.begun = held.finished = True
                self._emit("handed_back", record=held.lease.record_id)
                self._outbox.put(Return(held.lease.token, None))

    def answer_doubtful(self, older_than: float = 0.0) -> None:
        """Return what could not be run here as the error that it is, if that was so many seconds ago."""
        for held in self._held.values():
            if held.doubtful is not None and time.monotonic() - held.since >= older_than:
                self._outbox.put(held.doubtful)
                held.doubtful = None

    def hand_back_doubtful(self) -> None:
        """Return what could not be run here as not begun: it waits for a manager that can."""
        for held in self._held.values():
            if held.doubtful is not None:
                held.doubtful = None
                self._emit("handed_back", record=held.lease.record_id)
                self._outbox.put(Return(held.lease.token, None))

    def give_up(self) -> None:
        """Kill everything that runs, and begin nothing more."""
        for held in self._held.values():
            held.work.cancel()

    def _answered(self, item: Return, answer: Answer) -> None:
        held = self._held.pop(item.token, None)
        self.room_changed.set()
        if answer.code in ACCEPTED:
            self.handed_back += item.outcome is None
        elif held is not None:
            self._emit("return_refused", record=held.lease.record_id, code=answer.code, reason=answer.message)

"""A manager's life: activate, claim and run until told to stop, drain, deactivate."""

from __future__ import annotations

import asyncio
import socket
from importlib.metadata import version

from interlock.manager.backoff import Backoff
from interlock.manager.client import Client, KeyRefused, Refused
from interlock.manager.config import ManagerConfig
from interlock.manager.events import Emit, OnEvent, emitter
from interlock.manager.health import Health, Unfit, check_functions
from interlock.manager.leases import Leases
from interlock.manager.outbox import Outbox
from interlock.manager.pool import Pool
from interlock.manager.programs import modules_for
from interlock.manager.waiting import Stops
from interlock.manager.worker import Call

DETECT = "interlock.manager.programs:detect"
MISSING = "interlock.manager.functions:missing"


async def run_manager(
    config: ManagerConfig,
    stop: asyncio.Event,
    stop_now: asyncio.Event | None = None,
    on_event: OnEvent | None = None,
) -> None:
    """Live until ``stop`` is set and what was begun is finished, or until ``stop_now`` is set.

    ``on_event(name, details)`` is told what happens; left out, it goes to the log. Raises
    :class:`~interlock.manager.client.Refused` when the server will not have this manager, and
    :class:`~interlock.manager.health.Unfit` when it cannot run what it is given.
    """
    emit = emitter(on_event)
    modules = modules_for(config.programs)
    health = Health(config.give_up_after, config.functions)
    stops = Stops(stop, stop_now or asyncio.Event(), health.lost)
    async with Client(config, emit) as client:
        if not await stops.or_done(client.check()):  # before any worker starts for nothing
            return
        async with Pool(config.workers, modules, emit) as pool:
            manager = Manager(config, client, pool, emit, stops, health)
            await manager.live()
    if health.lost.is_set():
        raise Unfit(f"{health.reason} {manager.parting}".strip())


class Manager:
    """What goes on at the same time: claiming, working, renewing, delivering."""

    def __init__(
        self, config: ManagerConfig, client: Client, pool: Pool, emit: Emit, stops: Stops, health: Health
    ) -> None:
        self._config = config
        self._client = client
        self._pool = pool
        self._emit = emit
        self._stops = stops
        self._outbox = Outbox(client, config)
        self._leases = Leases(config, pool, self._outbox, health, emit)
        pool.on_worker = health.worker
        self._programs: dict[str, str | None] = {}
        self.parting = ""
        """What became of the tasks that it held when it left, if it held any."""

    async def live(self) -> None:
        """The whole of it. Raises Refused, and Unfit if a function that is to be run is not there."""
        for step in (self._look_for_functions, self._detect, self._activate):
            if not await self._stops.or_done(step()):
                return
        try:
            async with asyncio.TaskGroup() as group:
                helpers = [group.create_task(work) for work in (self._outbox.deliver(), self._beat(), self._tidy())]
                await self._claim(group)
                await self._drain()
                for helper in helpers:
                    helper.cancel()
        except ExceptionGroup as errors:
            raise errors.exceptions[0] from errors

    async def _look_for_functions(self) -> bool:
        """In a worker: what a module does when it is imported is nothing that the manager could survive."""
        outcome = await self._pool.run(Call(MISSING, [self._config.functions], {}, (MISSING,), 10**6, 10**4))
        if outcome.failure is not None:
            raise Unfit(f"importing {', '.join(self._config.functions)} ended badly: {outcome.failure.message}")
        check_functions(outcome.result)
        return True

    async def _detect(self) -> bool:
        if self._config.programs is not None:
            self._programs = dict(self._config.programs)
            return True
        outcome = await self._pool.run(Call(DETECT, [], {}, (DETECT,), 10**6, 10**4))
        if outcome.failure is not None:
            self._emit("programs_not_detected", reason=outcome.failure.message)
        self._programs = outcome.result or {}
        return True

    async def _activate(self) -> bool:
        manager = await self._client.activate(self._programs, socket.gethostname(), version("interlock"))
        self._emit("activated", manager=manager, programs=self._programs, tags=list(self._config.tags))
        return True

    async def _claim(self, group: asyncio.TaskGroup) -> None:
        """Claim whenever there is room; wait longer and longer while there is nothing to do."""
        idle = Backoff(first=min(0.2, self._config.poll_seconds), longest=self._config.poll_seconds)
        while not self._stops.asked:
            limit = self._leases.room()
            if limit == 0:
                self._leases.room_changed.clear()
                await self._stops.or_done(self._leases.room_changed.wait())
                continue
            try:
                # A claim on its way when it is time to stop is waited for: its leases must not be left lying.
                leases = await self._stops.or_soon(self._client.claim(limit), self._config.farewell_seconds)
            except KeyRefused:
                raise
            except Refused as refused:
                # A server that was restored, or took this manager for dead, knows it again after this.
                self._emit("claim_refused", reason=str(refused))
                await self._stops.or_done(self._activate())
                await self._stops.or_done(idle.sleep())
                continue
            for lease in leases or ():
                self._leases.hold(lease, group)
            if leases:
                self._emit("claimed", count=len(leases))
                idle.reset()
            if len(leases or ()) < limit:
                await self._stops.or_done(idle.sleep())

    async def _beat(self) -> None:
        """Renew the leases three times as often as needed. What turns out to be lost is stopped at once."""
        interval = self._config.lease_seconds / 3
        while True:
            await asyncio.sleep(interval)
            try:
                lost = await self._client.heartbeat(self._leases.tokens)
            except KeyRefused:
                raise
            except Refused as refused:
                self._emit("heartbeat_refused", reason=str(refused))
            else:
                for answer in lost:
                    self._leases.lose(answer)

    async def _tidy(self) -> None:
        """Give to others what was claimed ahead while tasks were short, and now waits behind long ones; and let
        what could not be run here be an error, once the manager turns out to be fit or idle.
        """
        patience = max(1.0, 5 * self._config.ahead_seconds)
        while True:
            await asyncio.sleep(1.0)
            self._leases.hand_back(older_than=patience)
            self._leases.answer_doubtful(older_than=self._config.doubt_seconds)

    async def _drain(self) -> None:
        """Hand back what was not begun, let finish what was, deliver the outcomes, and leave."""
        running, waiting = self._leases.running, self._leases.waiting
        self._emit("draining", running=len(running), unstarted=len(waiting))
        before = self._leases.handed_back
        self._leases.hand_back()
        if running:
            works = asyncio.wait({held.work for held in running}, timeout=self._config.drain_seconds)
            await self._stops.now_or_done(works)
        self._leases.hand_back_doubtful()
        self._leases.give_up()
        try:
            async with asyncio.timeout(1.0 if self._stops.now else self._config.farewell_seconds):
                await self._outbox.emptied()
                given_up = await self._client.deactivate()
        except (TimeoutError, Refused) as error:
            reason = str(error) or "the server did not answer"
            undelivered = len(self._leases.tokens)
            self.parting = f"The server was not told of its end: {undelivered} tasks come back when their leases end."
            self._emit("left_without_farewell", reason=reason, undelivered=undelivered)
        else:
            handed_back = self._leases.handed_back - before
            self.parting = f"{handed_back} tasks were handed back into the queue."
            self._emit("deactivated", handed_back=handed_back, given_up=given_up)

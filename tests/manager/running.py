"""A manager of a test's own, on a real server, and questions to that server."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from interlock.manager.config import ManagerConfig
from interlock.manager.loop import run_manager
from support.api import Api

RECORD = """query ($id: ID!) { record(id: $id) { status result errorType retry { used nextAt }
  attempts { number outcome stdout stderr error { type message traceback } manager { name } } } }"""


@dataclass
class Running:
    """A manager in this process, with what it told."""

    config: ManagerConfig
    stop: asyncio.Event = field(default_factory=asyncio.Event)
    now: asyncio.Event = field(default_factory=asyncio.Event)
    told: list[tuple[str, Mapping[str, Any]]] = field(default_factory=list)
    work: asyncio.Task[None] = field(init=False)

    def __post_init__(self) -> None:
        tell = lambda name, details: self.told.append((name, details))  # noqa: E731
        self.work = asyncio.create_task(run_manager(self.config, self.stop, self.now, tell))

    def details(self, event: str) -> list[Mapping[str, Any]]:
        return [details for name, details in self.told if name == event]

    async def stopped(self) -> None:
        self.stop.set()
        await asyncio.wait_for(self.work, 30)


@asynccontextmanager
async def manager(url: str, api: Api, **changes: Any) -> AsyncIterator[Running]:
    """A manager that runs the tests' functions; at the end it is stopped at once."""
    usual = {
        "url": url,
        "key": api.manager.key,
        "workers": 2,
        "programs": {},
        "functions": ("manager.tasks:*", "interlock.manager.qcschema:compute"),
        "lease_seconds": 2,
        "poll_seconds": 0.2,
    }
    running = Running(ManagerConfig(**{**usual, **changes}))
    try:
        yield running
    finally:
        running.now.set()
        if not running.work.done():
            await asyncio.wait_for(running.work, 30)


async def submit(api: Api, *calls: tuple[str, list[Any]]) -> list[str]:
    """Records of functions of the tests."""
    specifications = [{"function": f"manager.tasks:{name}", "args": args} for name, args in calls]
    return await api.operator.submit(specifications=specifications)


async def record(api: Api, record_id: str) -> dict[str, Any]:
    found: dict[str, Any] = (await api.viewer.execute(RECORD, id=record_id))["record"]
    return found


async def reached(api: Api, ids: list[str], *statuses: str, seconds: float = 30) -> None:
    """Wait until all records have one of the statuses."""
    async with asyncio.timeout(seconds):
        while not set(await api.viewer.statuses(ids)) <= set(statuses):  # noqa: ASYNC110 - it is far away
            await asyncio.sleep(0.05)

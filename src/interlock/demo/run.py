"""What happens in the demo, in order."""

from __future__ import annotations

import asyncio
import json
import os
import time
from collections.abc import AsyncIterator, Coroutine
from contextlib import AsyncExitStack, asynccontextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from interlock.demo import documents, keys, molecules
from interlock.demo.api import Api
from interlock.demo.campaign import Campaign
from interlock.demo.dashboard import offered
from interlock.demo.failure import DemoFailed
from interlock.demo.further import come_back, look_around
from interlock.demo.processes import Child, child
from interlock.demo.story import Story
from interlock.demo.summary import summarize
from interlock.demo.telling import Teller
from interlock.folders import make_folder

TAG = "demo"
"""Of its records and its manager: whatever else is in the database is not its business."""
LEASE = 15
"""Seconds after which the server gives up what a killed manager held, and tries it again."""
AHEAD = 0.5
"""Seconds' worth of molecules that the manager claims ahead: few, so that one can watch."""
LINGER = 5
"""Seconds that the server outlives a demo that was killed, so that its manager can hand in what it has."""


@dataclass(frozen=True, kw_only=True)
class Options:
    """What can be set on the command line."""

    data_dir: Path
    molecules: int
    workers: int
    keep_running: bool
    dashboard: bool


async def run(options: Options, teller: Teller) -> None:
    """The whole demo. Raises DemoFailed."""
    story: Story | None = None
    try:
        async with _serving(options, teller) as (server, api):
            story = Story(api, Campaign(api, f"nci-{options.molecules}"), teller)
            await _beside(_play(options, teller, api, story), server.ended())
    except asyncio.CancelledError:
        left = story is None or not story.is_over
        teller.plain(f"  Stopped.{' Started again, the demo goes on from here.' if left else ''}")
        raise


@asynccontextmanager
async def _serving(options: Options, teller: Teller) -> AsyncIterator[tuple[Child, Api]]:
    """The server, for as long as the block lasts, and the way to it."""
    data_dir = options.data_dir
    teller.title(f"Interlock: {options.molecules} real molecules, and all that can happen to a computation")
    if os.environ.get("INTERLOCK_DATABASE_URL"):
        teller.line("note", "INTERLOCK_DATABASE_URL is set, and not used: the demo has a PostgreSQL of its own")
    if fault := make_folder(data_dir):
        raise DemoFailed(fault)
    arguments = ("serve", "--port", "0", "--data-dir", str(data_dir))
    async with child("server", *arguments, log=data_dir / "demo-server.log", linger=LINGER) as server:
        async with teller.doing("server", lambda: "is starting"):
            url = await _announced(server)
        teller.line("server", f"{url}, with a PostgreSQL of its own in {data_dir}")
        async with Api.connect(url, keys.admin_key(data_dir)) as api:
            await keys.check(api, data_dir)
            until = "you press Ctrl-C" if options.keep_running else "the demo ends (--keep-running leaves it up)"
            async with offered(teller, url, data_dir, until=until) if options.dashboard else nullcontext():
                yield server, api


async def _play(options: Options, teller: Teller, api: Api, story: Story) -> None:
    begun = time.monotonic()
    campaign = story.campaign
    await campaign.look()
    if campaign.statuses:
        waiting = sum(campaign.counts[status] for status in ("WAITING", "RUNNING", "HOLD"))
        teller.line("campaign", f"{campaign.name} is there already, with {waiting} of {campaign.total} still to do")
        if left := campaign.counts["RUNNING"]:
            beside = f"{left} are with another manager: another demo may be running here, which is no harm"
            gone = f"if it was killed, their leases run out within {LEASE} s, and the server tries them again"
            teller.line("running", f"{beside}; {gone}")
    else:
        await _submit(options, teller, api, campaign.name)
        await campaign.look()
    async with AsyncExitStack() as stack:
        if not story.is_over:
            async with teller.figures(lambda: campaign.counts) as changed:
                campaign.on_change = changed
                await _beside(_tell(options, teller, api, story, stack), campaign.follow())
            teller.line("settled", f"after {time.monotonic() - begun:.0f} s")
        elif options.keep_running:
            await _manager(options, teller, api, stack)
        await summarize(api, campaign, teller)
        if options.keep_running:
            look_around(teller, api.url, options.data_dir)
        else:
            come_back(teller, options.data_dir, options.molecules)
        if options.keep_running:
            await asyncio.Event().wait()


async def _submit(options: Options, teller: Teller, api: Api, campaign: str) -> None:
    """Make the molecules and submit them, all or none; twice the same is once."""
    begun = time.monotonic()
    made = 0

    def count(number: int) -> None:
        nonlocal made
        made = number

    async with teller.doing("molecules", lambda: f"{made} of {options.molecules} have a geometry"):
        specifications = await asyncio.to_thread(molecules.specifications, options.molecules, count)
    seconds = time.monotonic() - begun
    teller.line(
        "molecules", f"{made} from the National Cancer Institute; RDKit made their geometries ({seconds:.1f} s)"
    )
    payload = await api.call(
        documents.SUBMIT,
        kind="qcschema",
        specifications=specifications,
        campaign=campaign,
        tag=TAG,
        idempotencyKey=f"interlock-demo-{campaign}",
    )
    submitted = len(payload["ids"])
    teller.line("submit", f"{submitted} records in one call, campaign {campaign}: their GFN2-xTB energies, please")


async def _tell(options: Options, teller: Teller, api: Api, story: Story, stack: AsyncExitStack) -> None:
    await story.before()
    manager = await _manager(options, teller, api, stack)
    await _beside(story.rest(), manager.ended())


async def _manager(options: Options, teller: Teller, api: Api, stack: AsyncExitStack) -> Child:
    key = await keys.manager_key(api, options.data_dir)
    settings = {
        "--url": api.url,
        "--tag": TAG,
        "--workers": options.workers,
        "--lease-seconds": LEASE,
        "--ahead-seconds": AHEAD,
    }
    arguments = ("manager", *(str(part) for setting in settings.items() for part in setting))
    log = options.data_dir / "demo-manager.log"
    manager = await stack.enter_async_context(
        child("manager", *arguments, log=log, environment={"INTERLOCK_API_KEY": key})
    )
    teller.line("manager", json.loads(await manager.line())["message"])
    teller.line("figures", "RUNNING are those that the manager has claimed: some it computes, some are next")
    return manager


async def _announced(server: Child) -> str:
    """The URL that the server says it serves."""
    while "Interlock serves " not in (line := await server.line()):
        pass
    return line.split()[-1]


async def _beside(work: Coroutine[Any, Any, None], other: Coroutine[Any, Any, None]) -> None:
    """Do the work while the other goes on, which ends only by raising what then stops the work."""
    tasks = [asyncio.ensure_future(work), asyncio.ensure_future(other)]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

"""One run: a world, those who act in it, and the nemesis; then everything is healed, drains, and is checked.

The same seed has the same actors choose the same, and the same moves strike in the same order. What meets what in
between is up to the machine: a failing seed fails again often, not always.
"""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections.abc import Callable, Mapping
from contextlib import suppress

from chaos import ending
from chaos.actors.actor import Stage
from chaos.actors.cast import acting
from chaos.bugs import BUGS, command_with
from chaos.checkers import complaints
from chaos.history import History
from chaos.machine import machine
from chaos.nemesis import torment
from chaos.verdict import Plan, Unfinished, Verdict
from chaos.world import COMMAND, World

_BETWEEN = 0.2
"""Seconds between two looks whether it is enough."""
_LAST_WORDS = 0.5
"""Seconds for a server that is told to abort, to say where it was."""


def _silent(_: str) -> None:
    """Nobody looks on."""


async def run(plan: Plan, say: Callable[[str], None] = _silent) -> Verdict:
    """One run, from an empty database to the verdict; ``say`` is told how it goes on. Raises Unfinished."""
    history = History(plan.seed)
    bug = BUGS[plan.bug] if plan.bug else None
    command = ("env", "PYTHONFAULTHANDLER=1", *(command_with(plan.bug) if plan.bug else COMMAND))
    settings = bug.settings if bug else None
    with machine(plan) as ground:
        async with World(plan.servers, command=command, settings=settings, **ground) as world:
            if bug and bug.sql:
                async with world.psql() as psql:
                    await psql.execute(bug.sql)
            stage = Stage(world, history, bug.focus if bug else {})
            try:
                await _played(stage, plan, say)
            except Exception as error:
                await _abort(world)
                raise Unfinished(plan, history, _logs(world)) from error
            logs = _logs(world)
    return Verdict(plan, history, complaints(history), ending.figures(stage), logs)


async def _played(stage: Stage, plan: Plan, say: Callable[[str], None]) -> None:
    async with acting(stage) as cast:
        say(f"load for {plan.seconds:.0f} s")
        enough = asyncio.Event()
        await asyncio.gather(_load(stage, plan, enough), torment(stage, plan.names, enough, say))
        await stage.world.heal()
        healed = time.time()
        say("healed; draining")
        await cast.drain()
        drained, left = await ending.drained(stage)
        feed = await ending.whole_feed(stage)
        await ending.caught_up(feed, cast.followers)
    await cast.auditor.audit(10.0)
    say("checking")
    stage.history.ends.append(await ending.everything(stage, healed, drained, left, feed))


async def _load(stage: Stage, plan: Plan, enough: asyncio.Event) -> None:
    since = time.monotonic()
    while time.monotonic() - since < plan.seconds:
        if plan.calls is not None and sum(call.ok for call in stage.history.calls) >= plan.calls:
            break
        await asyncio.sleep(_BETWEEN)
    enough.set()


async def _abort(world: World) -> None:
    """Let every server say in its log where it is just now."""
    for server in world.servers:
        if server.running:
            with suppress(ProcessLookupError):
                os.kill(server.pid, signal.SIGABRT)
    await asyncio.sleep(_LAST_WORDS)


def _logs(world: World) -> Mapping[str, str]:
    return {server.log.name: server.log.read_text() for server in world.servers if server.log.exists()}

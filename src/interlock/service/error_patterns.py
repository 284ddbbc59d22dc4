"""The patterns of errors: made with the first error that has them, and given to errors that came without."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace

from interlock.domain.error_patterns import pattern_of
from interlock.domain.retry import RETURNED_UNSTARTED
from interlock.service.core import Core
from interlock.store.connection import Connection
from interlock.store.error_patterns import Pattern, give_patterns, intern, without_pattern
from interlock.store.returns import ReturnedTask, are_held

BATCH = 1_000
_AT_ONCE = 20
"""Messages that are looked at before others have their turn: that may take a millisecond."""


async def patterns_of(messages: Sequence[str | None]) -> list[str]:
    """What each message has in common with others."""
    patterns = list[str]()
    for i, message in enumerate(messages):
        if i and i % _AT_ONCE == 0:
            await asyncio.sleep(0)
        patterns.append(pattern_of(message))
    return patterns


async def with_patterns(core: Core, manager_id: int, tasks: Sequence[ReturnedTask]) -> list[ReturnedTask]:
    """The tasks, with the patterns of their errors, which are interned; most were a moment ago.

    What is returned without a lease leaves no pattern behind.
    """
    failed = [i for i, task in enumerate(tasks) if task.error_type not in {None, RETURNED_UNSTARTED}]
    if not failed:
        return list(tasks)
    done = list(tasks)
    for i, pattern in zip(failed, await patterns_of([tasks[i].error_message for i in failed]), strict=True):
        done[i] = replace(done[i], pattern=pattern)
    first = {done[i].token: done[i] for i in reversed(failed)}  # of what bears the same token, one alone is accepted
    new = [task for task in first.values() if core.patterns.get(_pair(task)) is None]
    if new:

        async def work(connection: Connection) -> set[Pattern]:
            held = await are_held(connection, manager_id, new)
            pairs = {_pair(task) for task, is_held in zip(new, held, strict=True) if is_held}
            return pairs if await intern(connection, pairs) else set()

        for pair in await core.database.run(work):
            core.patterns.keep(pair, True)
    return done


def _pair(task: ReturnedTask) -> Pattern:
    assert task.error_type is not None
    assert task.pattern is not None
    return task.error_type, task.pattern


async def give_missing(connection: Connection) -> int:
    """Give a batch of errors without pattern theirs: those from before there were any, and those made in psql."""
    found = await without_pattern(connection, BATCH)
    if not found:
        return 0
    messages = await patterns_of([one.message for one in found])
    if not await intern(connection, set(zip((one.error_type for one in found), messages, strict=True))):
        return 0
    await give_patterns(connection, [one.record_id for one in found], messages)
    return len(found)

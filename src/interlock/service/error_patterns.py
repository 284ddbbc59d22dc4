"""The patterns of errors: made with the first error that has them, and given to errors that came without."""

from __future__ import annotations

from collections.abc import Sequence

from interlock.domain.error_patterns import pattern_of
from interlock.service.core import Core
from interlock.store.connection import Connection
from interlock.store.error_patterns import Pattern, give_patterns, intern, without_pattern
from interlock.store.returns import ReturnedTask

BATCH = 1_000


async def make_known(core: Core, tasks: Sequence[ReturnedTask]) -> None:
    """See to it that the patterns of what is returned are interned; most were a moment ago."""
    new: set[Pattern] = {
        (task.error_type, task.pattern)
        for task in tasks
        if task.error_type is not None and task.pattern is not None
        if core.patterns.get((task.error_type, task.pattern)) is None
    }
    if new:
        await core.database.run(lambda connection: intern(connection, new))
        for pattern in new:
            core.patterns.keep(pattern, True)


async def give_missing(connection: Connection) -> int:
    """Give a batch of errors without pattern theirs: those from before there were any, and those made in psql."""
    found = await without_pattern(connection, BATCH)
    if not found:
        return 0
    messages = [pattern_of(one.message) for one in found]
    await intern(connection, set(zip((one.error_type for one in found), messages, strict=True)))
    await give_patterns(connection, [one.record_id for one in found], messages)
    return len(found)

"""Tasks from specifications: what the kinds make of them, and the repair of records and tasks that lost one another."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial

import orjson

from interlock.domain.errors import KindNotInstalled
from interlock.domain.kinds import KindRegistry
from interlock.service.core import Core
from interlock.store import pairing
from interlock.store.connection import Connection
from interlock.store.regenerate import Specified, TaskRow, specifications

_BATCH = 1_000
_SLICE_BYTES = 8_000_000
"""Of the specifications that are held at a time."""


def build(kinds: KindRegistry, specified: Sequence[Specified]) -> list[TaskRow]:
    """The tasks of these records. Raises KindNotInstalled."""
    tasks = []
    for row in specified:
        content = kinds.get(row.kind, row.kind_version).task(orjson.loads(row.specification))
        tasks.append(
            TaskRow(
                row.id,
                content.function,
                orjson.dumps(content.args).decode(),
                orjson.dumps(content.kwargs).decode(),
            )
        )
    return tasks


@dataclass(slots=True)
class Rebuilt:
    """How many tasks were built, and how many dropped that had no record to work for.

    ``without_kind`` and ``without_specification``: records that stay without a task, as there is nothing to build it
    by.
    """

    dropped: int
    built: int = 0
    without_kind: list[int] = field(default_factory=list)
    without_specification: list[int] = field(default_factory=list)


async def rebuild_tasks(core: Core) -> Rebuilt:
    """Give each record that has work to do and no task its task, and drop tasks whose record has none.

    Such states cannot come about through Interlock, nor past its guards; they do when those were switched off. It
    reads all records and tasks, and may be repeated.
    """
    rebuilt = Rebuilt(dropped=await core.database.run(pairing.drop_idle_tasks))
    after: int | None = 0
    while after is not None:
        after, some = await core.database.run(partial(_rebuild_some, core.kinds, after))
        rebuilt.built += some.built
        rebuilt.without_kind += some.without_kind
        rebuilt.without_specification += some.without_specification
    return rebuilt


async def _rebuild_some(kinds: KindRegistry, after: int, connection: Connection) -> tuple[int | None, Rebuilt]:
    """Those of the next records beyond an id, as many as fit; with the last one looked at, None where there is none."""
    rebuilt = Rebuilt(dropped=0)
    ids = await pairing.without_task(connection, after, _BATCH)
    if not ids:
        return None, rebuilt
    specified = await specifications(connection, ids, _SLICE_BYTES)
    last = specified[-1].id if len(specified) < len(ids) and specified else ids[-1]
    known = {one.id for one in specified}
    rebuilt.without_specification = [number for number in ids if number <= last and number not in known]
    tasks = await asyncio.to_thread(_buildable, kinds, specified, rebuilt)
    rebuilt.built = await pairing.make_tasks(connection, tasks)
    return last, rebuilt


def _buildable(kinds: KindRegistry, specified: Sequence[Specified], rebuilt: Rebuilt) -> list[TaskRow]:
    """The tasks that can be built; the records of the others are noted."""
    tasks: list[TaskRow] = []
    for one in specified:
        try:
            tasks += build(kinds, [one])
        except KindNotInstalled:
            rebuilt.without_kind.append(one.id)
        except Exception:  # noqa: BLE001 - whatever a kind makes of a specification that it has never accepted
            rebuilt.without_specification.append(one.id)
    return tasks

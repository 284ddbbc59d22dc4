"""The transitions that people take: hold, release, retry, fail, kill, regenerate; one record or a million."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from pydantic import TypeAdapter

from interlock.domain import checks
from interlock.domain.kinds import KindRegistry
from interlock.domain.lifecycle import Action, ActorKind, RecordStatus
from interlock.domain.model import Act, BulkOutcome, RecordFilter
from interlock.domain.roles import Principal
from interlock.service.building import build
from interlock.service.core import Core, Idempotency, content_of, once
from interlock.service.noting import note, note_counts, note_record
from interlock.store.connection import Connection
from interlock.store.regenerate import put_back, specifications
from interlock.store.targets import Target
from interlock.store.transition import TransitionRequest, moving_ids, transition

_SLICE = 500
_SLICE_BYTES = 4_000_000
"""Tasks regenerated at a time, and the bytes of their specifications: a slice is all that memory holds."""

BULK_OUTCOME = TypeAdapter(BulkOutcome)


@dataclass(frozen=True, slots=True)
class Move:
    """What a person asks for: exactly one of ``ids`` and ``where`` says of which records."""

    action: Action
    ids: Sequence[int] | None = None
    where: RecordFilter | None = None
    reason: str | None = None
    expected: RecordStatus | None = None
    dry_run: bool = False
    all_or_nothing: bool = False


MOVE = TypeAdapter(Move)


async def move(core: Core, viewer: Principal, asked: Move, key: str | None = None) -> BulkOutcome:
    """Judge and move the records: one transaction, and one statement unless tasks must be regenerated.

    Raises InvalidInput for a reason that cannot be stored, TooMany for more ids than the limit, and
    IdempotencyConflict. What cannot be moved is no error but part of the outcome.
    """
    checks.reason(asked.reason, "input.reason")
    if asked.ids is not None:
        checks.at_most(len(asked.ids), core.settings.max_ids, "ids", "input.target.ids")
    request = TransitionRequest(
        action=asked.action,
        act=Act(ActorKind.USER, viewer.name, asked.reason),
        target=Target(viewer, asked.ids, asked.where),
        expected=asked.expected,
        dry_run=asked.dry_run,
        all_or_nothing=asked.all_or_nothing,
        kinds=tuple((kind.name, kind.version) for kind in core.kinds),
    )

    async def work(connection: Connection) -> BulkOutcome:
        if request.action == Action.REGENERATE and not request.dry_run:
            return await _regenerate(connection, core.kinds, request)
        return await transition(connection, request)

    # A dry run has no effect to be remembered with.
    idempotency = Idempotency.of(asked.action.lower(), key, lambda: content_of(MOVE, asked))
    # A call for several ids may have to be undone, and run again (Target.check).
    single = asked.action != Action.REGENERATE and (asked.ids is None or len(asked.ids) == 1)

    def tell(outcome: BulkOutcome) -> None:
        if not asked.dry_run:
            for code, count in outcome.counts.items():
                core.metrics.moved(asked.action, code, count)

    outcome = await once(
        core, viewer, None if asked.dry_run else idempotency, BULK_OUTCOME, work, single=single, tell=tell
    )
    note_outcome(outcome, asked.ids)
    return outcome


def note_outcome(outcome: BulkOutcome, ids: Sequence[int] | None) -> None:
    """Counts by code for the log, and the record where one was named."""
    note_counts(outcome.counts)
    if outcome.dry_run:
        note(dry_run=True)
    if ids is not None and len(ids) == 1:
        note_record(ids[0], outcome.attempt or None)  # there is no attempt 0


async def _regenerate(connection: Connection, kinds: KindRegistry, request: TransitionRequest) -> BulkOutcome:
    outcome, slices = await moving_ids(connection, request, _SLICE)
    count = _SLICE
    for ids in slices:
        left = ids
        while left:
            specified = await specifications(connection, left[:count], _SLICE_BYTES)
            assert specified, "a record without a specification is refused"
            tasks = await asyncio.to_thread(build, kinds, specified)
            await put_back(connection, request.act, tasks, request.now)
            left = left[len(specified) :]
            count = min(2 * len(specified), _SLICE)  # where few fit, more need not be looked at
    return outcome

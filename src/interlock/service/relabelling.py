"""Tag, campaign and priority of records, changed in bulk: no transition, but counted and told to live pages."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pydantic import TypeAdapter

from interlock.domain import checks
from interlock.domain.errors import InvalidInput
from interlock.domain.model import ANY_TAG, BulkOutcome, RecordFilter
from interlock.domain.roles import Principal
from interlock.service.core import Core, Idempotency, content_of, once
from interlock.service.transitions import BULK_OUTCOME, note_outcome
from interlock.store.relabel import Relabelling, relabel
from interlock.store.targets import Target


@dataclass(frozen=True, slots=True)
class Update:
    """What a person asks for: exactly one of ``ids`` and ``where``, and at least one change."""

    ids: Sequence[int] | None = None
    where: RecordFilter | None = None
    tag: str | None = None
    campaign: str | None = None
    priority: int | None = None
    dry_run: bool = False


UPDATE = TypeAdapter(Update)


async def update_records(core: Core, viewer: Principal, asked: Update, key: str | None = None) -> BulkOutcome:
    """Change labels in one transaction. Raises InvalidInput, TooMany and IdempotencyConflict."""
    if asked.ids is not None:
        checks.at_most(len(asked.ids), core.settings.max_ids, "ids", "input.target.ids")
    if asked.tag is None and asked.campaign is None and asked.priority is None:
        raise InvalidInput("says nothing to change: give a tag, a campaign or a priority.", "input")
    if asked.tag is not None:
        checks.label(asked.tag, "input.tag")
        if asked.tag == ANY_TAG:
            raise InvalidInput("'*' stands for any tag; a record needs a tag of its own.", "input.tag")
    if asked.campaign:
        checks.label(asked.campaign, "input.campaign")
    if asked.priority is not None:
        checks.within(asked.priority, 0, 9, "input.priority")
    change = Relabelling(asked.tag, asked.campaign, asked.priority)
    target = Target(viewer, asked.ids, asked.where)
    idempotency = Idempotency.of("updateRecords", key, lambda: content_of(UPDATE, asked))
    outcome = await once(
        core,
        viewer,
        None if asked.dry_run else idempotency,
        BULK_OUTCOME,
        lambda connection: relabel(connection, target, change, dry_run=asked.dry_run),
    )
    note_outcome(outcome, asked.ids)
    return outcome

"""Submission: specifications are validated by their kind, and become records with tasks, all or none of them."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any, NamedTuple

import orjson
from pydantic import TypeAdapter

from interlock.domain import checks
from interlock.domain.errors import InterlockError, InvalidInput, InvalidSpecification, TooMany
from interlock.domain.kinds import Kind
from interlock.domain.lifecycle import Action, ActorKind
from interlock.domain.model import ANY_TAG, DEFAULT_PRIORITY, DEFAULT_TAG, Act, Labels
from interlock.domain.outcomes import Code
from interlock.domain.roles import Principal
from interlock.service.core import Core, Idempotency, answered_before, once
from interlock.service.noting import note, note_only
from interlock.service.writing import written
from interlock.store.connection import Connection
from interlock.store.labels import cohort_of
from interlock.store.submit import NewRecord, submit

IDS = TypeAdapter(list[int])

LISTED_ERRORS = 100
"""How many wrong specifications one answer names."""


_SLICE_BYTES = 8_000_000


class SpecificationsRefused(InvalidSpecification):
    """Some specifications are wrong, so none was submitted; ``errors`` names the first hundred."""

    def __init__(self, errors: Sequence[InvalidInput], total: int) -> None:
        super().__init__(f"{total} specifications are wrong; nothing was submitted.", "input.specifications")
        self.errors = list(errors)


@dataclass(frozen=True, slots=True)
class Submission:
    """Records to be, alike in everything but their specification."""

    kind: str
    specifications: Sequence[Any]
    tag: str = DEFAULT_TAG
    priority: int = DEFAULT_PRIORITY
    campaign: str | None = None
    hold: bool = False
    reason: str | None = None


class _Prepared(NamedTuple):
    """A record to be, as JSON text: a hundred thousand of them are held until they are written."""

    programs: frozenset[str]
    specification: str
    function: str
    args: str
    kwargs: str


def _sized(text: str, limit: int) -> str:
    if size := checks.too_many_bytes(text, limit):
        raise TooMany(f"has {size} bytes as JSON; at most {limit} are allowed.")
    return text


def _prepared(kind: Kind, specification: Any, limit: int) -> _Prepared:
    normal = kind.validate(specification)
    text = _sized(written(normal, ""), limit)
    content = kind.task(normal)
    return _Prepared(
        content.required_programs,
        text,
        content.function,
        orjson.dumps(content.args).decode(),
        orjson.dumps(content.kwargs).decode(),
    )


def _prepare(kind: Kind, specifications: Sequence[Any], limit: int) -> list[_Prepared]:
    prepared: list[_Prepared] = []
    errors: list[InvalidInput] = []
    wrong = 0
    for i, specification in enumerate(specifications):
        path = f"input.specifications.{i}"
        try:
            prepared.append(_prepared(kind, specification, limit))
        except InvalidInput as error:
            wrong += 1
            if len(errors) < LISTED_ERRORS:
                error.path = f"{path}.{error.path}" if error.path else path
                errors.append(error)
    if wrong:
        raise SpecificationsRefused(errors, wrong)
    return prepared


def _slices(prepared: Sequence[_Prepared]) -> Iterator[Sequence[_Prepared]]:
    """What goes into one statement, of which the driver holds several copies."""
    start = size = 0
    for end, (_, specification, _, args, kwargs) in enumerate(prepared, 1):
        size += len(specification) + len(args) + len(kwargs)
        if size >= _SLICE_BYTES or end == len(prepared):
            yield prepared[start:end]
            start, size = end, 0


def _content(asked: Submission) -> bytes:
    """What an idempotency key stands for."""
    given = asdict(asked)
    try:
        return orjson.dumps(given, option=orjson.OPT_SORT_KEYS)
    except TypeError:  # a whole number beyond 64 bits, of which a kind may make something else
        return json.dumps(given, sort_keys=True).encode()


async def _checked(core: Core, asked: Submission) -> tuple[Kind, list[_Prepared]]:
    """What is asked, as it can be written now."""
    kind = core.kinds.get(asked.kind)
    checks.at_most(len(asked.specifications), core.settings.max_submitted, "specifications", "input.specifications")
    checks.label(asked.tag, "input.tag")
    if asked.tag == ANY_TAG:
        raise InvalidInput("'*' stands for any tag; a record needs a tag of its own.", "input.tag")
    checks.within(asked.priority, 0, 9, "input.priority")
    checks.reason(asked.reason, "input.reason")
    if asked.campaign is not None:
        checks.label(asked.campaign, "input.campaign")
    # Off the event loop: ten thousand specifications take a while.
    return kind, await asyncio.to_thread(_prepare, kind, asked.specifications, core.settings.max_specification)


async def submit_records(core: Core, viewer: Principal, asked: Submission, key: str | None = None) -> list[int]:
    """Create the records in one transaction; their ids, in the order given.

    Raises KindNotInstalled, SpecificationsRefused (with every wrong field named), InvalidInput for a wrong label
    or priority, TooMany, and IdempotencyConflict. Nothing is submitted then.
    """
    idempotency = Idempotency.of("submitRecords", key, lambda: _content(asked))
    try:
        kind, prepared = await _checked(core, asked)
    except InterlockError:
        # it may have been made before, when its kind was installed, or was another version that took it
        first: list[int] | None = await answered_before(core, viewer, idempotency, IDS)
        if first is None:
            raise
        return first
    act = Act(ActorKind.USER, viewer.name, asked.reason)

    async def work(connection: Connection) -> list[int]:
        cohorts: dict[frozenset[str], tuple[int, int]] = {}
        for programs in {one.programs for one in prepared}:
            labels = Labels(
                asked.tag, tuple(name.lower() for name in programs), viewer.id, asked.campaign, kind.name, kind.version
            )
            cohorts[programs] = await cohort_of(connection, labels)
        ids: list[int] = []
        for some in _slices(prepared):
            records = [NewRecord(*cohorts[programs], *texts) for programs, *texts in some]
            ids += await submit(connection, act, records, asked.priority, hold=asked.hold, now=None)
        return ids

    def tell(ids: list[int]) -> None:
        for action in (Action.SUBMIT, Action.HOLD) if asked.hold else (Action.SUBMIT,):
            core.metrics.moved(action, Code.MOVED, len(ids))

    ids = await once(core, viewer, idempotency, IDS, work, tell=tell)
    note(submitted=len(ids))
    note_only([(record_id, None) for record_id in ids[:2]])
    return ids

"""Submission: specifications are validated by their kind, and become records with tasks, all or none of them."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import orjson
from pydantic import TypeAdapter

from interlock.domain import checks
from interlock.domain.errors import InvalidInput, InvalidSpecification, TooMany
from interlock.domain.kinds import Kind, TaskContent
from interlock.domain.lifecycle import ActorKind
from interlock.domain.model import ANY_TAG, DEFAULT_PRIORITY, DEFAULT_TAG, Act, Labels
from interlock.domain.roles import Principal
from interlock.service.core import Core, Idempotency, once
from interlock.service.writing import written
from interlock.store.connection import Connection
from interlock.store.labels import cohort_of
from interlock.store.submit import NewRecord, submit

IDS = TypeAdapter(list[int])

LISTED_ERRORS = 100
"""How many wrong specifications one answer names."""


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


@dataclass(frozen=True, slots=True)
class _Prepared:
    specification: str
    content: TaskContent


def _sized(text: str, limit: int) -> str:
    if (size := len(text.encode())) > limit:
        raise TooMany(f"has {size} bytes as JSON; at most {limit} are allowed.")
    return text


def _prepare(kind: Kind, specifications: Sequence[Any], limit: int) -> list[_Prepared]:
    prepared: list[_Prepared] = []
    errors: list[InvalidInput] = []
    wrong = 0
    for i, specification in enumerate(specifications):
        path = f"input.specifications.{i}"
        try:
            normal = kind.validate(specification)
            prepared.append(_Prepared(_sized(written(normal, ""), limit), kind.task(normal)))
        except InvalidInput as error:
            wrong += 1
            if len(errors) < LISTED_ERRORS:
                error.path = f"{path}.{error.path}" if error.path else path
                errors.append(error)
    if wrong:
        raise SpecificationsRefused(errors, wrong)
    return prepared


async def submit_records(core: Core, viewer: Principal, asked: Submission, key: str | None = None) -> list[int]:
    """Create the records in one transaction; their ids, in the order given.

    Raises KindNotInstalled, SpecificationsRefused (with every wrong field named), InvalidInput for a wrong label
    or priority, TooMany, and IdempotencyConflict. Nothing is submitted then.
    """
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
    prepared = await asyncio.to_thread(_prepare, kind, asked.specifications, core.settings.max_specification)
    act = Act(ActorKind.USER, viewer.name, asked.reason)

    async def work(connection: Connection) -> list[int]:
        cohorts: dict[frozenset[str], tuple[int, int]] = {}
        for programs in {one.content.required_programs for one in prepared}:
            labels = Labels(
                asked.tag, tuple(name.lower() for name in programs), viewer.id, asked.campaign, kind.name, kind.version
            )
            cohorts[programs] = await cohort_of(connection, labels)
        records = [
            NewRecord(
                *cohorts[one.content.required_programs],
                one.specification,
                one.content.function,
                orjson.dumps(one.content.args).decode(),
                orjson.dumps(one.content.kwargs).decode(),
            )
            for one in prepared
        ]
        return await submit(connection, act, records, asked.priority, hold=asked.hold, now=None)

    idempotency = Idempotency.of("submitRecords", key, lambda: orjson.dumps(asdict(asked), option=orjson.OPT_SORT_KEYS))
    return await once(core, viewer, idempotency, IDS, work)

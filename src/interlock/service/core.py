"""What every service needs at hand, and the one way in which a call is made idempotent."""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeVar

from pydantic import TypeAdapter

from interlock.domain.checks import LONGEST_LABEL
from interlock.domain.errors import InvalidInput
from interlock.domain.kinds import KindRegistry
from interlock.domain.model import RecordFilter
from interlock.domain.roles import Principal
from interlock.service.metrics import Metrics
from interlock.service.noting import note
from interlock.service.remembering import Remembered
from interlock.settings import Settings
from interlock.store.connection import Connection
from interlock.store.database import Database
from interlock.store.idempotency import recall, remember, reserve
from interlock.store.managers import ManagerStanding

Outcome = TypeVar("Outcome")

SERVER = "interlock"
"""As whom the server itself acts."""
_PATTERNS_KNOWN = 60.0
"""Seconds for which a pattern is not asked after again."""


def _nothing() -> None:
    """Before a feed runs, nobody waits for a change."""


@dataclass(slots=True)
class Core:
    """The database, the settings, the kinds; ``changed`` wakes this process's ticker after a commit.

    ``managers`` are those heard of a moment ago: whose they are is looked up once, not in every call of theirs.
    ``patterns`` are those of errors that the database is known to have.
    """

    database: Database
    settings: Settings
    kinds: KindRegistry
    changed: Callable[[], None] = field(default=_nothing)
    metrics: Metrics = field(default_factory=Metrics)
    managers: Remembered[int, ManagerStanding] = field(init=False)
    patterns: Remembered[tuple[str, str], bool] = field(init=False)

    def __post_init__(self) -> None:
        self.managers = Remembered(self.settings.key_cache)
        self.patterns = Remembered(_PATTERNS_KNOWN)


@dataclass(frozen=True, slots=True)
class Idempotency:
    """A key, and the content that it stands for."""

    mutation: str
    key: str
    content: bytes

    @classmethod
    def of(cls, mutation: str, key: str | None, content: Callable[[], bytes]) -> Idempotency | None:
        """None without a key. Raises InvalidInput for a key that cannot be kept."""
        if key is None:
            return None
        if not 0 < len(key) <= LONGEST_LABEL or not key.isprintable():
            raise InvalidInput(f"must have from 1 to {LONGEST_LABEL} printable characters.", "input.idempotencyKey")
        return cls(mutation, key, content())

    @property
    def digest(self) -> bytes:
        return hashlib.sha256(self.content).digest()


class _OfRecords(Protocol):
    """What a call for several records asks for."""

    @property
    def where(self) -> RecordFilter | None: ...


def content_of(shape: TypeAdapter[Any], asked: _OfRecords) -> bytes:
    """What an idempotency key stands for. A part of filters that came later is left out of those that do not use it:
    a key from before an upgrade stands for the same after it.
    """
    unused = asked.where is not None and asked.where.error_pattern is None
    return shape.dump_json(asked, exclude={"where": {"error_pattern"}} if unused else None)


async def once(
    core: Core,
    viewer: Principal,
    idempotency: Idempotency | None,
    shape: TypeAdapter[Any],
    work: Callable[[Connection], Awaitable[Outcome]],
    *,
    single: bool = False,
    tell: Callable[[Outcome], None] = lambda _: None,
) -> Outcome:
    """Run ``work`` in a transaction; under a key that was used before, give its first outcome instead.

    ``single``: it is one statement, which needs no transaction around it. ``tell`` hears of the outcome once it is
    committed, and not of one that was before.

    The outcome (of ``shape``) is committed with the effect. A concurrent call under the same key waits for the
    first. Raises IdempotencyConflict when the key was used for other content.
    """
    repeated = False

    async def keyed(connection: Connection) -> Outcome:
        nonlocal repeated
        assert idempotency is not None
        known = await reserve(connection, viewer.id, idempotency.mutation, idempotency.key, idempotency.digest)
        repeated = known is not None
        if known is not None:
            first: Outcome = shape.validate_json(known)
            return first
        outcome = await work(connection)
        text = shape.dump_json(outcome).decode()
        await remember(connection, viewer.id, idempotency.mutation, idempotency.key, text)
        return outcome

    if idempotency is not None:
        outcome = await core.database.run(keyed)
    else:
        outcome = await (core.database.one(work) if single else core.database.run(work))
    core.changed()
    if repeated:
        note(repeated=True)
    else:
        tell(outcome)
    return outcome


async def answered_before(
    core: Core, viewer: Principal, idempotency: Idempotency | None, shape: TypeAdapter[Any]
) -> Any:
    """The first outcome (of ``shape``) under a key, where it had one with this content; else None."""
    if idempotency is None:
        return None
    asked = (viewer.id, idempotency.mutation, idempotency.key, idempotency.digest)
    known = await core.database.one(lambda connection: recall(connection, *asked))
    return None if known is None else shape.validate_json(known)

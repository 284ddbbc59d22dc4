"""The protocol of compute managers: activate, claim, heartbeat, return, deactivate."""

from __future__ import annotations

import hashlib
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import uuid4

import orjson

from interlock.domain import checks
from interlock.domain.errors import Forbidden, InvalidInput, NotFound, TooMany
from interlock.domain.ids import IdType, Token, encode
from interlock.domain.lifecycle import Action, ActorKind
from interlock.domain.model import ANY_TAG, Act
from interlock.domain.outcomes import Code
from interlock.domain.retry import RETURNED_UNSTARTED
from interlock.domain.roles import Principal
from interlock.service.core import SERVER, Core
from interlock.service.error_patterns import with_patterns
from interlock.service.leaving import give_up_all
from interlock.service.noting import note, note_counts, note_only
from interlock.store.bounded import Outgrown
from interlock.store.claim import LeaseRow, claim
from interlock.store.connection import Connection
from interlock.store.heartbeat import heartbeat
from interlock.store.managers import ManagerRow, NewManager, activate, deactivate, managers_by_id, standing_of
from interlock.store.returns import ReturnedTask, return_tasks
from interlock.store.upkeep import hand_back

_MOST_TAGS = 100
_MOST_PROGRAMS = 200
_MOST_RETURNS = 1_000
_MOST_TOKENS = 10_000
_LONGEST_KEY = 200


@dataclass(frozen=True, slots=True)
class Activation:
    """What a manager says of itself. ``tags`` are served in this order; ``*``, if there, stands last for any."""

    name: str
    tags: Sequence[str]
    programs: dict[str, str | None]
    lease_seconds: int
    cluster: str | None = None
    hostname: str | None = None
    version: str | None = None


@dataclass(slots=True)  # not frozen, which takes twice as long to make: there are thousands a second
class Returned:
    """What became of one lease: a result (JSON text), an error, or nothing because it was not begun."""

    token: Token
    result: str | None = None
    error_type: str | None = None
    error_message: str | None = None
    traceback: str | None = None
    stdout: str | None = None
    stderr: str | None = None
    unstarted: bool = False


async def _own(core: Core, viewer: Principal, manager_id: int) -> Act:
    """What a manager does, where it is the viewer's. Raises NotFound and Forbidden."""
    note(manager=encode(IdType.MANAGER, manager_id))
    standing = core.managers.get(manager_id)
    if standing is None:
        standing = await core.database.one(lambda connection: standing_of(connection, manager_id))
        if standing is None:
            raise NotFound(f"There is no manager mgr_{manager_id}; activate first.")
        core.managers.keep(manager_id, standing)
    if standing.principal_id != viewer.id:
        raise Forbidden(f"The manager mgr_{manager_id} belongs to another principal.")
    return Act(ActorKind.MANAGER, standing.name)


async def activate_manager(core: Core, viewer: Principal, asked: Activation) -> ManagerRow:
    """Register a manager, or the same one again under its name. Raises InvalidInput and Forbidden."""
    checks.label(asked.name, "input.name")
    checks.at_most(len(asked.tags), _MOST_TAGS, "tags", "input.tags")
    checks.at_most(len(asked.programs), _MOST_PROGRAMS, "programs", "input.programs")
    for i, tag in enumerate(asked.tags):
        checks.label(tag, f"input.tags.{i}")
        if tag == ANY_TAG and i != len(asked.tags) - 1:
            raise InvalidInput("'*' stands for any other tag, so it must be the last one.", f"input.tags.{i}")
    if not asked.tags or len(set(asked.tags)) != len(asked.tags):
        raise InvalidInput("must name at least one tag, and each only once.", "input.tags")
    for name, version in asked.programs.items():
        checks.label(name, "input.programs")
        if version is not None:
            checks.label(version, "input.programs")
    for field in ("cluster", "hostname", "version"):
        if (value := getattr(asked, field)) is not None:
            checks.label(value, f"input.{field}")
    settings = core.settings
    checks.within(asked.lease_seconds, settings.lease_shortest, settings.lease_longest, "input.leaseSeconds")
    new = NewManager(
        viewer.id, asked.name, asked.cluster, asked.hostname, asked.version, list(asked.tags),
        # case means nothing in the names of programs
        orjson.dumps({name.lower(): version for name, version in asked.programs.items()}).decode(), asked.lease_seconds,
    )  # fmt: skip

    async def work(connection: Connection) -> ManagerRow:
        manager_id = await activate(connection, new)
        if manager_id is None:
            raise Forbidden(f"The name {asked.name!r} belongs to a manager of another principal; choose another.")
        return (await managers_by_id(connection, [manager_id]))[manager_id]

    manager = await core.database.run(work)
    note(manager=encode(IdType.MANAGER, manager.id))
    return manager


def check_claim(core: Core, limit: int, key: str | None, path: str) -> None:
    """Raises InvalidInput for a claim that means nothing; ``path`` is where it stands."""
    checks.within(limit, 1, core.settings.max_claim, f"{path}.limit")
    if key is not None and not (0 < len(key) <= _LONGEST_KEY and key.isprintable()):
        raise InvalidInput(f"must have from 1 to {_LONGEST_KEY} printable characters.", f"{path}.claimKey")


async def claim_tasks(
    core: Core, viewer: Principal, manager_id: int, limit: int, key: str | None, now: datetime | None = None
) -> list[LeaseRow]:
    """Claim up to ``limit`` tasks; the same key gives the same leases again. The claim was checked.

    Of large tasks there are as many as their arguments allow, and always one where there is any. Raises Forbidden
    and NotFound.
    """
    act = await _own(core, viewer, manager_id)
    most = core.settings.max_claimed
    claim_id = uuid4()

    async def work(connection: Connection) -> list[LeaseRow]:
        leases = await claim(connection, act, manager_id, claim_id, limit, key, now, most)
        if not leases:  # the statement gives nothing to a manager that left
            standing = await standing_of(connection, manager_id)
            if standing is not None and not standing.active:
                raise Forbidden(f"The manager mgr_{manager_id} was deactivated; activate it again before it claims.")
        return leases

    # A claim is one statement; the transaction is for the key, which must not be spent on a refusal.
    run = core.database.one if key is None else core.database.run
    began = time.perf_counter()
    while True:
        try:
            leases = await run(work)
        except Outgrown:  # seldom: then for as many as fit, if they are as large as a specification may be
            limit = max(1, min(limit // 2, most // core.settings.max_specification))
        else:
            core.changed()
            _tell_of_claim(core, leases, time.perf_counter() - began)
            return leases


def _tell_of_claim(core: Core, leases: Sequence[LeaseRow], seconds: float) -> None:
    core.metrics.claims.observe(seconds)
    waited = [lease.waited for lease in leases if lease.waited is not None]
    for one in waited:
        core.metrics.waits.observe(one)
    if waited:
        core.metrics.moved(Action.CLAIM, Code.MOVED, len(waited))
    note(claimed=len(leases))
    note_only([(lease.record_id, lease.attempt) for lease in leases[:2]])


async def renew_leases(
    core: Core, viewer: Principal, manager_id: int, tokens: Sequence[Token], now: datetime | None = None
) -> tuple[datetime, list[Code]]:
    """Renew the leases held; when they run out now, and the answer to each token in the order given."""
    checks.at_most(len(tokens), _MOST_TOKENS, "tokens", "input.tokens")
    await _own(core, viewer, manager_id)
    expires_at, codes = await core.database.one(lambda connection: heartbeat(connection, manager_id, tokens, now))
    note_counts(Counter(codes))
    note_only([(record_id, attempt) for record_id, attempt, _ in tokens[:2]])
    return expires_at, codes


def _prepared(core: Core, i: int, returned: Returned) -> ReturnedTask:
    path = f"input.returns.{i}.outcome"
    most = core.settings.max_result
    if returned.result is not None and (size := checks.too_many_bytes(returned.result, most)):
        raise TooMany(
            f"has {size} bytes as JSON; at most {most} are allowed. Return an error instead.", f"{path}.result"
        )
    error_type = RETURNED_UNSTARTED if returned.unstarted else returned.error_type
    if error_type is not None:
        checks.label(error_type, f"{path}.error.type")
        if error_type == RETURNED_UNSTARTED and not returned.unstarted:
            raise InvalidInput(f"{error_type!r} is the server's own error type; use `unstarted`.", f"{path}.error.type")
    content = (returned.result, error_type, returned.error_message, returned.traceback)
    longest = core.settings.max_output
    return ReturnedTask(
        *returned.token,
        digest=hashlib.sha256(orjson.dumps(content)).digest(),
        result=returned.result,
        error_type=error_type,
        error_message=checks.storable(returned.error_message, longest),
        traceback=checks.storable(returned.traceback, longest),
        stdout=checks.storable(returned.stdout, longest),
        stderr=checks.storable(returned.stderr, longest),
    )


async def return_results(
    core: Core, viewer: Principal, manager_id: int, returned: Sequence[Returned], now: datetime | None = None
) -> list[Code]:
    """Take results, errors and unstarted tasks back; the answer to each in the order given.

    Each stands for itself: what one lease lost does not touch the others. Unstarted tasks go back into the queue
    in the same transaction, outside their retry budget. Raises InvalidInput, TooMany, Forbidden, NotFound.
    """
    checks.at_most(len(returned), _MOST_RETURNS, "returns", "input.returns")
    act = await _own(core, viewer, manager_id)
    tasks = await with_patterns(core, manager_id, [_prepared(core, i, one) for i, one in enumerate(returned)])
    # What is accepted is one statement; the transaction is for what is handed back, which moves once more.
    run = core.database.run if any(one.unstarted for one in returned) else core.database.one
    codes = await run(lambda connection: _return(core, connection, act, manager_id, tasks, now))
    core.changed()
    _tell_of_returns(core, tasks, codes)
    note_counts(Counter(codes))
    note_only([(task.record_id, task.attempt) for task in tasks[:2]])
    return codes


def _tell_of_returns(core: Core, tasks: Sequence[ReturnedTask], codes: Sequence[Code]) -> None:
    """An accepted return has moved its record; one that was handed back was moved on at once."""
    actions = [Action.COMPLETE if task.error_type is None else Action.REPORT_ERROR for task in tasks]
    for (action, code), count in Counter(zip(actions, codes, strict=True)).items():
        core.metrics.moved(action, Code.MOVED if code == Code.ACCEPTED else code, count)
    back = sum(
        task.error_type == RETURNED_UNSTARTED and code == Code.ACCEPTED for task, code in zip(tasks, codes, strict=True)
    )
    if back:
        core.metrics.moved(Action.RETRY, Code.MOVED, back)


async def _return(
    core: Core,
    connection: Connection,
    act: Act,
    manager_id: int,
    tasks: Sequence[ReturnedTask],
    now: datetime | None,
) -> list[Code]:
    codes = await return_tasks(connection, act, manager_id, tasks, core.settings.retry_policy, now)
    unstarted = [
        task.record_id
        for task, code in zip(tasks, codes, strict=True)
        if code == Code.ACCEPTED and task.error_type == RETURNED_UNSTARTED
    ]
    if unstarted:
        await hand_back(connection, Act(ActorKind.SERVER, SERVER, RETURNED_UNSTARTED), unstarted, now)
    return codes


async def deactivate_manager(
    core: Core, viewer: Principal, manager_id: int, unstarted: Sequence[Token], now: datetime | None = None
) -> tuple[ManagerRow, int, int]:
    """The manager leaves: (manager, tasks handed back unstarted, tasks given up as ``manager_left``)."""
    checks.at_most(len(unstarted), _MOST_TOKENS, "tokens", "input.unstarted")
    act = await _own(core, viewer, manager_id)
    tasks = [_prepared(core, i, Returned(token, unstarted=True)) for i, token in enumerate(unstarted)]

    async def work(connection: Connection) -> tuple[ManagerRow, list[Code], int]:
        await deactivate(connection, manager_id, heard=True)
        codes = await _return(core, connection, act, manager_id, tasks, now) if tasks else []
        given_up = await give_up_all(core, connection, manager_id, now)
        manager = (await managers_by_id(connection, [manager_id]))[manager_id]
        return manager, codes, given_up

    manager, codes, given_up = await core.database.run(work)
    core.changed()
    _tell_of_returns(core, tasks, codes)
    if given_up:
        core.metrics.moved(Action.REPORT_ERROR, Code.MOVED, given_up)
    note_counts(Counter(codes))
    note(given_up=given_up)
    return manager, codes.count(Code.ACCEPTED), given_up

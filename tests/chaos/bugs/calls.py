"""Bugs of what people call: keys, acknowledgements, expectations, and reads."""

from __future__ import annotations

import asyncio
import hashlib
import time
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

from pydantic import TypeAdapter

from chaos.bugs.bug import Bug, changed, instead_of
from chaos.checkers.names import ACKNOWLEDGED, EXPECTATIONS, IDEMPOTENCY, READS, REFUSALS
from interlock.api.compiled.requests import CompiledRequests
from interlock.domain.errors import IdempotencyConflict
from interlock.domain.lifecycle import Action
from interlock.domain.roles import Principal
from interlock.service import core, relabelling, submission, transitions
from interlock.service.core import Core, Idempotency
from interlock.store import transition
from interlock.store.connection import Connection
from interlock.store.idempotency import remember, reserve

_HESITATION = 0.4
"""Seconds between two steps that should be one."""

_KNOWN = "SELECT input_hash, outcome FROM idempotency WHERE principal_id = $1 AND key = $2"

Work = Callable[[Connection], Awaitable[Any]]


def _forget_keys() -> None:
    @instead_of(core, "reserve")
    async def reserve(_really: Any, *_: Any) -> None:
        """No key was used before."""

    @instead_of(core, "remember")
    async def remember(_really: Any, *_: Any) -> None:
        """And none is kept."""


def _replace_once(once: Callable[..., Awaitable[Any]]) -> None:
    for module in (transitions, submission, relabelling):
        module.once = once  # type: ignore[attr-defined]


def _remember_afterwards() -> None:
    """In a transaction of its own, once the effect has been committed."""
    really = core.once

    async def once(
        of: Core, viewer: Principal, key: Idempotency | None, shape: TypeAdapter[Any], work: Work, **options: Any
    ) -> Any:
        if key is None:
            return await really(of, viewer, key, shape, work, **options)
        digest = hashlib.sha256(key.content).digest()

        async def look(connection: Connection) -> Any:
            return await connection.fetchrow(_KNOWN, viewer.id, key.key)

        if known := await of.database.one(look):
            if known["input_hash"] != digest:
                raise IdempotencyConflict(key.key)
            return shape.validate_json(known["outcome"])
        outcome = await of.database.run(work)
        await asyncio.sleep(_HESITATION)

        async def keep(connection: Connection) -> None:
            if await reserve(connection, viewer.id, key.mutation, key.key, digest) is None:
                await remember(connection, viewer.id, key.mutation, key.key, shape.dump_json(outcome).decode())

        await of.database.run(keep)
        of.changed()
        return outcome

    _replace_once(once)


def _acknowledge_early() -> None:
    """The answer goes out, and the commit comes after it."""
    really = core.once
    under_way = set[asyncio.Task[None]]()

    async def once(
        of: Core, viewer: Principal, key: Idempotency | None, shape: TypeAdapter[Any], work: Work, **options: Any
    ) -> Any:
        answer: asyncio.Future[Any] = asyncio.get_running_loop().create_future()

        async def slow(connection: Connection) -> Any:
            outcome = await work(connection)
            if not answer.done():
                answer.set_result(outcome)
            await asyncio.sleep(_HESITATION)
            return outcome

        async def later() -> None:
            try:
                outcome = await really(of, viewer, key, shape, slow, **{**options, "single": False})
            except Exception as error:  # noqa: BLE001 - it is raised to the caller, if that is still there
                if not answer.done():
                    answer.set_exception(error)
            else:
                if not answer.done():  # what a key remembers
                    answer.set_result(outcome)

        task = asyncio.create_task(later())
        under_way.add(task)
        task.add_done_callback(under_way.discard)
        return await answer

    _replace_once(once)


def _forget_what_retry_expects() -> None:
    @instead_of(transitions, "transition")
    async def unexpected(really: Any, connection: Connection, request: Any) -> Any:
        return await really(connection, replace(request, expected=None) if request.action == Action.RETRY else request)


def _group_by_code() -> None:
    @instead_of(transition, "_statement")
    def statement(really: Any, *given: Any) -> str:
        grouped = {
            "SELECT code, status,": "SELECT code, max(status::text) AS status,",
            "GROUP BY code, status": "GROUP BY code",
        }
        return changed(really(*given), grouped)


def _read_old() -> None:
    """Answers to the same question are kept for a while."""
    really = CompiledRequests.answer
    kept: dict[bytes, tuple[float, bytes | None]] = {}

    async def answer(self: CompiledRequests, session: Any, body: bytes) -> bytes | None:
        if b"record(id" not in body:
            return await really(self, session, body)
        known = kept.get(body)
        if known is None or known[0] < time.monotonic() - 5 * _HESITATION:
            known = kept[body] = time.monotonic(), await really(self, session, body)
        return known[1]

    CompiledRequests.answer = answer  # type: ignore[method-assign]


BUGS = {
    "key_forgotten": Bug("idempotency keys are not kept", IDEMPOTENCY, _forget_keys),
    "key_outside": Bug(
        "keys are kept in a transaction of their own", IDEMPOTENCY, _remember_afterwards, moves=("kill_server",),
    ),
    "acknowledged_early": Bug(
        "calls are answered before they are committed", ACKNOWLEDGED, _acknowledge_early,
        moves=("kill_server", "kill_postmaster"),
    ),
    "expectation_forgotten": Bug(
        "retry moves whatever it finds", EXPECTATIONS, _forget_what_retry_expects, focus={"retry": 80},
    ),
    "refusals_lumped": Bug("all refusals of a call are told with the same status", REFUSALS, _group_by_code),
    "old_reads": Bug("a server answers from what it read a moment ago", READS, _read_old),
}  # fmt: skip

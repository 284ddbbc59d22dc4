"""What mutations have in common: expected refusals are data of the payload, and a payload is never too large.

What was done must be told, so what a payload may have is bounded before anything is done: by the limits on what one
call gives (INTERLOCK_MAX_CLAIMED, INTERLOCK_MAX_SUBMITTED, 10,000 tokens, 1,000 returns, 100 refusals), times the names
under which it may be told (INTERLOCK_MAX_NAMES). Of several mutations in one operation, none begins once those before
it have much to tell.
"""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from dataclasses import fields, is_dataclass
from typing import Any, TypeVar

import structlog

from interlock.api.context import Context, Info
from interlock.api.errors import InputError, input_errors
from interlock.api.limits.allowance import SMALL
from interlock.domain.errors import (
    Forbidden,
    IdempotencyConflict,
    InterlockError,
    InvalidInput,
    KindNotInstalled,
    NotFound,
    TooMany,
)
from interlock.service.noting import present

log = structlog.get_logger()

Payload = TypeVar("Payload")

_OBJECT = 300
"""Bytes that an object counts beside its texts."""

EXPECTED = (InvalidInput, KindNotInstalled, IdempotencyConflict, Forbidden, NotFound)


async def answer(
    info: Info, work: Callable[[], Awaitable[Payload]], refused: Callable[[list[InputError]], Payload]
) -> Payload:
    """Run a mutation; what its caller can mend becomes the payload that ``refused`` makes, the rest stays an error.

    The operation's snapshot ends before, so that the payload's fields see the effect. What was run already is not
    run again.
    """
    done = info.context.outcome
    if done is not None and done.error is not None:
        raise done.error
    if done is not None:
        payload: Payload = done.payload
        return payload
    await info.context.refresh()
    info.context.acted = True
    operation = present()
    noted = operation.noted = {}
    outcome, began = "failed", time.perf_counter()
    try:
        _check(info.context)
        found = await work()
        outcome = "done"
    except EXPECTED as error:
        errors = input_errors(error)
        found, outcome = refused(errors), "refused"
        noted.update(_why(errors))
    except InterlockError as error:
        noted["codes"] = [error.code]
        raise
    finally:
        operation.told = True
        log.info(info.field_name, outcome=outcome, **noted, ms=round((time.perf_counter() - began) * 1_000, 2))
    info.context.payloads.append(found)
    return found


def _why(errors: list[InputError]) -> dict[str, Any]:
    """Codes and places. The words may have what a client sent, and that may be a secret in the wrong place."""
    known = {"codes": sorted({error.code for error in errors}), "path": errors[0].path}
    return {name: value for name, value in known.items() if value}


def _check(context: Context) -> None:
    """Raises TooMany where the payloads of the mutations before this one are large already."""
    context.weighed += _weight(context.payloads)
    context.payloads.clear()
    if (size := context.weighed) > SMALL:
        raise TooMany(
            f"The mutations before this one have about {size} bytes to tell; after {SMALL}, no other begins in the "
            "same operation. Nothing was done: send it in an operation of its own."
        )


def _weight(value: Any) -> int:
    if isinstance(value, str):
        return len(value)
    if isinstance(value, list | tuple):
        return sum(map(_weight, value))
    if is_dataclass(value):
        return _OBJECT + sum(_weight(getattr(value, field.name)) for field in fields(value))
    return 0

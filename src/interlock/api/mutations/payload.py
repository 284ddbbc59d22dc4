"""What mutations have in common: expected refusals are data of the payload, and idempotency keys."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TypeVar

from interlock.api.context import Info
from interlock.api.errors import InputError, input_errors
from interlock.domain.errors import Forbidden, IdempotencyConflict, InvalidInput, KindNotInstalled, NotFound

Payload = TypeVar("Payload")

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
    try:
        return await work()
    except EXPECTED as error:
        return refused(input_errors(error))

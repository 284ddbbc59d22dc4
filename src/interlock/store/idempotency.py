"""Idempotency keys: what a call answered is kept with its effect, in the same transaction."""

from __future__ import annotations

from interlock.domain.errors import IdempotencyConflict
from interlock.store.connection import Connection

# A concurrent call with the same key waits here until the first has committed or rolled back.
_RESERVE = """
INSERT INTO idempotency (principal_id, mutation, key, input_hash) VALUES ($1, $2, $3, $4)
ON CONFLICT DO NOTHING RETURNING 1"""


async def reserve(connection: Connection, principal_id: int, mutation: str, key: str, input_hash: bytes) -> str | None:
    """Take the key for this transaction, or return the outcome (JSON text) that its first call had.

    Raises IdempotencyConflict when the key was used for another input.
    """
    if await connection.fetchval(_RESERVE, principal_id, mutation, key, input_hash):
        return None
    outcome = await recall(connection, principal_id, mutation, key, input_hash)
    if outcome is None:
        raise IdempotencyConflict(key)
    return outcome


async def recall(connection: Connection, principal_id: int, mutation: str, key: str, input_hash: bytes) -> str | None:
    """The outcome (JSON text) that the key's first call had; None unless it was with this input."""
    outcome: str | None = await connection.fetchval(
        "SELECT outcome FROM idempotency WHERE principal_id = $1 AND mutation = $2 AND key = $3 AND input_hash = $4",
        principal_id,
        mutation,
        key,
        input_hash,
    )
    return outcome


async def remember(connection: Connection, principal_id: int, mutation: str, key: str, outcome: str) -> None:
    """Keep the outcome (JSON text) under the reserved key."""
    await connection.execute(
        "UPDATE idempotency SET outcome = $4 WHERE principal_id = $1 AND mutation = $2 AND key = $3",
        principal_id,
        mutation,
        key,
        outcome,
    )

"""Patterns of error messages, interned: made on first use, few of each type, and dropped when no error has them.

A pattern is looked up where an error is written, in the same statement. The look-up may find none: what it is for was
dropped, or came from elsewhere. Such an error gets its pattern a moment later (see :func:`without_pattern`).
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import timedelta

import asyncpg

from interlock.domain.error_patterns import OTHER
from interlock.domain.retry import ANY
from interlock.store.connection import Connection

MOST_OF_A_TYPE = 300
"""Patterns of one error type; further messages of it have the pattern OTHER."""
MOST = 10_000
"""Patterns of all types; further types share the pattern OTHER of the type ANY."""

Pattern = tuple[str, str]
"""An error type, and what its messages have in common."""

_KEPT_UNUSED = timedelta(hours=2)
_USABLE = "(p.unused_since IS NULL OR p.unused_since > clock_timestamp() - interval '1 hour')"
"""A pattern that no error has is looked up for an hour more, and dropped after two: no statement takes so long that it
would write down what was dropped meanwhile."""


def pattern_id(error_type: str, message: str) -> str:
    """The id of a pattern, or of that which stands for it where there are too many; NULL where there is none."""
    pairs = ((error_type, message), (error_type, f"'{OTHER}'"), (f"'{ANY}'", f"'{OTHER}'"))
    found = (
        f"(SELECT p.id FROM error_pattern p WHERE p.error_type = {one} AND p.message = {two} AND {_USABLE})"
        for one, two in pairs
    )
    return f"coalesce({', '.join(found)})"


def own_pattern(error_type: str, message: str, wanted: str) -> str:
    """The CTE ``pattern`` with the id of one that the server itself has; made where there is something in ``wanted``.

    There are so few of them that they need no bound.
    """
    return f"""known AS MATERIALIZED (
  SELECT p.id FROM error_pattern p WHERE p.error_type = {error_type} AND p.message = {message} AND {_USABLE}
),
made AS (
  INSERT INTO error_pattern (error_type, message) SELECT {error_type}, {message}
  WHERE EXISTS (SELECT FROM {wanted}) AND NOT EXISTS (SELECT FROM known)
  ON CONFLICT (error_type, message) DO UPDATE SET unused_since = NULL RETURNING id
),
pattern AS MATERIALIZED (SELECT id FROM known UNION ALL SELECT id FROM made)"""


_UNKNOWN = f"""
SELECT g.error_type, g.message FROM unnest($1::text[], $2::text[]) AS g (error_type, message)
WHERE NOT EXISTS (
  SELECT FROM error_pattern p WHERE p.error_type = g.error_type AND p.message = g.message AND {_USABLE}
)"""

_TURN = """
SET LOCAL lock_timeout = '1s';
DO $$ BEGIN PERFORM pg_advisory_xact_lock(hashtextextended('interlock.error_patterns', 0)); END $$"""

# Whoever makes some has the turn, so that the counts hold. Those for the rest are beyond them, one for each type.
_INTERN = f"""
WITH given AS MATERIALIZED (
  SELECT g.*, p.id AS known,
    row_number() OVER (PARTITION BY g.error_type, p.id IS NULL ORDER BY g.message) AS of_type,
    row_number() OVER (PARTITION BY p.id IS NULL ORDER BY g.error_type, g.message) AS of_all
  FROM unnest($1::text[], $2::text[]) AS g (error_type, message)
  LEFT JOIN error_pattern p ON p.error_type = g.error_type AND p.message = g.message
),
used_again AS (
  UPDATE error_pattern SET unused_since = NULL WHERE id IN (SELECT known FROM given) AND unused_since IS NOT NULL
),
room AS MATERIALIZED (
  SELECT g.error_type, g.message,
    g.of_type + (SELECT count(*) FROM error_pattern p WHERE p.error_type = g.error_type) <= {MOST_OF_A_TYPE} AS of_type,
    g.of_all + (SELECT count(*) FROM error_pattern) <= {MOST} AS of_all
  FROM given g WHERE g.known IS NULL
)
INSERT INTO error_pattern AS p (error_type, message)
SELECT DISTINCT CASE WHEN of_all THEN error_type ELSE '{ANY}' END,
  CASE WHEN of_all AND of_type THEN message ELSE '{OTHER}' END FROM room
ON CONFLICT (error_type, message) DO UPDATE SET unused_since = NULL WHERE p.unused_since IS NOT NULL"""


async def intern(connection: Connection, patterns: Collection[Pattern]) -> bool:
    """See to it that each of them has an id; the caller owns the transaction.

    False where another has had the turn for too long, as a server that hangs: then they get theirs a moment later.
    """
    unknown = await connection.fetch(_UNKNOWN, *_columns(patterns))
    if not unknown:
        return True
    try:
        async with connection.transaction():
            await connection.execute(_TURN)
            await connection.execute(_INTERN, *_columns([(row["error_type"], row["message"]) for row in unknown]))
    except asyncpg.LockNotAvailableError:
        return False
    return True


def _columns(patterns: Collection[Pattern]) -> list[list[str]]:
    return [[pattern[i] for pattern in patterns] for i in range(2)]


@dataclass(frozen=True, slots=True)
class Unpatterned:
    """An error without a pattern, with the message of its last attempt."""

    record_id: int
    error_type: str
    message: str | None


_WITHOUT = """
SELECT r.id, r.error_type, (
  SELECT a.error_message FROM attempt a WHERE a.part = 0 AND a.record_id = r.id AND a.number = r.attempt
) AS message
FROM record r
WHERE r.part = 0 AND r.error_pattern IS NULL AND r.error_type IS NOT NULL AND r.status IN ('ERROR', 'FAILED')
ORDER BY r.id LIMIT {limit} FOR NO KEY UPDATE OF r SKIP LOCKED"""


async def without_pattern(connection: Connection, limit: int) -> list[Unpatterned]:
    """Errors that were there before there were patterns, or came about without our statements; they are locked."""
    rows = await connection.fetch(_WITHOUT.format(limit=int(limit)))
    return [Unpatterned(*row) for row in rows]


_GIVE = f"""
UPDATE record r SET error_pattern = {pattern_id("r.error_type", "g.message")}
FROM unnest($1::bigint[], $2::text[]) AS g (id, message) WHERE r.part = 0 AND r.id = g.id"""


async def give_patterns(connection: Connection, ids: Sequence[int], messages: Sequence[str]) -> None:
    """Give these records, which are locked, the patterns of their types with these messages, which are interned."""
    await connection.execute(_GIVE, list(ids), list(messages))


_MARK = """
UPDATE error_pattern p SET unused_since = CASE WHEN p.unused_since IS NULL THEN clock_timestamp() END
WHERE (p.unused_since IS NULL) <> EXISTS (SELECT FROM record r WHERE r.part = 0 AND r.error_pattern = p.id)"""
_DROP = """
DELETE FROM error_pattern p WHERE p.unused_since < clock_timestamp() - $1::interval
AND NOT EXISTS (SELECT FROM record r WHERE r.part = 0 AND r.error_pattern = p.id)"""


async def drop_unused(connection: Connection) -> int:
    """Note which patterns no error has, and drop those that none has had for long; returns how many."""
    await connection.execute(_MARK)
    return int((await connection.execute(_DROP, _KEPT_UNUSED)).split()[-1])

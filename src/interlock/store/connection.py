"""A connection as statements take it, from the pool or of one's own; and how they ask to be run again."""

from __future__ import annotations

from typing import TypeAlias

import asyncpg
import asyncpg.pool

Connection: TypeAlias = "asyncpg.pool.PoolConnectionProxy[asyncpg.Record] | asyncpg.Connection[asyncpg.Record]"


class Again(Exception):
    """The statement's snapshot was too old for what it then locked: the transaction must run from its start."""

"""Counts the statements that the server in this process sends, without those of its own loops."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import asyncpg
import pytest

_LOOPS = ("write_tick", "feed_after", "pg_try_advisory_lock", "FROM feed_epoch")
_NEW_CONNECTION = "typeinfo_tree"
"""What asyncpg asks of types, once for each connection."""


@contextmanager
def statements(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """The texts of all statements with parameters or results until the block ends."""
    sent: list[str] = []
    connection: Any = asyncpg.Connection
    really = connection._do_execute

    async def listening(self: Any, query: str, *args: Any, **options: Any) -> Any:
        if not any(mark in query for mark in (*_LOOPS, _NEW_CONNECTION)):
            sent.append(query)
        return await really(self, query, *args, **options)

    with monkeypatch.context() as patch:
        patch.setattr(connection, "_do_execute", listening)
        yield sent

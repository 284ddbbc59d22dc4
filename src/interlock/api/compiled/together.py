"""Reads of one record that wait share a statement: under load, a round trip serves many requests."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import Any

from interlock.service.core import Core
from interlock.store.connection import Connection

_UNDER_WAY = 2
"""Statements at a time, for one plan: while PostgreSQL works on one, the next gathers."""
_MOST = 500


class Together:
    """The answers of one plan for one record each, by the record's id. Every read begins after it was asked for."""

    def __init__(self, core: Core, text: str, absent: bytes) -> None:
        self._core = core
        self._text = text
        self._absent = absent
        self._waiting: list[tuple[int, asyncio.Future[bytes]]] = []
        self._readers: set[asyncio.Task[None]] = set()

    async def answer(self, number: int) -> bytes:
        answer: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()
        self._waiting.append((number, answer))
        if len(self._readers) < _UNDER_WAY:
            reader = asyncio.create_task(self._read())
            self._readers.add(reader)
            reader.add_done_callback(self._readers.discard)
        return await answer

    async def _read(self) -> None:
        while self._waiting:
            asked, self._waiting = self._waiting[:_MOST], self._waiting[_MOST:]
            try:
                rows = await self._core.database.one(partial(self._fetch, [number for number, _ in asked]))
            except Exception as error:  # noqa: BLE001 - it is raised to all who asked
                self._fail(asked, error)
                continue
            found = dict(rows)
            for number, answer in asked:
                if not answer.done():  # whoever left has cancelled it
                    answer.set_result(found.get(number, self._absent))

    async def _fetch(self, ids: list[int], connection: Connection) -> list[Any]:
        return await connection.fetch(self._text, ids)

    @staticmethod
    def _fail(asked: list[tuple[int, asyncio.Future[bytes]]], error: Exception) -> None:
        for _, answer in asked:
            if not answer.done():
                answer.set_exception(error)

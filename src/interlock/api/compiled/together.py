"""Reads of one record that wait share a statement: under load, a round trip serves many requests."""

from __future__ import annotations

import asyncio
from typing import Any, TypeAlias

from interlock.api.limits.allowance import SMALL
from interlock.service.core import Core
from interlock.store.bounded import MOST, Outgrown, bounded
from interlock.store.compose import Composed

_UNDER_WAY = 2
"""Statements at a time, for one plan: while PostgreSQL works on one, the next gathers."""
_MOST = 500

_Asked: TypeAlias = "tuple[int, asyncio.Future[bytes]]"


class Together:
    """The answers of one plan for one record each, by the record's id. Every read begins after it was asked for."""

    def __init__(self, core: Core, statement: Composed, absent: bytes) -> None:
        self._core = core
        self._statement = statement
        self._absent = absent
        self._small = min(SMALL, core.settings.max_answer)
        self._waiting: list[_Asked] = []
        self._readers: set[asyncio.Task[None] | None] = set()

    async def answer(self, number: int, most: int) -> bytes:
        """The answer, with others if a small one is asked for. Raises Outgrown where it has more than so many bytes."""
        if most > self._small:
            found: dict[int, bytes] = dict(await self._fetch([number], most))
            return found.get(number, self._absent)
        answer: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()
        self._waiting.append((number, answer))
        if len(self._readers) < _UNDER_WAY:
            reader = asyncio.create_task(self._read())
            self._readers.add(reader)
        return await answer

    async def _read(self) -> None:
        while self._waiting:
            asked, self._waiting = self._waiting[:_MOST], self._waiting[_MOST:]
            await self._give(asked)
        # at once, not when the task is done: whoever asks in between would wait for a reader that reads no more
        self._readers.discard(asyncio.current_task())

    async def _give(self, asked: list[_Asked]) -> None:
        try:
            rows = await self._fetch([number for number, _ in asked], self._small)
        except Outgrown as error:
            if len(asked) == 1:
                self._fail(asked, error)
                return
            half = len(asked) // 2  # until those that are large are by themselves
            await self._give(asked[:half])
            await self._give(asked[half:])
            return
        except Exception as error:  # noqa: BLE001 - it is raised to all who asked
            self._fail(asked, error)
            return
        found = dict(rows)
        for number, answer in asked:
            if not answer.done():  # whoever left has cancelled it
                answer.set_result(found.get(number, self._absent))

    async def _fetch(self, ids: list[int], most: int) -> list[Any]:
        arguments = self._statement.arguments({"ids": ids, MOST: most})
        with bounded():
            return await self._core.database.one(lambda connection: connection.fetch(self._statement.text, *arguments))

    @staticmethod
    def _fail(asked: list[_Asked], error: Exception) -> None:
        for _, answer in asked:
            if not answer.done():
                answer.set_exception(error)

"""Delivers outcomes in batches, and keeps each until the server has answered for it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from interlock.manager.client import Answer, Client, KeyRefused, Refused
from interlock.manager.config import ManagerConfig
from interlock.manager.outcome import Failure, Outcome

OVERHEAD = 1000
"""What a return weighs beside its result and what was printed, in bytes, roughly."""


@dataclass(frozen=True, slots=True)
class Return:
    """An outcome on its way to the server; None: the task was not begun."""

    token: str
    outcome: Outcome | None

    @property
    def size(self) -> int:
        """Its weight in a batch."""
        if self.outcome is None:
            return OVERHEAD
        return OVERHEAD + self.outcome.size + len(self.outcome.stdout or "") + len(self.outcome.stderr or "")

    def as_input(self) -> dict[str, Any]:
        """The TaskReturnInput."""
        if self.outcome is None:
            return {"token": self.token, "outcome": {"unstarted": True}}
        failure = self.outcome.failure
        if failure is None:
            content: dict[str, Any] = {"result": self.outcome.result}
        else:
            parts = {"type": failure.type, "message": failure.message, "traceback": failure.traceback}
            content = {"error": parts}
        printed = {"stdout": self.outcome.stdout, "stderr": self.outcome.stderr}
        return {"token": self.token, "outcome": content, **printed}


class Outbox:
    """Outcomes are put in as they come; :meth:`deliver` runs for as long as the manager lives."""

    def __init__(self, client: Client, config: ManagerConfig) -> None:
        self._client = client
        self._config = config
        self.on_answer: Callable[[Return, Answer], object] = lambda _item, _answer: None
        """Called with the server's answer to each."""
        self._waiting: list[Return] = []
        self._sending: list[Return] = []
        self._something = asyncio.Event()
        self._empty = asyncio.Event()
        self._empty.set()

    def put(self, item: Return) -> None:
        self._waiting.append(item)
        self._empty.clear()
        self._something.set()

    def drop(self, token: str) -> bool:
        """Forget what a lost lease made. True if it is on its way instead: then the answer to it decides."""
        self._waiting = [item for item in self._waiting if item.token != token]
        self._settle()
        return any(item.token == token for item in self._sending)

    async def emptied(self) -> None:
        """Wait until everything is delivered."""
        await self._empty.wait()

    async def deliver(self) -> None:
        """Deliver whatever comes, until cancelled. Raises KeyRefused."""
        while True:
            await self._something.wait()
            if len(self._waiting) < self._config.batch_count:
                await asyncio.sleep(self._config.batch_seconds)
            self._sending = self._next_batch()
            if self._sending:
                await self._send(self._sending)
                self._sending = []
            self._settle()

    def _next_batch(self) -> list[Return]:
        batch: list[Return] = []
        size = 0
        while self._waiting and len(batch) < self._config.batch_count:
            size += self._waiting[0].size
            if batch and size > self._config.batch_bytes:
                break
            batch.append(self._waiting.pop(0))
        return batch

    def _settle(self) -> None:
        if not self._waiting:
            self._something.clear()
            if not self._sending:
                self._empty.set()

    async def _send(self, batch: list[Return]) -> None:
        """Send a batch. If the server will have none of it, find the one to blame by halves, and say so in
        its place: one bad result must not keep all the others from being delivered.
        """
        try:
            answers = await self._client.give_back([item.as_input() for item in batch])
        except KeyRefused:
            raise
        except Refused as refused:
            if len(batch) > 1:
                middle = len(batch) // 2
                await self._send(batch[:middle])
                await self._send(batch[middle:])
            else:
                await self._send_instead(batch[0], refused)
        else:
            for item, answer in zip(batch, answers, strict=True):
                self.on_answer(item, answer)

    async def _send_instead(self, item: Return, refused: Refused) -> None:
        failure = Failure("result_refused", f"The server did not take the outcome: {refused}")
        substitute = Return(item.token, Outcome(failure=failure))
        try:
            (answer,) = await self._client.give_back([substitute.as_input()])
        except KeyRefused:
            raise
        except Refused as again:
            answer = Answer(item.token, again.code, str(again))
        self.on_answer(substitute, answer)

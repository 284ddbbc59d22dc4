"""People: they submit, move and relabel records, singly and in bulk, by ids and by filter, with and without keys."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

from chaos.actors.actor import Actor, Stage
from support.api import MOVE, SUBMIT, UPDATE
from support.thread import statuses

TAGS = ("red", "green", "blue")
_SOURCES = {
    "hold": ["WAITING"],
    "release": ["HOLD"],
    "retry": ["ERROR"],
    "fail": ["ERROR"],
    "kill": ["WAITING", "RUNNING", "HOLD"],
    "regenerate": ["FAILED"],
    "update": ["WAITING", "ERROR", "HOLD"],
}
_WEIGHTS = {
    "submit": 30, "hold": 14, "release": 14, "retry": 14, "fail": 8, "kill": 5, "regenerate": 10, "update": 8,
}  # fmt: skip
_SWEEPING = {"hold", "kill", "update"}
"""What would leave nothing to do, were it done of all."""
_DOCUMENTS = {name: MOVE.format(Name=name.capitalize(), name=name) for name in _SOURCES if name != "update"}
_RECENT = 150
"""Records of which people speak most."""
_PAUSE = (0.0, 0.12)


class User(Actor):
    """A submitter or an operator."""

    def __init__(self, stage: Stage, name: str, key: str) -> None:
        super().__init__(stage, name, key)
        self._own: list[str] = []

    async def run(self) -> None:
        """Until the load is over, and what was begun has its answer."""
        weights = {**_WEIGHTS, **self.stage.focus}
        while not self.stage.stopping.is_set():
            act = self.random.choices(list(weights), list(weights.values()))[0]
            if act == "submit":
                await self._submit()
            elif self.stage.records:
                await (self._update() if act == "update" else self._move(act))
            await self.pause(*_PAUSE)

    async def _submit(self) -> None:
        count = 1 if self._chance(30) else self.random.randint(2, 8)
        mark = self.mark()
        given: dict[str, Any] = {
            "kind": "python",
            "specifications": [{"function": "math:sqrt", "args": [number]} for number in range(count)],
            "tag": self.random.choice(TAGS),
            "priority": self.random.randint(0, 9),
            "hold": self._chance(15),
            "reason": mark,
        }
        payload = await self._keyed(SUBMIT, given, mark, 90)
        if payload is not None:
            self._own += payload["ids"]
            self.stage.records += payload["ids"]

    async def _move(self, action: str) -> None:
        mark = self.mark()
        given: dict[str, Any] = {"target": self._target(action), "reason": mark}
        if self._chance(30):
            given["expectedStatus"] = self.random.choice(
                _SOURCES[action] if self._chance(40) else ["WAITING", "RUNNING", "HOLD", "ERROR"]
            )
        if self._chance(10):
            given["allOrNothing"] = True
        if self._chance(4):
            given["dryRun"] = True
        await self._keyed(_DOCUMENTS[action], given, mark, 0 if "dryRun" in given else 75)

    async def _update(self) -> None:
        mark = self.mark()
        given: dict[str, Any] = {"target": self._target("update")}
        if self._chance(50):
            given["campaign"] = mark
            await self._keyed(UPDATE, given, mark, 75)
        else:
            given |= {"priority": self.random.randint(0, 9), "tag": self.random.choice(TAGS)}
            await self._keyed(UPDATE, given, None, 75)

    def _target(self, action: str) -> dict[str, Any]:
        """Some records, one, or what passes a filter: mostly where few records are in the status that is meant."""
        if self._chance(30 if action in _SWEEPING else 60):
            where = {"status": _SOURCES[action] if self._chance(80) else statuses()[:-1]}
            narrow = action in _SWEEPING or self._chance(40)
            where["tag"] = [self.random.choice(TAGS)] if narrow else list(TAGS)  # what moves make is not theirs
            return {"filter": where | ({"owner": [self.name]} if self._chance(30) else {})}
        known = self._own if self._own and self._chance(60) else self.stage.records
        known = known[-_RECENT:] if self._chance(80) else known
        count = 1 if self._chance(40) else self.random.randint(2, 12)
        ids = self.random.sample(known, min(len(known), count))
        return {"ids": [*ids, "rec_999999999"] if self._chance(2) else ids}

    def _chance(self, percent: int) -> bool:
        return self.random.random() * 100 < percent

    async def _keyed(
        self, document: str, given: dict[str, Any], mark: str | None, percent: int
    ) -> dict[str, Any] | None:
        """With a key, mostly; then perhaps twice at once, again after the answer, or with another input."""
        if not self._chance(percent):
            return await self.call(document, given, mark=mark, repeat=False)
        key = f"key of {self.mark()}"
        given["idempotencyKey"] = key
        if self._chance(5):
            await asyncio.gather(*(self.tried(document, given, key=key, mark=mark, fresh=True) for _ in range(2)))
        payload = await self.call(document, given, key=key, mark=mark)
        if payload is not None and not payload["errors"]:
            if self._chance(12):
                await self.tried(document, given, key=key, mark=mark)
            if self._chance(3):
                await self._other_input(document, given, key)
            return payload
        return None

    async def _other_input(self, document: str, given: Mapping[str, Any], key: str) -> None:
        """Under a key that has its answer: it must be refused."""
        mark = self.mark()
        changed = {"campaign": mark} if document == UPDATE else {"reason": mark}
        await self.tried(document, {**given, **changed}, key=key, mark=mark)

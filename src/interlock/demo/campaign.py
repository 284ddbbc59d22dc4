"""Where the records of the campaign stand: a snapshot, and then the feed from exactly there."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any

from interlock.demo import documents
from interlock.demo.api import Api
from interlock.demo.molecules import Molecule

BUSY = frozenset({"WAITING", "RUNNING"})


class Campaign:
    """Statuses and counts, kept up to date by the feed alone: nothing is asked twice.

    The snapshot has the cursor of exactly its moment, so that each change afterwards is counted once.
    """

    def __init__(self, api: Api, name: str) -> None:
        self._api = api
        self.name = name
        self.molecules: dict[str, Molecule] = {}
        self.statuses: dict[str, str] = {}
        self.counts: Counter[str] = Counter()
        self.on_change: Callable[[], None] = lambda: None
        self._done: set[tuple[str, str]] = set()
        self._reported: list[str] = []
        self._retried: set[str] = set()
        self._cursor = ""
        self._changed = asyncio.Event()

    async def look(self) -> None:
        """Take the snapshot. What has happened is in the feed, so that the demo needs no memory of its own."""
        seen = await self._api.ask(documents.SNAPSHOT, campaign=self.name)
        self._cursor = seen["feedCursor"]
        self.counts.update({count["status"]: count["count"] for count in seen["statusCounts"]})
        for record in seen["records"]["nodes"]:
            self.molecules[record["id"]] = Molecule.asked_in(record["specification"])
            self.statuses[record["id"]] = record["status"]
            if record["retry"]["nextAt"] is not None:
                self._retried.add(record["id"])
        for change in seen["statusChanges"]["nodes"]:
            self._remember(change)
            self.counts["KILLED"] += change["action"] == "KILL"

    async def follow(self) -> None:
        """Keep up with the feed, for ever."""
        async for change in self._api.follow(self._cursor, self.name):
            record, left, came = change["recordId"], change["from"], change["to"]
            self._retried.discard(record)
            if came == "ERROR":
                await self._ask_whether_it_is_retried(record)
            self._remember(change)
            self.statuses[record] = came
            self.counts[came] += 1
            if left is not None:
                self.counts[left] -= 1
            self._changed.set()
            self.on_change()

    async def until(self, reached: Callable[[], bool]) -> None:
        """Return when it is so."""
        while not reached():
            self._changed.clear()
            await self._changed.wait()

    def was(self, action: str, record: str | None = None) -> bool:
        """Whether somebody has done this to this record (or to any), in this run of the demo or in an earlier one."""
        return any(done == action and record in {None, of} for done, of in self._done)

    def having(self, status: str) -> list[str]:
        """The records in this status, the largest molecule first."""
        found = [record for record, its in self.statuses.items() if its == status]
        return sorted(found, key=lambda record: -self.molecules[record].atoms)

    @property
    def failed(self) -> list[str]:
        """The records that failed by themselves, the first one first; not those that the server tries again.

        One that a person has begun to deal with comes before all others, whatever became of its task since.
        """
        begun = sorted(record for action, record in self._done if action == "RETRY")
        return begun + [record for record in self._reported if record not in self._retried and record not in begun]

    @property
    def total(self) -> int:
        """All records there ever were."""
        return self.counts.total()

    @property
    def settled(self) -> bool:
        """Whether nothing more happens unless somebody acts."""
        return not self._retried and not any(self.counts[status] for status in BUSY)

    def _remember(self, change: Mapping[str, Any]) -> None:
        record, action, actor = change["recordId"], change["action"], change["actor"]
        if actor == "USER":
            self._done.add((action, record))
        if action == "REPORT_ERROR" and actor == "MANAGER" and record not in self._reported:
            self._reported.append(record)
        if action == "RETRY" and actor == "SERVER" and record in self._reported:
            self._reported.remove(record)

    async def _ask_whether_it_is_retried(self, record: str) -> None:
        """The server tries again by itself what was lost with its manager: that is not settled yet."""
        now = (await self._api.ask(documents.RECORD, id=record))["record"]
        if now is not None and (now["status"] in BUSY or now["retry"]["nextAt"] is not None):
            self._retried.add(record)

"""Whether this server should get requests."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

import structlog

from interlock.domain.errors import NotMigrated, Unavailable
from interlock.service.core import Core
from interlock.service.drain import Drain
from interlock.service.feed import Feed
from interlock.service.remembering import Remembered

log = structlog.get_logger()

_PATIENCE = 2.0
"""Seconds within which the database must answer."""
_REMEMBERED = 1.0
"""Seconds: however many ask, and nobody needs a key for that, the database is asked once."""


@dataclass(frozen=True, slots=True)
class Readiness:
    """What must be so: not leaving; a database that answers, at the migration that is needed; a feed that is read.

    ``behind``: seconds for which an event has waited for its position in the feed, where that is known. It takes no
    server out of service: what a server answers does not wait for the feed.
    """

    serving: bool
    database: bool
    migrated: bool
    feed: bool
    behind: float | None

    @property
    def ready(self) -> bool:
        return self.serving and self.database and self.migrated and self.feed


@dataclass(frozen=True, slots=True)
class _Database:
    answers: bool
    migrated: bool
    behind: float | None = None


class Probe:
    """Looks, but at the database not more than once a second."""

    def __init__(self, core: Core, feed: Feed, drain: Drain) -> None:
        self._core = core
        self._feed = feed
        self._drain = drain
        self._turn = asyncio.Lock()
        self._found: Remembered[None, _Database] = Remembered(_REMEMBERED)

    async def look(self) -> Readiness:
        async with self._turn:
            found = self._found.get(None)
            if found is None:
                found = await self._database()
                self._found.keep(None, found)
        return Readiness(not self._drain.begun, found.answers, found.migrated, self._feed.ready.is_set(), found.behind)

    async def _database(self) -> _Database:
        """Why it does not answer is for the log: whoever asks has shown no key."""
        try:
            async with asyncio.timeout(_PATIENCE):
                return _Database(answers=True, migrated=True, behind=round(await self._core.database.check(), 3))
        except NotMigrated as error:
            log.warning("not ready", reason=str(error))
            return _Database(answers=True, migrated=False)
        except (Unavailable, TimeoutError) as error:
            log.warning("not ready", reason=str(error) or f"the database did not answer within {_PATIENCE:g} s")
            return _Database(answers=False, migrated=False)

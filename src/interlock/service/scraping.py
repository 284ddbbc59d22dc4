"""What a scrape of the metrics shows, and to whom: also while the database is away, when it matters most."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Iterable, Iterator

import structlog
from prometheus_client.core import GaugeMetricFamily, Metric

from interlock.domain.errors import Forbidden, Unauthenticated, Unavailable
from interlock.domain.roles import Capability
from interlock.service.core import Core
from interlock.service.feed import Feed
from interlock.service.identity import Authenticator
from interlock.service.remembering import Remembered
from interlock.store.silence import close
from interlock.store.standing import Standing, standing

log = structlog.get_logger()

_PATIENCE = 3.0
"""Seconds that the database has to answer: Prometheus itself waits for ten."""
_REMEMBERED = 1.0
"""Seconds for which a database that did not answer is not asked: those who waited for their turn wait no longer."""


class Scraping:
    """Shows the metrics of one server to those who may read."""

    def __init__(self, core: Core, feed: Feed, authenticator: Authenticator) -> None:
        self._core = core
        self._feed = feed
        self._authenticator = authenticator
        self._turn = asyncio.Lock()
        self._away: Remembered[None, bool] = Remembered(_REMEMBERED)
        self._admitted: set[bytes] = set()
        """Digests of the keys that were good when they could last be looked up."""

    async def admit(self, secret: str) -> None:
        """Raises Unauthenticated, Forbidden; Unavailable where a key is new and the database away.

        A key that was good before is taken as long as nobody can look it up, and nobody could revoke it.
        """
        digest = hashlib.sha256(secret.encode()).digest()
        try:
            async with asyncio.timeout(_PATIENCE):
                principal = await self._authenticator.principal(secret)
        except Unauthenticated:
            self._admitted.discard(digest)
            raise
        except Exception as error:
            if digest not in self._admitted:
                raise Unavailable("The database gives no answer, so that this key cannot be looked up.") from error
            return
        if not principal.may(Capability.READ):
            raise Forbidden("This key's role may not read.")
        self._admitted.add(digest)

    async def look(self) -> Collected:
        """The metrics of this process, and how the database stands if that answers. One look at a time."""
        async with self._turn:
            found = None if self._away.get(None) else await self._stand()
        return Collected(self._core, self._feed, found)

    async def _stand(self) -> Standing | None:
        """By a connection of its own: that all of the pool are at work is one of the things to be seen."""
        try:
            async with asyncio.timeout(_PATIENCE):
                connection = await self._core.database.connect()
                try:
                    return await standing(connection, self._core.settings.metrics_tags)
                finally:
                    await close(connection)
        except Exception as error:  # noqa: BLE001 - whatever it was, what this process knows is shown
            log.warning("metrics without the database", reason=str(error) or type(error).__name__)
            self._away.keep(None, True)
            return None


class Collected:
    """What a scrape shows, as prometheus_client takes it."""

    def __init__(self, core: Core, feed: Feed, found: Standing | None) -> None:
        self._core = core
        self._feed = feed
        self._found = found

    def collect(self) -> Iterator[Metric]:
        yield from self._core.metrics.registry.collect()
        yield _gauge(
            "interlock_database_up", "Whether the database answered this scrape.", float(self._found is not None)
        )
        if self._found is not None:
            yield from self._stands(self._found)

    def _stands(self, found: Standing) -> Iterable[Metric]:
        records = GaugeMetricFamily(
            "interlock_records", "Records (and their tasks) by status and tag.", labels=["status", "tag"]
        )
        for (tag, status), count in sorted(found.records.items()):
            records.add_metric([status, tag], count)
        yield records
        oldest = GaugeMetricFamily(
            "interlock_oldest_waiting_age_seconds",
            "How long the oldest WAITING task has waited, of those at the head of the queue.",
            labels=["tag"],
        )
        for tag, age in sorted(found.oldest.items()):
            oldest.add_metric([tag], age)
        yield oldest
        yield _gauge("interlock_feed_position", "The last position that an event has.", found.position)
        yield _gauge(
            "interlock_feed_unread_events",
            "Positions that this server has not read yet.",
            max(0, found.position - self._feed.last),
        )
        yield _gauge(
            "interlock_feed_oldest_unpositioned_age_seconds",
            "How long an event has been committed without a position; 0 where all have one.",
            found.unpositioned,
        )


def _gauge(name: str, description: str, value: float) -> Metric:
    return GaugeMetricFamily(name, description, value=value)

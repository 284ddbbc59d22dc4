"""What resolvers have at hand for one operation: the viewer, the services, and one snapshot to read from."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeVar

from strawberry.dataloader import DataLoader
from strawberry.types import Info as StrawberryInfo

from interlock.api.limits.allowance import ROW, SMALL, Allowance, size_of
from interlock.api.trusted import TrustedDocuments
from interlock.domain.errors import DeadlineExceeded, Unauthenticated, Unavailable
from interlock.domain.kinds import KindRegistry
from interlock.domain.roles import Principal
from interlock.service.channels import Channels
from interlock.service.core import Core
from interlock.service.drain import Drain
from interlock.service.feed import Feed
from interlock.service.fleet_watch import FleetWatch
from interlock.service.identity import Authenticator
from interlock.settings import Settings
from interlock.store import details, feed, managers, records
from interlock.store.bounded import Outgrown
from interlock.store.connection import Connection
from interlock.store.database import reachable
from interlock.tracing import Traces

if TYPE_CHECKING:
    from interlock.service.revocations import Revocations

Result = TypeVar("Result")
Row = TypeVar("Row")


@dataclass(slots=True)
class Services:
    """What the wiring hands to the API."""

    core: Core
    feed: Feed
    channels: Channels
    fleet: FleetWatch
    drain: Drain
    authenticator: Authenticator
    revocations: Revocations
    trusted: TrustedDocuments
    traces: Traces | None = None

    def measure(self) -> None:
        """Show in the metrics what there is of each."""
        metrics = self.core.metrics
        metrics.watch_pool(self.core.database.connections)
        metrics.gauge("interlock_subscribers", "Subscriptions to the feed.", lambda: self.feed.followers)
        metrics.gauge("interlock_sockets", "WebSockets that are open.", lambda: self.drain.sockets)


@asynccontextmanager
async def within(seconds: float) -> AsyncIterator[None]:
    """What is not done by then is stopped. Raises DeadlineExceeded."""
    try:
        async with asyncio.timeout(seconds) as deadline:
            yield
    except TimeoutError as error:
        if deadline.expired():
            raise DeadlineExceeded(seconds) from error
        raise


class Snapshot:
    """One state of the database for all root fields of a query, opened with the first read."""

    def __init__(self, core: Core) -> None:
        self._core = core
        self._turn = asyncio.Lock()
        self._stack = AsyncExitStack()
        self._connection: Connection | None = None

    async def read(self, work: Callable[[Connection], Awaitable[Result]]) -> Result:
        """Run ``work`` on the snapshot; reads take turns, as one connection must."""
        async with self._turn:
            with reachable():
                if self._connection is None:
                    transaction = self._core.database.transaction(snapshot=True)
                    self._connection = await self._stack.enter_async_context(transaction)
                return await work(self._connection)

    async def close(self) -> None:
        """Give the connection back; a later read sees the database anew."""
        if self._connection is None and not self._turn.locked():
            return
        async with self._turn:
            self._connection = None
            with suppress(Unavailable), reachable():  # what was read was read
                await self._stack.aclose()


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a mutation came to: a payload, or an error."""

    payload: Any = None
    error: Exception | None = None


class Context:
    """The context of one operation."""

    def __init__(
        self, services: Services, viewer: Principal | None, allowance: Allowance, outcome: Outcome | None = None
    ) -> None:
        self.services = services
        self.allowance = allowance
        self.outcome = outcome
        self.acted = outcome is not None
        """Whether it has had an effect: then it must not be done again."""
        self.payloads: list[Any] = []
        """Those of the mutations done so far that were not weighed yet."""
        self.weighed = 0
        """Bytes of the others, about."""
        self._viewer = viewer
        self._snapshot = Snapshot(services.core)
        self._events: dict[int, DataLoader[int, list[feed.EventRow] | None]] = {}

    @cached_property
    def records(self) -> DataLoader[int, records.RecordRow | None]:
        return self._loader(records.records_by_id)

    @cached_property
    def specifications(self) -> DataLoader[int, str | None]:
        return self._bounded(details.specifications_of)

    @cached_property
    def specified(self) -> DataLoader[int, details.HasSpecification | None]:
        return self._loader(details.specified_of)

    @cached_property
    def results(self) -> DataLoader[int, str | None]:
        return self._bounded(details.results_of)

    @cached_property
    def tasks(self) -> DataLoader[int, details.TaskDetail | None]:
        return self._bounded(details.tasks_of)

    @cached_property
    def attempts(self) -> DataLoader[int, list[details.AttemptRow] | None]:
        return self._bounded(details.attempts_of)

    @cached_property
    def managers(self) -> DataLoader[int, managers.ManagerRow | None]:
        return self._loader(managers.managers_by_id)

    @property
    def viewer(self) -> Principal:
        """Who asks. Raises Unauthenticated for a connection that came without a valid key."""
        if self._viewer is None:
            raise Unauthenticated("Send an API key: `Authorization: Bearer KEY`.")
        return self._viewer

    @property
    def core(self) -> Core:
        return self.services.core

    @property
    def settings(self) -> Settings:
        return self.services.core.settings

    @property
    def kinds(self) -> KindRegistry:
        return self.services.core.kinds

    @property
    def installed(self) -> frozenset[tuple[str, int]]:
        """The kinds that this server knows, as (name, version)."""
        return frozenset((kind.name, kind.version) for kind in self.kinds)

    async def read(self, work: Callable[[Connection], Awaitable[Result]]) -> Result:
        """Run ``work`` on the snapshot. Raises AnswerTooLarge once the answer is: the snapshot ended with that."""

        async def within(connection: Connection) -> Result:
            self.allowance.check()
            try:
                return await work(connection)
            except Outgrown:
                self.allowance.outgrow()

        return await self._snapshot.read(within)

    async def refresh(self) -> None:
        """After this, reads see the database anew: mutations and subscriptions call it before each step."""
        await self._snapshot.close()
        self.allowance.renew()

    def events(self, first: int) -> DataLoader[int, list[feed.EventRow] | None]:
        """The first so many events of each record."""
        if first not in self._events:
            self._events[first] = self._bounded(
                lambda connection, ids, most: feed.events_of(connection, ids, first, most // ROW)
            )
        return self._events[first]

    def _loader(
        self, read: Callable[[Connection, Sequence[int]], Awaitable[dict[int, Row]]]
    ) -> DataLoader[int, Row | None]:
        """Reads of one level of the query go together; nothing is remembered from one level to the next."""

        async def load(keys: list[int]) -> list[Row | None]:
            once = list(dict.fromkeys(keys))  # one key may come several times, and is told each time
            found = await self.read(lambda connection: read(connection, once))
            asked = [found.get(key) for key in keys]
            self.allowance.spend(sum(size_of(row) for row in asked if row is not None))
            return asked

        return DataLoader(load, cache=False)

    def _bounded(
        self, read: Callable[[Connection, Sequence[int], int], Awaitable[dict[int, Row]]]
    ) -> DataLoader[int, Row | None]:
        """The same for what may be of any size: no more is read than what is left of the allowance."""
        return self._loader(lambda connection, ids: read(connection, ids, self.allowance.left))


@dataclass(slots=True)
class Session:
    """What comes before operations: one HTTP request, or one WebSocket with all its operations.

    ``size``: the bytes that an answer may have; ``outgrown``: whether the last one would have had more.
    ``outcome`` is that of the request's mutation where it was run already (api/compiled), and is only to be shown.
    """

    services: Services
    viewer: Principal | None = None
    secret: str | None = field(default=None, repr=False)
    watched: bool = False
    size: int = SMALL
    outgrown: bool = False
    outcome: Outcome | None = None
    connection_params: dict[str, Any] = field(default_factory=dict, repr=False)

    async def until_revoked(self, results: AsyncGenerator[Result, None]) -> AsyncIterator[Result]:
        """The results, until the key is revoked; of a WebSocket the whole is closed instead."""
        if self.secret is None or self.watched:
            async for result in results:
                yield result
            return
        with self.services.revocations.watch(self.secret) as revoked:
            ended = asyncio.ensure_future(revoked.wait())
            try:
                # again, as it may have been revoked before it was watched
                await self.services.authenticator.principal(self.secret)
                while True:
                    following = asyncio.ensure_future(anext(results))
                    try:
                        await asyncio.wait({following, ended}, return_when=asyncio.FIRST_COMPLETED)
                    finally:
                        if not following.done():
                            following.cancel()
                            await asyncio.gather(following, return_exceptions=True)
                    if following.cancelled():
                        return
                    try:
                        result = following.result()
                    except StopAsyncIteration:
                        return
                    yield result
            finally:
                ended.cancel()

    def context(self) -> Context:
        """The context of an operation, which is to be refreshed at its end."""
        most = self.services.core.settings.max_answer
        return Context(self.services, self.viewer, Allowance(min(self.size, most), most), self.outcome)

    @asynccontextmanager
    async def operation(self) -> AsyncIterator[Context]:
        """The context of one operation of this session; its snapshot ends with it.

        The key is looked at again: since the request began, or the socket was opened, it may have been revoked.
        Raises Unauthenticated then. What was done already is told all the same.
        """
        if self.secret is not None and self.outcome is None:
            self.viewer = await self.services.authenticator.principal(self.secret)
        context = self.context()
        try:
            yield context
        finally:
            self.outgrown = context.allowance.outgrown and not context.acted
            await context.refresh()


Info = StrawberryInfo[Context, None]

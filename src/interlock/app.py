"""The wiring: everything that a server is made of is put together here, and only here."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import asdict
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route, Router, WebSocketRoute
from starlette.websockets import WebSocketClose

from interlock.api.context import Services
from interlock.api.http.metrics import PATH as METRICS
from interlock.api.http.metrics import MetricsPage
from interlock.api.http.pages import page_routes
from interlock.api.http.view import GraphQLView
from interlock.api.trusted import TrustedDocuments
from interlock.domain.kinds import KindRegistry
from interlock.service.background import persist
from interlock.service.channels import Channels
from interlock.service.core import Core
from interlock.service.drain import Drain
from interlock.service.feed import Feed
from interlock.service.fleet_watch import FleetWatch
from interlock.service.identity import Authenticator
from interlock.service.readiness import Probe
from interlock.service.revocations import Revocations
from interlock.service.scraping import Scraping
from interlock.service.ticker import Ticker
from interlock.service.upkeep import keep_up
from interlock.settings import Settings
from interlock.store.database import Database
from interlock.tracing import traces_for

_GRAPHQL = "/graphql"
_ELSEWHERE = (
    "Not Found. GraphQL is at /graphql, the dashboard at /, GraphiQL at /graphiql, metrics at /metrics, health at "
    "/healthz and /readyz.\n"
)
_LAST_ROUND = 5.0
"""Seconds that the loops have to end when the server stops; they end at once, unless the database does not answer."""


@asynccontextmanager
async def running(settings: Settings, url: str) -> AsyncIterator[Services]:
    """All services on the database at ``url``, with their loops, until the block ends."""
    trusted = TrustedDocuments(settings)  # first: without them nothing is to be opened
    traces = traces_for(os.environ)
    database = await Database.open(
        url,
        size=settings.pool_size,
        statement_timeout=settings.operation_timeout,
        on_statement=None if traces is None else traces.statement,
    )
    core = Core(database, settings, KindRegistry.installed())
    ticker, feed = Ticker(core), Feed(core)
    core.changed = ticker.wake
    authenticator = Authenticator(core)
    channels = Channels(feed, settings.subscriber_lag)
    fleet = FleetWatch(core)
    drain = Drain(feed, fleet)
    revocations = Revocations(core, authenticator)
    services = Services(core, feed, channels, fleet, drain, authenticator, revocations, trusted, traces)
    services.measure()
    stop = asyncio.Event()

    async def follow() -> None:
        await ticker.epoch_known.wait()
        await feed.run(stop)

    loops = [
        asyncio.create_task(persist("ticker", stop, lambda: ticker.run(stop))),
        asyncio.create_task(persist("feed", stop, follow)),
        asyncio.create_task(persist("managers", stop, lambda: fleet.run(stop))),
        asyncio.create_task(persist("revocations", stop, lambda: services.revocations.run(stop))),
        asyncio.create_task(persist("upkeep", stop, lambda: keep_up(core, stop))),
    ]
    try:
        await feed.ready.wait()
        yield services
    finally:
        drain.begin()
        stop.set()
        await asyncio.wait(loops, timeout=_LAST_ROUND)
        for loop in loops:
            loop.cancel()
        await asyncio.gather(*loops, return_exceptions=True)
        database.terminate()
        if traces is not None:
            await asyncio.to_thread(traces.close)


def web(services: Services) -> Callable[..., Awaitable[None]]:
    """The ASGI application."""
    view: Any = GraphQLView(services)
    metrics = MetricsPage(
        Scraping(services.core, services.feed, services.authenticator), public=services.core.settings.metrics_public
    )
    probe = Probe(services.core, services.feed, services.drain)

    async def alive(_: Request) -> Response:
        return JSONResponse({"alive": True})  # the loop turns, or nobody would answer

    async def ready(_: Request) -> Response:
        found = await probe.look()
        return JSONResponse({"ready": found.ready, **asdict(found)}, 200 if found.ready else 503)

    async def elsewhere(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "http":
            await PlainTextResponse(_ELSEWHERE, 404)(scope, receive, send)
        else:
            await WebSocketClose()(scope, receive, send)

    # no more than a router: the view has answers for every error of its own
    router = Router(
        routes=[
            Route(_GRAPHQL, view),
            WebSocketRoute(_GRAPHQL, view),
            Route("/healthz", alive),
            Route("/readyz", ready),
            Route(METRICS, metrics.show),
            *page_routes(),
        ],
        default=elsewhere,
    )

    async def app(scope: Any, receive: Any, send: Any) -> None:
        # nearly every request is for GraphQL: to look for its route would be a tenth of a small one's time
        await (view if scope["path"] == _GRAPHQL else router)(scope, receive, send)

    return app

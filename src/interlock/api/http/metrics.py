"""Metrics in Prometheus's format, for whoever shows a key."""

from __future__ import annotations

from typing import Any, cast

from prometheus_client.exposition import choose_encoder
from prometheus_client.registry import Collector
from starlette.requests import Request
from starlette.responses import Response

from interlock.api.http.refusals import refusal
from interlock.api.sockets.handler import bearer
from interlock.domain.errors import InterlockError
from interlock.service.scraping import Scraping

PATH = "/metrics"


class MetricsPage:
    """``public``: whether it is shown without a key."""

    def __init__(self, scraping: Scraping, *, public: bool) -> None:
        self._scraping = scraping
        self._public = public

    async def show(self, request: Request) -> Response:
        try:
            if not self._public:
                await self._scraping.admit(bearer(request.headers.get("authorization")))
        except InterlockError as error:
            return refusal(error)
        collected: Any = await self._scraping.look()
        encode, media = choose_encoder(request.headers.get("accept", ""))
        return Response(encode(cast("Collector", collected)), headers={"Content-Type": media})

"""The demo's way to the server: one request at a time, and the feed."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Mapping
from typing import Any

from gql import Client, GraphQLRequest
from gql.client import AsyncClientSession
from gql.transport.exceptions import TransportError, TransportQueryError
from gql.transport.httpx import HTTPXAsyncTransport
from gql.transport.websockets import WebsocketsTransport
from websockets.exceptions import WebSocketException
from websockets.typing import Subprotocol

from interlock.demo import documents
from interlock.demo.failure import DemoFailed

_PROTOCOL = Subprotocol("graphql-transport-ws")


class Api:
    """What the holder of one key can do."""

    def __init__(self, url: str, key: str, session: AsyncClientSession) -> None:
        self.url = url
        self._key = key
        self._session = session

    @classmethod
    @contextlib.asynccontextmanager
    async def connect(cls, url: str, key: str) -> AsyncIterator[Api]:
        transport = HTTPXAsyncTransport(url=url, headers={"Authorization": f"Bearer {key}"}, timeout=60)
        async with Client(transport=transport, execute_timeout=None) as session:
            yield cls(url, key, session)

    async def ask(self, document: GraphQLRequest, **variables: Any) -> dict[str, Any]:
        """The answer's data. Raises gql's TransportError."""
        return await self._session.execute(GraphQLRequest(document, variable_values=variables))

    async def call(self, document: GraphQLRequest, **given: Any) -> dict[str, Any]:
        """The payload of a mutation. Raises DemoFailed where the server could do nothing with the input."""
        (payload,) = (await self.ask(document, input=given)).values()
        for error in payload["errors"]:
            raise DemoFailed(f"The server says: {error['message']}")
        return dict(payload)

    async def move(self, action: str, ids: list[str], reason: str) -> dict[str, Any]:
        """hold, release, retry, fail, kill or regenerate these records."""
        return await self.call(documents.move(action), target={"ids": ids}, reason=reason)

    async def follow(self, after: str, campaign: str) -> AsyncIterator[Mapping[str, Any]]:
        """Every status change of the campaign after the cursor, once, also over a connection that breaks."""
        url = self.url.replace("http", "ws", 1)
        payload = {"authorization": f"Bearer {self._key}"}
        while True:
            transport = WebsocketsTransport(url=url, init_payload=payload, subprotocols=[_PROTOCOL])
            request = GraphQLRequest(documents.FOLLOW, variable_values={"after": after, "campaign": campaign})
            try:
                async with Client(transport=transport) as session:
                    async for data in session.subscribe(request):
                        change = data["statusChanges"]
                        after = change["cursor"]
                        yield change
            except TransportQueryError:
                raise  # the server understood, and said no
            except (TransportError, WebSocketException, OSError):
                await asyncio.sleep(0.5)

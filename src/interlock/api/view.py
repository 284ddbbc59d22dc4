"""GraphQL over HTTP, server-sent events and WebSocket: who asks, and how answers are written."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import orjson
from cross_web import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.websockets import WebSocket
from strawberry.asgi import GraphQL
from strawberry.http.streaming import HTTPStreamTransport, MultipartSubscriptionTransport, SSETransport
from strawberry.subscriptions import (
    GRAPHQL_SSE_PROTOCOL,
    GRAPHQL_TRANSPORT_WS_PROTOCOL,
    MULTIPART_SUBSCRIPTION_PROTOCOL,
)

from interlock.api.compiled.reads import CompiledReads
from interlock.api.context import Services, Session
from interlock.api.errors import masked
from interlock.api.schema import build_schema
from interlock.api.sockets import SocketAdapter, SocketHandler, bearer
from interlock.domain.errors import InterlockError, Unauthenticated, Unavailable

_JSON_TYPES = ("application/json", "application/graphql-response+json", "application/*", "*/*")


class ServerSentEvents(SSETransport):
    """The graphql-sse protocol, distinct connections mode; lines end with LF, which every client knows."""

    def encode_event(self, event: str, data: str | None = None) -> str:
        return f"event: {event}\ndata: {data or ''}\n\n"

    def encode_comment(self, comment: str) -> str:
        return f": {comment}\n\n"


def _error_response(
    status: int, message: str, code: str, headers: Mapping[str, str] | None = None, **extensions: str
) -> Response:
    body = orjson.dumps({"errors": [{"message": message, "extensions": {"code": code, **extensions}}]})
    return Response(body, status, media_type="application/json", headers=dict(headers or {}))


class GraphQLView(GraphQL):
    """The GraphQL endpoint. Every request speaks for a principal, or is refused before it is parsed."""

    graphql_transport_ws_handler_class = SocketHandler
    websocket_adapter_class = SocketAdapter
    stream_transport_classes_by_protocol: Mapping[str, type[HTTPStreamTransport]] = {
        GRAPHQL_SSE_PROTOCOL: ServerSentEvents,
        MULTIPART_SUBSCRIPTION_PROTOCOL: MultipartSubscriptionTransport,
    }

    def __init__(self, services: Services) -> None:
        settings = services.core.settings
        schema = build_schema(settings)
        super().__init__(
            schema,
            graphql_ide=None,
            subscription_protocols=(
                GRAPHQL_TRANSPORT_WS_PROTOCOL,
                GRAPHQL_SSE_PROTOCOL,
                MULTIPART_SUBSCRIPTION_PROTOCOL,
            ),
        )
        self.services = services
        self._reads = CompiledReads(services.core, schema)
        self._stream_transport_map["sse"].heartbeat_interval = settings.idle_heartbeat

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "websocket":
            await super().__call__(scope, receive, send)
            return
        request = Request(scope, _limited(receive, self.services.core.settings.max_body))
        try:
            response = await self._compiled(request) or await self.run(request)
        except HTTPException as error:
            headers = {"Allow": "GET, POST"} if error.status_code == 405 else None  # noqa: PLR2004 - HTTP's own number
            response = _error_response(error.status_code, error.reason, "BAD_REQUEST", headers)
        except _TooLarge as error:
            # a client that is still sending would not hear the answer.
            await error.drain()
            response = _error_response(413, str(error), "LIMIT_EXCEEDED", {"Connection": "close"})
        except Unauthenticated as error:
            response = _error_response(401, str(error), error.code, {"WWW-Authenticate": "Bearer"})
        except Unavailable as error:
            response = _error_response(503, str(error), error.code, {"Retry-After": "1"})
        except InterlockError as error:
            response = _error_response(400, str(error), error.code)
        except Exception as error:  # noqa: BLE001 - masked, with all of it in the log
            message, extensions = masked(error)
            response = _error_response(500, message, **extensions)
        await response(scope, receive, send)

    async def _compiled(self, request: Request) -> Response | None:
        """The answer to a query that can be compiled; what is read of the request can be read again."""
        headers = request.headers
        if request.method != "POST" or headers.get("content-type") != "application/json":
            return None
        if self._get_stream_transport_from_headers(headers) is not None:
            return None
        viewer = await self.services.authenticator.principal(bearer(headers.get("authorization")))
        answer = await self._reads.answer(viewer, await request.body())
        return None if answer is None else Response(answer, media_type="application/json")

    async def get_context(self, request: Request | WebSocket, response: Any) -> Any:
        """A session; an HTTP request shows its key at once, a WebSocket with its first message."""
        del response
        session = Session(self.services)
        if isinstance(request, Request):
            secret = bearer(request.headers.get("authorization"))
            session.viewer = await self.services.authenticator.principal(secret)
            session.secret = secret
        else:
            session.connection_params = {"authorization": request.headers.get("authorization")}
        return session

    async def execute_single(self, *args: Any, **options: Any) -> Any:
        try:
            return await super().execute_single(*args, **options)
        except HTTPException as error:
            if "ubscription" in error.reason:
                raise HTTPException(
                    400, "A subscription needs `Accept: text/event-stream`, or a WebSocket (graphql-transport-ws)."
                ) from error
            raise

    async def on_ws_connect(self, context: Any) -> Any:
        return await SocketHandler.authenticate(context)

    def _get_stream_transport_from_headers(self, headers: Mapping[str, str]) -> HTTPStreamTransport | None:
        """What Accept lists first counts: clients that list event streams after JSON get JSON for queries."""
        accept = next((value for key, value in headers.items() if key.lower() == "accept"), "")
        for part in accept.split(","):
            media = part.strip()
            if media.split(";", 1)[0].lower() in _JSON_TYPES:
                return None
            for transport in self._stream_transport_map.values():
                if transport.accepts(media):
                    return transport
        return None

    def decode_json(self, data: str | bytes) -> object:
        try:
            return orjson.loads(data)
        except orjson.JSONDecodeError as error:
            raise json.JSONDecodeError(error.msg, error.doc, error.pos) from error

    def parse_json(self, data: str | bytes) -> Any:
        parsed = super().parse_json(data)
        if not isinstance(parsed, dict):
            raise HTTPException(400, "The request body must be a JSON object with a `query`. Batches are not enabled.")
        return parsed

    def encode_json(self, data: object) -> bytes:
        return orjson.dumps(data)

    def encode_json_string(self, data: object) -> str:
        return orjson.dumps(data).decode()


_PATIENCE = 4
"""What is read beyond the limit, and dropped, in multiples of it."""


class _TooLarge(Exception):
    """The body has more bytes than the server reads."""

    def __init__(self, limit: int, receive: Any) -> None:
        super().__init__(f"The request body has more than {limit} bytes. Send less in one call.")
        self._limit = limit
        self._receive = receive

    async def drain(self) -> None:
        """Read on, within reason, and drop it."""
        left = self._limit * _PATIENCE
        more = True
        while more and left > 0:
            message = await self._receive()
            left -= len(message.get("body", b""))
            more = message.get("more_body", False)


def _limited(receive: Any, limit: int) -> Any:
    """Stop reading a body that is larger than the limit, wherever it comes from."""
    total = 0

    async def receive_some() -> Any:
        nonlocal total
        message = await receive()
        if message["type"] == "http.request":
            total += len(message.get("body", b""))
            if total > limit:
                raise _TooLarge(limit, receive if message.get("more_body") else _nothing)
        return message

    return receive_some


async def _nothing() -> Any:
    return {}

"""GraphQL over HTTP, server-sent events and WebSocket: who asks, and how answers are written."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import orjson
from cross_web import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.websockets import WebSocket
from strawberry.asgi import GraphQL
from strawberry.http.streaming import HTTPStreamTransport, MultipartSubscriptionTransport, SSETransport
from strawberry.subscriptions import (
    GRAPHQL_SSE_PROTOCOL,
    GRAPHQL_TRANSPORT_WS_PROTOCOL,
    MULTIPART_SUBSCRIPTION_PROTOCOL,
)

from interlock.api.bodies import TooLarge, Written, again, whole
from interlock.api.compiled.reads import CompiledReads
from interlock.api.context import Services, Session
from interlock.api.errors import masked
from interlock.api.live.documents import LiveDocuments
from interlock.api.schema import build_schema
from interlock.api.sockets import SocketAdapter, SocketHandler, bearer
from interlock.domain.errors import InterlockError, Unauthenticated, Unavailable

_ACCEPTS = 100
"""Accept headers that are remembered with what they ask for: clients send the same few."""
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
        self.live = LiveDocuments(services, schema)
        self._transport = lru_cache(_ACCEPTS)(self._transport_for)
        self._stream_transport_map["sse"].heartbeat_interval = settings.idle_heartbeat

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "websocket":
            await super().__call__(scope, receive, send)
            return
        response: Any
        try:
            body = await whole(receive, self.services.core.settings.max_body) if scope["method"] == "POST" else b""
            response = await self._compiled(scope, body) or await self.run(Request(scope, again(body, receive)))
        except HTTPException as error:
            headers = {"Allow": "GET, POST"} if error.status_code == 405 else None  # noqa: PLR2004 - HTTP's own number
            response = _error_response(error.status_code, error.reason, "BAD_REQUEST", headers)
        except ClientDisconnect:
            return
        except TooLarge as error:
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

    async def _compiled(self, scope: Any, body: bytes) -> Written | None:
        """The answer to a query that can be compiled."""
        headers = dict(scope["headers"])
        if headers.get(b"content-type") != b"application/json" or not body or len(headers) < len(scope["headers"]):
            return None
        if self._transport(headers.get(b"accept", b"").decode("latin-1")) is not None:
            return None
        viewer = await self.services.authenticator.principal(
            bearer(headers.get(b"authorization", b"").decode("latin-1"))
        )
        answer = await self._reads.answer(viewer, body)
        return None if answer is None else Written(answer)

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
        return self._transport(next((value for key, value in headers.items() if key.lower() == "accept"), ""))

    def _transport_for(self, accept: str) -> HTTPStreamTransport | None:
        """What Accept lists first counts: clients that list event streams after JSON get JSON for queries."""
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

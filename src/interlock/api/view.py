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
from strawberry.http.parse_content_type import parse_content_type
from strawberry.http.streaming import HTTPStreamTransport, MultipartSubscriptionTransport, SSETransport
from strawberry.subscriptions import (
    GRAPHQL_SSE_PROTOCOL,
    GRAPHQL_TRANSPORT_WS_PROTOCOL,
    MULTIPART_SUBSCRIPTION_PROTOCOL,
)

from interlock.api.allowance import STEP, steps
from interlock.api.bodies import Bodies, Stalled, again
from interlock.api.compiled.requests import CompiledRequests
from interlock.api.context import Services, Session
from interlock.api.live.documents import LiveDocuments
from interlock.api.refusals import refusal
from interlock.api.room import Held, Room
from interlock.api.schema import build_schema
from interlock.api.sockets import SocketAdapter, SocketHandler, bearer
from interlock.api.written import Written
from interlock.store.bounded import Outgrown

_ACCEPTS = 100
"""Accept headers that are remembered with what they ask for: clients send the same few."""
_LARGE_ANSWERS = 2
"""Answers of the largest size that there may be at a time; of smaller ones, as many as have the same bytes."""
_ONE_LINE = str.maketrans("\r\n", "  ")
_JSON_TYPES = ("application/json", "application/graphql-response+json", "application/*", "*/*")
_SESSION = "interlock.session"
"""Where an ASGI scope has the session of its request, once there is one."""


class ServerSentEvents(SSETransport):
    """The graphql-sse protocol, distinct connections mode; lines end with LF, which every client knows."""

    def encode_event(self, event: str, data: str | None = None) -> str:
        # JSON that came into the database by other ways may stand in several lines, which mean nothing in it
        return f"event: {event}\ndata: {(data or '').translate(_ONE_LINE)}\n\n"

    def encode_comment(self, comment: str) -> str:
        return f": {comment}\n\n"


async def _nobody(scope: Any, receive: Any, send: Any) -> None:
    """The response to a client that has gone."""


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
        self._requests = CompiledRequests(services.core, schema, services.trusted)
        self.live = LiveDocuments(services, schema)
        self._bodies = Bodies(settings)
        self._steps = steps(settings)
        self._answers = Room(_LARGE_ANSWERS * settings.max_answer)
        self._transport = lru_cache(_ACCEPTS)(self._transport_for)
        self._stream_transport_map["sse"].heartbeat_interval = settings.idle_heartbeat

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "websocket":
            await super().__call__(scope, receive, send)
            return
        held = Held()
        try:
            await (await self._answer(scope, receive, held))(scope, receive, send)
        finally:
            held.leave()

    async def _answer(self, scope: Any, receive: Any, held: Held) -> Any:
        """The response, whatever happens."""
        incoming = self._bodies.incoming(scope, receive)
        try:
            body = b""
            if incoming.more:
                await self._known(scope)  # or nothing is read; and again later, as it may be revoked meanwhile
                body = await self._bodies.whole(scope, incoming, held)
            return await self._within_steps(scope, body, receive, held)
        except ClientDisconnect:
            return _nobody
        except Stalled as error:
            return refusal(error)
        except Exception as error:  # noqa: BLE001 - a fault is masked, with all of it in the log
            return self._bodies.unread(refusal(error), incoming)

    async def _within_steps(self, scope: Any, body: bytes, receive: Any, held: Held) -> Any:
        """The response, with room held for it if it is large: that shows only when a smaller one is not enough."""
        *smaller, most = self._steps
        for size in smaller:
            response = await self._attempt(scope, body, receive, size)
            if response is not None:
                return self._sized(response, held)
            await held.take(self._answers, min(size * STEP, most))
        return self._sized(await self._attempt(scope, body, receive, most, last=True), held)

    async def _attempt(self, scope: Any, body: bytes, receive: Any, size: int, *, last: bool = False) -> Any:
        """The response, if its answer has at most so many bytes; None for a larger one that may be tried again."""
        try:
            if answer := await self._compiled(scope, body, size):
                return answer
        except Outgrown:
            if not last:
                return None
            # a plan counts its roots each by itself: altogether they may still be within bounds
        session = await self.get_context(request := Request(scope, again(body, receive)), None)
        session.size = size
        response: Any = await self.run(request, context=session)
        return None if session.outgrown and not last and isinstance(response, Written) else response

    def _sized(self, response: Any, held: Held) -> Any:
        """The response, with no more room held than it takes."""
        held.keep(self._answers, len(response.body) if isinstance(response, Written) else 0)
        return response

    async def _known(self, scope: Any) -> Session:
        """The session of who asks by HTTP. Raises Unauthenticated."""
        authorization = next((value for name, value in scope["headers"] if name == b"authorization"), b"")
        secret = bearer(authorization.decode("latin-1"))
        return Session(self.services, await self.services.authenticator.principal(secret), secret)

    async def _compiled(self, scope: Any, body: bytes, size: int) -> Written | None:
        """The answer to an operation that can be compiled; else the scope has the session, with what was done."""
        headers = dict(scope["headers"])
        if headers.get(b"content-type") != b"application/json" or not body or len(headers) < len(scope["headers"]):
            return None
        if self._transport(headers.get(b"accept", b"").decode("latin-1")) is not None:
            return None
        session = scope[_SESSION] = await self._known(scope)
        session.size = size
        answer = await self._requests.answer(session, body)
        return None if answer is None else Written(answer)

    async def get_context(self, request: Request | WebSocket, response: Any) -> Any:
        """A session; an HTTP request shows its key at once, a WebSocket with its first message."""
        del response
        if _SESSION in request.scope:
            return request.scope[_SESSION]
        session = Session(self.services)
        if isinstance(request, Request):
            secret = bearer(request.headers.get("authorization"))
            session.viewer = await self.services.authenticator.principal(secret)
            session.secret = secret
        else:
            session.connection_params = {"authorization": request.headers.get("authorization")}
        return session

    def should_render_graphql_ide(self, request: Any) -> bool:
        """Never here: a GET without ``query`` may name a trusted document."""
        del request
        return False

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

    async def parse_http_body(self, request: Any) -> Any:
        kind = request.content_type or ""
        if request.method == "POST" and "application/json" not in parse_content_type(kind)[0]:
            said = f"not {kind[:80]}" if kind else "and must be said to be"
            raise HTTPException(
                415, f"A request body is JSON here, {said}: send it with `Content-Type: application/json`."
            )
        return await super().parse_http_body(request)

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

    def create_response(self, response_data: Any, sub_response: Response) -> Any:
        return Written(self.encode_json(response_data), sub_response.status_code or 200)

    def encode_json(self, data: object) -> bytes:
        return orjson.dumps(data)

    def encode_json_string(self, data: object) -> str:
        return orjson.dumps(data).decode()

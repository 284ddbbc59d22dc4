"""GraphQL over HTTP, server-sent events and WebSocket: who asks, and how answers are written."""

from __future__ import annotations

import asyncio
import json
from datetime import timedelta
from typing import Any

import orjson
from cross_web import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.websockets import WebSocket
from strawberry.asgi import GraphQL
from strawberry.schema.exceptions import CannotGetOperationTypeError, InvalidOperationTypeError
from strawberry.subscriptions import GRAPHQL_TRANSPORT_WS_PROTOCOL

from interlock.api.compiled.requests import CompiledRequests
from interlock.api.context import Services, Session, within
from interlock.api.http.answers import answer, unknown
from interlock.api.http.bodies import Bodies, Stalled, again
from interlock.api.http.negotiation import Media, accepted
from interlock.api.http.refusals import ChangeByGet, refusal
from interlock.api.http.requests import asked, changes_by_get
from interlock.api.http.room import Held, Room
from interlock.api.http.streams import Streams
from interlock.api.http.written import Written
from interlock.api.limits.allowance import STEP, steps
from interlock.api.live.documents import LiveDocuments
from interlock.api.schema import build_schema
from interlock.api.sockets.handler import SocketAdapter, SocketHandler, bearer
from interlock.api.sockets.places import Places
from interlock.api.watching import Watch
from interlock.domain.errors import Unavailable
from interlock.logs import context
from interlock.store.bounded import Outgrown

_LARGE_ANSWERS = 2
"""Answers of the largest size that there may be at a time; of smaller ones, as many as have the same bytes."""
_USUAL = (b"application/json", b"application/json; charset=utf-8", b"application/json;charset=utf-8")
_MOMENT = 1.0
"""Seconds over an operation's deadline, in which it says itself that it was stopped."""
_SESSION = "interlock.session"
"""Where an ASGI scope has the session of its request, once there is one."""


_NO_STREAM = (
    "A subscription needs a stream: `Accept: text/event-stream` (or Apollo's multipart/mixed;subscriptionSpec=1.0), "
    "or a WebSocket (graphql-transport-ws)."
)


_GIVEN_UP = (
    "The server is leaving, and could not wait until this was done. A change may have been made all the same: ask "
    "again, under the same idempotencyKey."
)


async def _nobody(scope: Any, receive: Any, send: Any) -> None:
    """The response to a client that has gone."""


def _accept(scope: Any) -> bytes:
    return b",".join(value for name, value in scope["headers"] if name == b"accept")


def _whole(scope: Any) -> Media:
    """What a refusal is written as."""
    try:
        return accepted(_accept(scope)).single
    except HTTPException:
        return Media.JSON


class GraphQLView(GraphQL):
    """The GraphQL endpoint. Every request speaks for a principal, or is refused before it is parsed."""

    graphql_transport_ws_handler_class = SocketHandler
    websocket_adapter_class = SocketAdapter

    def __init__(self, services: Services) -> None:
        settings = services.core.settings
        schema = build_schema(settings)
        super().__init__(
            schema,
            graphql_ide=None,
            subscription_protocols=(GRAPHQL_TRANSPORT_WS_PROTOCOL,),
            connection_init_wait_timeout=timedelta(seconds=settings.init_timeout),
            max_subscriptions_per_connection=None,  # the handler has a limit of its own
        )
        self.services = services
        self._requests = CompiledRequests(services.core, schema, services.trusted)
        self.live = LiveDocuments(services, schema)
        self.places = Places(settings.max_sockets)
        self.watch = Watch(services.core.metrics, services.traces)
        self._bodies = Bodies(settings)
        self._steps = steps(settings)
        self._longest = settings.operation_timeout + _MOMENT
        self._answers = Room(_LARGE_ANSWERS * settings.max_answer)
        self._streams = Streams(settings.idle_heartbeat, self.encode_json_string)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "websocket":
            await super().__call__(scope, receive, send)
            return
        held = Held()
        watched = self.watch.request(scope, send)
        try:
            await (await self._answer(scope, receive, held))(scope, receive, watched.send)
        finally:
            held.leave()
            watched.end()

    async def _answer(self, scope: Any, receive: Any, held: Held) -> Any:
        """The response, whatever happens."""
        incoming = self._bodies.incoming(scope, receive)
        try:
            body = b""
            if incoming.more:
                async with within(self._longest):
                    await self._known(scope)  # or nothing is read; and again later, as it may be revoked meanwhile
                body = await self._bodies.whole(scope, incoming, held)
            return await self._within_steps(scope, body, receive, held)
        except ClientDisconnect:
            return _nobody
        except Stalled as error:
            return refusal(error, _whole(scope))
        except asyncio.CancelledError:
            if not self.services.drain.gives_up():
                raise
            return self._bodies.unread(refusal(Unavailable(_GIVEN_UP), _whole(scope)), incoming)
        except Exception as error:  # noqa: BLE001 - a fault is masked, with all of it in the log
            return self._bodies.unread(refusal(error, _whole(scope)), incoming)

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
        """The response, if its answer has at most so many bytes; None for a larger one that may be tried again.

        Raises DeadlineExceeded where all of it together took too long: also to look the key up, and to try both ways.
        """
        async with within(self._longest):
            try:
                if compiled := await self._compiled(scope, body, size):
                    return compiled
            except Outgrown:
                if not last:
                    return None
                # a plan counts its roots each by itself: altogether they may still be within bounds
            session = await self.get_context(request := Request(scope, again(body, receive)), None)
            session.size = size
            response: Any = await self._run(request, session)
            return None if session.outgrown and not last and isinstance(response, Written) else response

    def _sized(self, response: Any, held: Held) -> Any:
        """The response, with no more room held than it takes."""
        held.keep(self._answers, len(response.body) if isinstance(response, Written) else 0)
        return response

    async def _known(self, scope: Any) -> Session:
        """The session of who asks by HTTP, whose key is looked at anew each time. Raises Unauthenticated."""
        session: Session | None = scope.get(_SESSION)
        if session is None:
            authorization = next((value for name, value in scope["headers"] if name == b"authorization"), b"")
            session = scope[_SESSION] = Session(self.services, secret=bearer(authorization.decode("latin-1")))
        assert session.secret is not None
        session.viewer = await self.services.authenticator.principal(session.secret)
        context()["actor"] = session.viewer.name
        return session

    async def _compiled(self, scope: Any, body: bytes, size: int) -> Written | None:
        """The answer to an operation that can be compiled; else the session has what was done."""
        headers = dict(scope["headers"])
        if headers.get(b"content-type") not in _USUAL or not body or len(headers) < len(scope["headers"]):
            return None
        wanted = accepted(headers.get(b"accept", b""))
        if not wanted.whole:
            return None
        session = await self._known(scope)
        session.size = size
        written = await self._requests.answer(session, body)
        return None if written is None else Written(written, media=wanted.single)

    async def get_context(self, request: Request | WebSocket, response: Any) -> Any:
        """A session; an HTTP request shows its key at once, a WebSocket with its first message."""
        del response
        if isinstance(request, Request):
            return await self._known(request.scope)
        return Session(self.services, connection_params={"authorization": request.headers.get("authorization")})

    async def _run(self, request: Request, session: Session) -> Any:
        """The response to an operation that graphql-core executes. Raises HTTPException, among others."""
        operation = await asked(request, self.services.trusted)
        media = accepted(_accept(request.scope))
        if changes_by_get(request, operation, session.services.core.settings.max_tokens):
            raise ChangeByGet
        options: dict[str, Any] = {
            "variable_values": operation.variables,
            "context_value": session,
            "operation_name": operation.operation_name,
            "operation_extensions": operation.extensions,
        }
        if not media.whole:
            return self._streams.response(media.single, await self.schema.stream(operation.query, **options))
        try:
            result = await self.schema.execute(operation.query, **options)
        except CannotGetOperationTypeError as error:
            return answer(unknown(error), media.single)
        except InvalidOperationTypeError as error:
            if media.stream is not None:
                return self._streams.response(media.stream, await self.schema.stream(operation.query, **options))
            raise HTTPException(400, _NO_STREAM) from error
        return answer(result, media.single)

    def decode_json(self, data: str | bytes) -> object:
        try:
            return orjson.loads(data)
        except orjson.JSONDecodeError as error:
            raise json.JSONDecodeError(error.msg, error.doc, error.pos) from error

    def encode_json(self, data: object) -> bytes:
        return orjson.dumps(data)

    def encode_json_string(self, data: object) -> str:
        return orjson.dumps(data).decode()

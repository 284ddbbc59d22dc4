"""The graphql-transport-ws socket: its key, its end when that is revoked, and its patience with slow readers."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from contextlib import AbstractContextManager, ExitStack
from typing import Any

from graphql import GraphQLError
from starlette.websockets import WebSocketState
from strawberry.asgi import ASGIWebSocketAdapter
from strawberry.exceptions import ConnectionRejectionError
from strawberry.http.exceptions import WebSocketDisconnected
from strawberry.subscriptions.protocols.graphql_transport_ws.handlers import BaseGraphQLTransportWSHandler
from strawberry.types.unset import UNSET

from interlock.api.context import Session
from interlock.api.errors import masked, presentable
from interlock.api.live.delivery import deliver
from interlock.api.live.documents import Followed, LiveDocuments
from interlock.api.live.frames import frame
from interlock.api.live.protocol import EXTENSION, Gone, OpenFrames
from interlock.domain.errors import InterlockError, Unauthenticated, Unavailable

_PING = frame(b'{"type":"ping"}')
_TRY_AGAIN = 1013
_FAULT = 1011
_LONGEST_REASON = 123
"""Bytes: what a close frame has room for."""


def bearer(header: str | None) -> str:
    """The key of an Authorization header. Raises Unauthenticated where there is none."""
    scheme, _, secret = (header or "").partition(" ")
    if scheme.lower() != "bearer" or not secret.strip():
        raise Unauthenticated("Send an API key: `Authorization: Bearer KEY`.")
    return secret.strip()


class SocketAdapter(ASGIWebSocketAdapter):
    """Sends wait for the reader, but not for ever: nothing is buffered for one that has stopped reading."""

    @property
    def frames(self) -> OpenFrames:
        """Where whole frames can be written."""
        found: OpenFrames = self.ws.scope["extensions"][EXTENSION]
        return found

    async def send_json(self, message: Mapping[str, object]) -> None:
        view: Any = self.view
        try:
            async with asyncio.timeout(view.services.core.settings.send_timeout):
                await self.ws.send_text(view.encode_json_string(message))
        except TimeoutError as error:
            raise WebSocketDisconnected from error

    async def close(self, code: int, reason: str) -> None:
        if self.ws.application_state != WebSocketState.DISCONNECTED:
            await self.ws.close(code=code, reason=reason.encode()[:_LONGEST_REASON].decode(errors="ignore"))


def _fault(message: Any) -> str | None:  # noqa: PLR0911 - one return for each rule
    """What makes a frame no message of the protocol, where Strawberry takes its shape for granted."""
    if not isinstance(message, dict):
        return "A message must be a JSON object"
    kind = message.get("type")
    if not isinstance(kind, str):
        return "A message must have a type"
    if kind in {"subscribe", "complete"} and not isinstance(message.get("id"), str):
        return f"{kind}: id must be a string"
    if kind != "subscribe":
        return None
    payload = message.get("payload")
    if not isinstance(payload, dict) or not isinstance(payload.get("extensions") or {}, dict):
        return "subscribe: payload and its extensions must be objects"
    if not isinstance(payload.get("query", "" if payload.get("extensions") else None), str):
        return "subscribe: payload must have a query"
    if not isinstance(payload.get("variables") or {}, dict):
        return "subscribe: variables must be an object"
    if not isinstance(payload.get("operationName") or "", str):
        return "subscribe: operationName must be a string"
    return None


class Heartbeat(AbstractContextManager[None]):
    """Pings that a browser's client can see, so that a dead connection does not look like a quiet one.

    A timer, not a task: most sockets do nothing else for most of the time.
    """

    def __init__(self, socket: OpenFrames, interval: float) -> None:
        self._socket = socket
        self._interval = interval

    def __enter__(self) -> None:
        self._wait()

    def __exit__(self, *_: object) -> None:
        self._timer.cancel()

    def _wait(self) -> None:
        self._timer = asyncio.get_running_loop().call_later(self._interval, self._beat)

    def _beat(self) -> None:
        self._socket.offer_frames(_PING)
        self._wait()


class SocketHandler(BaseGraphQLTransportWSHandler[Any, None]):
    """One socket. Its key comes with the handshake's Authorization header, or in the payload of connection_init."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._ends = ExitStack()
        socket: Any = self.websocket
        self._frames: OpenFrames = socket.frames

    @staticmethod
    async def authenticate(session: Session) -> Any:
        """Find out who speaks. Raises ConnectionRejectionError, upon which the socket is closed with 4403."""
        given = session.connection_params.get("authorization") or session.connection_params.get("Authorization")
        try:
            secret = bearer(given if isinstance(given, str) else None)
            session.viewer = await session.services.authenticator.principal(secret)
        except Unauthenticated as error:
            raise ConnectionRejectionError from error
        session.secret = secret
        return UNSET

    async def handle_subscribe(self, message: Any) -> None:
        payload = message["payload"]
        try:
            text = self.context.services.trusted.text(payload.get("query"), payload.get("extensions"))
        except InterlockError as error:
            if self.connection_acknowledged:
                refusal = presentable(GraphQLError(str(error), original_error=error)).formatted
                await self.send_message({"id": message["id"], "type": "error", "payload": [refusal]})
                return
            text = None
        message["payload"] = {**payload, "query": text or ""}
        await super().handle_subscribe(message)

    async def run_operation(self, operation: Any) -> None:
        followed = await self._followed(operation)
        if followed is None:
            await super().run_operation(operation)
        else:
            await self._deliver(operation, followed)

    async def _followed(self, operation: Any) -> Followed | None:
        """What all who ask the same share; None for what graphql-core must execute."""
        session: Session = self.context
        view: Any = self.view
        documents: LiveDocuments = view.live
        if session.secret is None:
            return None
        try:
            # again: since the socket was opened, it may have been revoked
            viewer = await session.services.authenticator.principal(session.secret)
            return await documents.followed(viewer, operation.query, operation.variables, operation.operation_name)
        except (Unauthenticated, Unavailable):
            return None

    async def _deliver(self, operation: Any, followed: Followed) -> None:
        """Let the subscriber have what comes until the feed is closed, or the socket is gone."""
        try:
            await deliver(followed, self._frames, operation.id, self.context.services.core.settings.send_timeout)
        except Gone:
            return
        except Exception as error:  # noqa: BLE001 - masked, or meant for the subscriber
            shown = presentable(GraphQLError(str(error), original_error=error)).formatted
            await operation.send_operation_message(
                {"id": operation.id, "type": "next", "payload": {"data": None, "errors": [shown]}}
            )
        await operation.send_operation_message({"id": operation.id, "type": "complete"})

    @staticmethod
    def _get_pre_execution_close_reason(error: GraphQLError) -> None:
        """None: what is wrong with one operation ends that one, and no other."""
        del error

    async def handle_message(self, message: Any) -> None:
        if fault := _fault(message):
            await self.handle_invalid_message(fault)
        else:
            await super().handle_message(message)

    async def handle_connection_init(self, message: Any) -> None:
        session: Session = self.context
        handshake = session.connection_params
        payload = message.get("payload") or {}
        if isinstance(payload, dict):
            message = {**message, "payload": {**{k: v for k, v in handshake.items() if v}, **payload}}
        try:
            await super().handle_connection_init(message)
        except Unavailable as error:
            await self.websocket.close(code=_TRY_AGAIN, reason=str(error))
            return
        except WebSocketDisconnected:
            raise
        except Exception as error:  # noqa: BLE001 - masked, with all of it in the log
            message, _ = masked(error)
            await self.websocket.close(code=_FAULT, reason=message)
            return
        if session.secret is not None and not session.watched:
            session.watched = True
            revoked = self._ends.enter_context(session.services.revocations.watch(session.secret))
            try:  # again, as it may have been revoked before it was watched
                await session.services.authenticator.principal(session.secret)
            except Unauthenticated:
                revoked.set()
            self._ends.callback(asyncio.create_task(self._close_when(revoked)).cancel)
            self._ends.enter_context(Heartbeat(self._frames, session.services.core.settings.idle_heartbeat))

    async def _close_when(self, revoked: asyncio.Event) -> None:
        await revoked.wait()
        await self.websocket.close(code=4403, reason="The API key was revoked")

    async def handle(self) -> None:
        with self._ends:
            await super().handle()

"""The graphql-transport-ws socket: its key, its end when that is revoked, and its patience with slow readers."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Mapping
from contextlib import AbstractContextManager, ExitStack, aclosing, suppress
from typing import Any

import structlog
from graphql import GraphQLError
from starlette.websockets import WebSocketDisconnect, WebSocketState
from strawberry.asgi import ASGIWebSocketAdapter
from strawberry.http.exceptions import WebSocketDisconnected
from strawberry.subscriptions.protocols.graphql_transport_ws.handlers import BaseGraphQLTransportWSHandler

from interlock.api.context import Session
from interlock.api.errors import masked, shown, until_restart
from interlock.api.live.delivery import deliver
from interlock.api.live.documents import Followed, LiveDocuments
from interlock.api.live.frames import frame
from interlock.api.live.protocol import EXTENSION, Gone, OpenFrames
from interlock.api.sockets.messages import fault
from interlock.api.sockets.places import NoPlace
from interlock.api.watching import watch_socket
from interlock.domain.cursor import FeedCursor
from interlock.domain.errors import InterlockError, Restarting, Unauthenticated, Unavailable
from interlock.logs import context
from interlock.service.drain import Drain

log = structlog.get_logger()

_PING = frame(b'{"type":"ping"}')
_RESTART = 1012
_TRY_AGAIN = 1013
_FAULT = 1011
_ORDERLY = (1000, 1001, _RESTART)
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
        await self._in_time(self.ws.send_text(view.encode_json_string(message)))

    async def close(self, code: int, reason: str) -> None:
        if code not in _ORDERLY:
            log.info("socket closed", code=code)
        if self.ws.application_state != WebSocketState.DISCONNECTED:
            with suppress(WebSocketDisconnected):
                await self._in_time(self.ws.close(code, reason.encode()[:_LONGEST_REASON].decode(errors="ignore")))

    async def _in_time(self, sending: Awaitable[None]) -> None:
        """Raises WebSocketDisconnected. A reader that does not take it is cut off: a close frame would not reach it."""
        view: Any = self.view
        try:
            async with asyncio.timeout(view.services.core.settings.send_timeout):
                await sending
        except TimeoutError as error:
            self.frames.transport.abort()
            raise WebSocketDisconnected from error
        except (WebSocketDisconnect, RuntimeError) as error:  # closed meanwhile, by either side
            raise WebSocketDisconnected from error


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
    """One socket. Its key comes with the handshake's Authorization header, or in the payload of connection_init.

    When the server leaves, it is closed as soon as its operations have ended. Its subscriptions end without `complete`,
    so that clients subscribe again; the reason has the cursor of that to the feed which is furthest behind.
    """

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._ends = ExitStack()
        socket: Any = self.websocket
        self._frames: OpenFrames = socket.frames
        self._drain: Drain = self.context.services.drain
        self._cursors: list[FeedCursor] = []
        """Where those of its subscriptions stand that the leaving server has ended."""

    async def run_operation(self, operation: Any) -> None:
        view: Any = self.view
        socket: Any = self.websocket
        with view.watch.operation(socket.ws.scope):
            await self._run(operation)

    async def _run(self, operation: Any) -> None:
        """Whatever becomes of one operation, the socket lives on."""
        try:
            followed = await self._followed(operation)
            if followed is not None:
                await self._deliver(operation, followed)
            else:
                await self._execute(operation)
            await operation.send_operation_message({"id": operation.id, "type": "complete"})
        except (Gone, WebSocketDisconnected):
            return
        except Restarting as error:
            if (cursor := error.details.get("cursor")) is not None:
                self._cursors.append(FeedCursor.parse(cursor))
            operation.completed = True
            self.operations.pop(operation.id, None)
        except Exception as error:  # noqa: BLE001 - masked, or meant for who asked
            with suppress(WebSocketDisconnected):
                await operation.send_initial_errors([shown(error)])
        if self._drain.begun and not self.operations:
            await self._take_leave()

    def _leave(self) -> None:
        if not self.operations:
            self._ends.callback(asyncio.create_task(self._take_leave()).cancel)

    async def _take_leave(self) -> None:
        reason = "The server is leaving."
        if self._cursors:
            resume = f"{reason} Resume after {min(self._cursors, key=lambda cursor: cursor.position)}"
            reason = resume if len(resume) <= _LONGEST_REASON else reason
        await self.websocket.close(_RESTART, reason)
        self._drain.gone(self)

    async def _execute(self, operation: Any) -> None:
        results = await self.schema.stream(
            operation.query,
            variable_values=operation.variables,
            context_value=self.context,
            operation_name=operation.operation_name,
        )
        async with aclosing(until_restart(results)) as unbroken:
            await self._send_result_stream(operation, unbroken)

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
        """Let the subscriber have what comes until the feed is closed. Raises Gone with the socket."""
        try:
            await deliver(followed, self._frames, operation.id, self.context.services.core.settings.send_timeout)
        except (Gone, Restarting):
            raise
        except Exception as error:  # noqa: BLE001 - masked, or meant for the subscriber
            payload = {"data": None, "errors": [shown(error).formatted]}
            await operation.send_operation_message({"id": operation.id, "type": "next", "payload": payload})

    @staticmethod
    def _get_pre_execution_close_reason(error: GraphQLError) -> None:
        """None: what is wrong with one operation ends that one, and no other."""
        del error

    async def handle_message(self, message: Any) -> None:
        if wrong := fault(message):
            await self.handle_invalid_message(wrong)
            return
        try:
            await super().handle_message(message)
        except WebSocketDisconnected:
            raise
        except Exception as error:  # noqa: BLE001 - masked, with all of it in the log
            told, _ = masked(error)
            await self.websocket.close(_FAULT, told)

    async def handle_ping(self, message: Any) -> None:
        payload = message.get("payload")
        await self.websocket.send_json({"type": "pong"} | ({} if payload is None else {"payload": payload}))

    async def handle_subscribe(self, message: Any) -> None:
        if self.connection_acknowledged and message["id"] not in self.operations:
            try:
                message["payload"]["query"] = self._document(message["payload"])
            except InterlockError as error:
                await self.websocket.send_json(
                    {"id": message["id"], "type": "error", "payload": [shown(error).formatted]}
                )
                return
        await super().handle_subscribe(message)

    def _document(self, payload: Mapping[str, Any]) -> str:
        """The document of another operation. Raises NoPlace, and what :meth:`TrustedDocuments.text` does."""
        services = self.context.services
        most = services.core.settings.max_operations
        if len(self.operations) >= most:
            raise NoPlace(
                f"The socket has {len(self.operations)} operations under way, and may have {most} "
                "(INTERLOCK_MAX_OPERATIONS). Complete some, or open another socket."
            )
        return services.trusted.text(payload.get("query"), payload.get("extensions")) or ""

    async def handle_connection_init(self, message: Any) -> None:
        if self.connection_init_received:
            await self.websocket.close(4429, "Too many initialisation requests")
            return
        self.connection_init_received = True
        if self.connection_init_timeout_task:
            self.connection_init_timeout_task.cancel()
        if self._drain.begun:
            await self._take_leave()
            return
        try:
            revoked = await self._admitted(message.get("payload") or {})
        except Unauthenticated as error:
            await self.websocket.close(4401, str(error))
        except (NoPlace, Unavailable) as error:
            await self.websocket.close(_TRY_AGAIN, str(error))
        else:
            await self.websocket.send_json({"type": "connection_ack"})
            self.connection_acknowledged = True
            self._ends.callback(asyncio.create_task(self._close_when(revoked)).cancel)
            self._ends.enter_context(Heartbeat(self._frames, self.context.services.core.settings.idle_heartbeat))

    async def _admitted(self, payload: Mapping[str, Any]) -> asyncio.Event:
        """Find out who speaks; an event that is set when the key is revoked.

        Raises Unauthenticated, NoPlace and Unavailable.
        """
        session: Session = self.context
        view: Any = self.view
        given = (
            payload.get("authorization") or payload.get("Authorization") or session.connection_params["authorization"]
        )
        secret = bearer(given if isinstance(given, str) else None)
        session.viewer = await session.services.authenticator.principal(secret)
        context()["actor"] = session.viewer.name
        self._ends.enter_context(view.places.taken(secret))
        revoked = self._ends.enter_context(session.services.revocations.watch(secret))
        session.secret, session.watched = secret, True
        # again, as it may have been revoked before it was watched
        await session.services.authenticator.principal(secret)
        return revoked

    async def _close_when(self, revoked: asyncio.Event) -> None:
        """4403, after which clients connect again, with the key that they have by then; 4401 they take for final."""
        await revoked.wait()
        await self.websocket.close(code=4403, reason="The API key was revoked")

    async def handle(self) -> None:
        socket: Any = self.websocket
        watch_socket(socket.ws.scope)
        self._drain.welcome(self, self._leave)
        self._ends.callback(self._drain.gone, self)
        with self._ends:
            try:
                await super().handle()
            except asyncio.CancelledError:
                if not self._drain.gives_up():  # else it has been told by uvicorn: 1012
                    raise

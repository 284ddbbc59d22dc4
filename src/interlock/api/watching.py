"""One request or operation from its beginning to its end: its id in the log, its line there, its duration, its span.

An operation is known by what the schema has a name for: its type (query, mutation, subscription) and its root field.
What clients make up, such as operation names, stands in the log and in spans only, and is cut.
"""

from __future__ import annotations

import itertools
import secrets
import time
from collections.abc import Mapping
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any

import structlog
from graphql import FieldNode, OperationDefinitionNode, get_operation_ast
from strawberry.extensions import SchemaExtension

from interlock.service.identity import KEY_PREFIX
from interlock.service.metrics import Metrics
from interlock.tracing import Span, Traces

log = structlog.get_logger()

REQUEST_ID = b"x-request-id"
_LONGEST = 100
"""Characters of an id or a name that a client chose."""
_MOST_FIELDS = 5
_REFUSED = 400
_FAULT = 500
_LEFT = 499
"""What nginx calls a client that left before it was answered."""
_FAULTS = frozenset({"INTERNAL", "UNAVAILABLE", "DEADLINE_EXCEEDED"})
"""Refusals that are no client's fault."""

_prefix = secrets.token_hex(6)
_numbers = itertools.count(1)


@dataclass(slots=True, eq=False)
class Watched:
    """What is known so far of the operation under way."""

    kind: str = ""
    fields: tuple[str, ...] = ()
    name: str | None = None
    codes: list[str] = field(default_factory=list)
    """Why it was refused."""
    told: bool = False
    """Whether the log has a line of it."""

    def operation(self, kind: str, fields: tuple[str, ...], name: str | None) -> None:
        self.kind, self.fields, self.name = kind, fields, name

    def refused(self, code: str) -> None:
        if code not in self.codes:
            self.codes.append(code)

    @property
    def title(self) -> str:
        """What it is called, in few words of the schema."""
        return f"{self.kind} {self.fields[0]}" if len(self.fields) == 1 else self.kind or "GraphQL Operation"


_PRESENT: ContextVar[Watched] = ContextVar("watched")


def present() -> Watched:
    """The operation under way; where none is watched, nobody will ask."""
    return _PRESENT.get(None) or Watched()


def request_id(given: bytes | None = None) -> str:
    """The id that a client or a proxy gave, if it can stand in a log as it is; else one of our own."""
    if given and len(given) <= _LONGEST and given.isascii():
        text = given.decode()
        if text.isprintable() and KEY_PREFIX not in text:
            return text
    return f"{_prefix}{next(_numbers):06x}"


class Watch:
    """Watches what one server is asked."""

    def __init__(self, metrics: Metrics, traces: Traces | None) -> None:
        self._metrics = metrics
        self._traces = traces

    def request(self, scope: Any, send: Any) -> WatchedRequest:
        """The HTTP request of this scope has begun."""
        return WatchedRequest(self._metrics, self._traces, scope, send)

    def operation(self, scope: Any) -> WatchedOperation:
        """An operation on the WebSocket of this scope is to be watched for the time of a block."""
        return WatchedOperation(self._metrics, self._traces, scope)


class _Begun:
    """What has begun, with all that its end needs."""

    def __init__(self, metrics: Metrics, traces: Traces | None, scope: Any, id_: str) -> None:
        self._metrics = metrics
        self._scope = scope
        self.watched = Watched()
        _PRESENT.set(self.watched)
        structlog.contextvars.bind_contextvars(request=id_)
        self._span: Span | None = None if traces is None else traces.begin(scope["headers"])
        self._began = time.perf_counter()

    def _end(self, status: int | None = None) -> float:
        """Tell the log and the trace; how many seconds it took."""
        watched = self.watched
        seconds = time.perf_counter() - self._began
        if not watched.told:
            self._tell(status, seconds)
        if self._span is not None:
            failed = (status or 0) >= _FAULT or bool(_FAULTS.intersection(watched.codes))
            self._span.end(watched.title, self._attributes(status), watched.codes, failed=failed)
        return seconds

    def _tell(self, status: int | None, seconds: float) -> None:
        watched = self.watched
        refused = watched.codes or (status or 0) >= _REFUSED
        known = {
            "status": status,
            "operation": watched.kind,
            "fields": watched.fields,
            "name": watched.name,
            "codes": watched.codes,
        }
        told = {name: value for name, value in known.items() if value}
        (log.info if refused else log.debug)("refused" if refused else "answered", **told, ms=round(seconds * 1_000, 2))

    def _attributes(self, status: int | None) -> Mapping[str, Any]:
        scope, watched = self._scope, self.watched
        found = {
            "http.request.method": scope.get("method"),
            "http.response.status_code": status,
            "http.route": scope["path"],
            "url.path": scope["path"],
            "url.scheme": scope["scheme"],
            "graphql.operation.type": watched.kind or None,
            "graphql.operation.name": watched.name,
        }
        return {name: value for name, value in found.items() if value is not None}


class WatchedRequest(_Begun):
    """A request over HTTP; ``send`` is to be used in place of the server's."""

    def __init__(self, metrics: Metrics, traces: Traces | None, scope: Any, send: Any) -> None:
        id_ = request_id(_given(scope))
        structlog.contextvars.unbind_contextvars("actor")  # of the request before it on the same connection
        super().__init__(metrics, traces, scope, id_)
        self._header = (REQUEST_ID, id_.encode())
        self._send = send
        self._status = _LEFT

    async def send(self, message: Any) -> None:
        if message["type"] == "http.response.start":
            self._status = message["status"]
            message["headers"] = [*message.get("headers", ()), self._header]
        await self._send(message)

    def end(self) -> None:
        seconds = self._end(self._status)
        self._metrics.request(self._scope["method"], self._status, self.watched.kind, seconds)


class WatchedOperation(_Begun):
    """An operation on a WebSocket, for the time of a block."""

    def __init__(self, metrics: Metrics, traces: Traces | None, scope: Any) -> None:
        super().__init__(metrics, traces, scope, request_id())

    def __enter__(self) -> None:
        """It began when it was made."""

    def __exit__(self, *_: object) -> None:
        self._end()
        self._metrics.operation(self.watched.kind, refused=bool(self.watched.codes))


def _given(scope: Any) -> bytes | None:
    return next((value for name, value in scope["headers"] if name == REQUEST_ID), None)


def watch_socket(scope: Any) -> None:
    """Name the socket in each line of the log that is written for it."""
    structlog.contextvars.clear_contextvars()
    structlog.contextvars.bind_contextvars(socket=request_id(_given(scope)))


def fields_of(node: OperationDefinitionNode) -> tuple[str, ...]:
    """The names of an operation's root fields, in the schema's words, as far as they are few."""
    names = [one.name.value for one in node.selection_set.selections if isinstance(one, FieldNode)]
    return tuple(dict.fromkeys(names))[:_MOST_FIELDS]


def name_of(node: OperationDefinitionNode) -> str | None:
    """What the client calls it, unless that is a key."""
    return None if node.name is None or KEY_PREFIX in node.name.value else node.name.value[:_LONGEST]


class Watching(SchemaExtension):
    """Says which operation graphql-core is about to execute."""

    def on_validate(self) -> Any:
        context = self.execution_context
        yield
        if context.graphql_document is not None and not context.pre_execution_errors:
            node = get_operation_ast(context.graphql_document, context._provided_operation_name)  # noqa: SLF001
            if node is not None:
                present().operation(node.operation.value, fields_of(node), name_of(node))

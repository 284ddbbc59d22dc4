"""One request or operation from its beginning to its end: its id in the log, its line there, its duration, its span.

An operation is known by what the schema has a name for: its type (query, mutation, subscription) and its root field.
What clients make up, such as operation names, stands in the log and in spans only, and is cut.
"""

from __future__ import annotations

import itertools
import secrets
import time
from collections.abc import Mapping
from typing import Any

import structlog
from graphql import FieldNode, OperationDefinitionNode, get_operation_ast
from strawberry.extensions import SchemaExtension

from interlock.logs import about, context
from interlock.service.identity import KEY_PREFIX
from interlock.service.metrics import Metrics
from interlock.service.noting import begin, present
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

    def __init__(self, metrics: Metrics, traces: Traces | None, scope: Any, id_: str, **socket: str) -> None:
        self._metrics = metrics
        self._scope = scope
        self._operation = begin()
        about(request=id_, **socket)
        self._span: Span | None = None if traces is None else traces.begin(scope["headers"])
        self._began = time.perf_counter()

    def _end(self, status: int | None = None) -> float:
        """Tell the log and the trace; how many seconds it took."""
        operation = self._operation
        seconds = time.perf_counter() - self._began
        if not operation.told:
            self._tell(status, seconds)
        if self._span is not None:
            failed = (status or 0) >= _FAULT or bool(_FAULTS.intersection(operation.codes))
            self._span.end(operation.title, self._attributes(status), operation.codes, failed=failed)
        return seconds

    def _tell(self, status: int | None, seconds: float) -> None:
        operation = self._operation
        refused = operation.codes or (status or 0) >= _REFUSED
        known = {
            "status": status,
            "operation": operation.kind,
            "fields": operation.fields,
            "name": operation.name,
            "codes": operation.codes,
        }
        told = {name: value for name, value in known.items() if value}
        (log.info if refused else log.debug)("refused" if refused else "answered", **told, ms=round(seconds * 1_000, 2))

    def _attributes(self, status: int | None) -> Mapping[str, Any]:
        scope, operation = self._scope, self._operation
        found = {
            "http.request.method": scope.get("method"),
            "http.response.status_code": status,
            "http.route": scope["path"],
            "url.path": scope["path"],
            "url.scheme": scope["scheme"],
            "graphql.operation.type": operation.kind or None,
            "graphql.operation.name": operation.name,
        }
        return {name: value for name, value in found.items() if value is not None}


class WatchedRequest(_Begun):
    """A request over HTTP; ``send`` is to be used in place of the server's."""

    def __init__(self, metrics: Metrics, traces: Traces | None, scope: Any, send: Any) -> None:
        id_ = request_id(_given(scope))
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
        self._metrics.request(self._scope["method"], self._status, self._operation.kind, seconds)


class WatchedOperation(_Begun):
    """An operation on a WebSocket, for the time of a block."""

    def __init__(self, metrics: Metrics, traces: Traces | None, scope: Any) -> None:
        super().__init__(metrics, traces, scope, request_id(), **context())

    def __enter__(self) -> None:
        """It began when it was made."""

    def __exit__(self, *_: object) -> None:
        self._end()
        self._metrics.operation(self._operation.kind, refused=bool(self._operation.codes))


def _given(scope: Any) -> bytes | None:
    for name, value in scope["headers"]:
        if name == REQUEST_ID:
            return bytes(value)
    return None


def watch_socket(scope: Any) -> None:
    """Name the socket in each line of the log that is written for it."""
    about(socket=request_id(_given(scope)))


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
                present().known(node.operation.value, fields_of(node), name_of(node))

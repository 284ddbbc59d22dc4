"""Traces for OpenTelemetry, where the standard OTEL_* variables ask for them: a span a request, and one a statement.

Without these variables nothing of this is imported or called. Spans have neither documents, variables nor the text of
statements, only what the schema and the tables are called: no secret and no specification can be in them.
"""

from __future__ import annotations

import logging
import re
import threading
import time
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from importlib.metadata import version
from typing import Any

from interlock.domain.errors import InterlockError
from interlock.logs import context

_ENDPOINTS = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")
_HEADERS = ("OTEL_EXPORTER_OTLP_HEADERS", "OTEL_EXPORTER_OTLP_TRACES_HEADERS")
_LOG_WHAT_IS_SENT = ("opentelemetry.util.re", "opentelemetry.trace.span")
"""Loggers of the library that repeat headers whole: the collector's, with its key, and those of clients."""
_PATIENCE = 3.0
"""Seconds that the last spans have to leave when the server stops."""
_WRITES = re.compile(
    r"\b(?:(INSERT) INTO (\w+)|(UPDATE) (\w+)(?: (?:AS )?\w+)?\s+SET\b|(DELETE) FROM (\w+)|(?:FROM|JOIN) (\w+)\b(?!\())"
)
_MADE = re.compile(r"\b(\w+) AS (?:MATERIALIZED )?\(")
_CONTROL = re.compile(r"\s*([A-Za-z]+)")
_LONGEST = 255
"""Characters of a summary, as the semantic conventions have it."""


class TracesUnusable(InterlockError):
    """Traces are asked for, and cannot be made."""


def wanted(environment: Mapping[str, str]) -> bool:
    """Whether the variables ask for traces."""
    if environment.get("OTEL_SDK_DISABLED", "").lower() == "true":
        return False
    exporter = environment.get("OTEL_TRACES_EXPORTER", "")
    return exporter != "none" and bool(exporter or any(environment.get(name) for name in _ENDPOINTS))


def traces_for(environment: Mapping[str, str]) -> Traces | None:
    """The traces that the variables ask for; None where they do not. Raises TracesUnusable."""
    if not wanted(environment):
        return None
    exporter = environment.get("OTEL_TRACES_EXPORTER") or "otlp"
    if exporter != "otlp":
        raise TracesUnusable(f"OTEL_TRACES_EXPORTER is {exporter!r}; there are otlp, and none for no traces.")
    for name in ("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL"):
        if (protocol := environment.get(name)) and protocol != "http/protobuf":
            raise TracesUnusable(f"{name} is {protocol!r}; traces are sent by http/protobuf only.")
    for name in _LOG_WHAT_IS_SENT:
        logging.getLogger(name).disabled = True
    try:
        for name in _HEADERS:
            _check_headers(name, environment.get(name, ""))
        return Traces(environment)
    except ValueError as error:
        raise TracesUnusable(f"A variable OTEL_* cannot be read: {error}.") from error
    except ImportError as error:
        raise TracesUnusable(
            f"OTEL_* variables ask for traces, and {error.name} is not installed: pip install 'interlock[tracing]'. "
            "OTEL_TRACES_EXPORTER=none asks for none."
        ) from error


def _check_headers(name: str, text: str) -> None:
    """The library would leave out what is none. What stands there is not told: it is a secret, as a rule."""
    from opentelemetry.util.re import parse_env_headers  # noqa: PLC0415 - only where traces are asked for

    for i, header in enumerate(filter(None, text.split(",")), 1):
        if not parse_env_headers(header, liberal=True):
            raise TracesUnusable(f"{name}: its header number {i} is not NAME=VALUE, with the value as in a URL (%20).")


class Traces:
    """Where spans go: to the collector that the variables name. Raises ImportError without the extra ``tracing``."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        from opentelemetry import context, propagate, trace  # noqa: PLC0415 - only where traces are asked for
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter  # noqa: PLC0415
        from opentelemetry.sdk.resources import Resource  # noqa: PLC0415
        from opentelemetry.sdk.trace import TracerProvider  # noqa: PLC0415
        from opentelemetry.sdk.trace.export import BatchSpanProcessor  # noqa: PLC0415

        named = "OTEL_SERVICE_NAME" in environment or "service.name" in environment.get("OTEL_RESOURCE_ATTRIBUTES", "")
        own = {"service.version": version("interlock")} | ({} if named else {"service.name": "interlock"})
        self._provider = TracerProvider(resource=Resource.create(own), shutdown_on_exit=False)
        self._provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
        self._tracer = self._provider.get_tracer("interlock", version("interlock"))
        self._trace, self._context, self._propagate = trace, context, propagate

    def begin(self, headers: Iterable[tuple[bytes, bytes]]) -> Span:
        """A request begins, as part of the trace that its headers name (W3C traceparent), if they do."""
        carrier = {name.decode("latin-1"): value.decode("latin-1") for name, value in headers}
        parent = self._propagate.extract(carrier)
        span = self._tracer.start_span("GraphQL Operation", parent, self._trace.SpanKind.SERVER)
        self._context.attach(self._trace.set_span_in_context(span, parent))
        told = span.get_span_context()
        context()["trace_id"] = self._trace.format_trace_id(told.trace_id)
        return Span(span, self._trace)

    def statement(self, record: Any) -> None:
        """Of a statement that asyncpg has run, in the context of whoever asked for it."""
        request = self._trace.get_current_span().get_span_context()
        if not (request.is_valid and request.trace_flags.sampled):
            return  # the server's own loops are no part of any request
        ended = time.time_ns()
        summary = summary_of(record.query)
        attributes = {
            "db.system.name": "postgresql",
            "db.namespace": record.conn_params.database,
            "db.query.summary": summary,
            "db.operation.name": summary.partition(" ")[0],
        }
        span = self._tracer.start_span(
            summary,
            kind=self._trace.SpanKind.CLIENT,
            attributes=attributes,
            start_time=ended - int(record.elapsed * 1e9),
        )
        if record.exception is not None:
            state = getattr(record.exception, "sqlstate", None)
            span.set_attribute("error.type", state or type(record.exception).__qualname__)
            if state:
                span.set_attribute("db.response.status_code", state)
            span.set_status(self._trace.StatusCode.ERROR)
        span.end(ended)

    def close(self) -> None:
        """Send what is left; a collector that does not take it is no reason to stay."""
        sending = threading.Thread(target=self._provider.shutdown, daemon=True)
        sending.start()
        sending.join(_PATIENCE)


class Span:
    """The span of a request, which has its name when the request is known."""

    def __init__(self, span: Any, trace: Any) -> None:
        self._span = span
        self._trace = trace

    def end(self, name: str, attributes: Mapping[str, Any], codes: Sequence[str], *, failed: bool) -> None:
        """``codes`` are why it was refused; a refusal is the client's error, and no failure of the server."""
        self._span.update_name(name)
        self._span.set_attributes(attributes)
        if codes:
            self._span.set_attribute("error.type", codes[0])
        if failed:
            self._span.set_status(self._trace.StatusCode.ERROR)
        self._span.end()


@lru_cache(1_000)
def summary_of(query: str) -> str:
    """What a statement writes, or else reads, in its order: ``UPDATE record INSERT attempt``; its text has pages."""
    made = set(_MADE.findall(query))
    written, read = list[str](), list[str]()
    for *pairs, source in _WRITES.findall(query):
        verb, table = "".join(pairs[::2]), "".join(pairs[1::2])
        if verb:
            written.append(f"{verb} {table}")
        elif source not in made:
            read.append(f"SELECT {source}")
    summary = " ".join(dict.fromkeys(written or read))
    if not summary:
        control = _CONTROL.match(query)
        return control[1].upper() if control else "STATEMENT"
    return summary if len(summary) <= _LONGEST else summary[:_LONGEST].rpartition(" ")[0]

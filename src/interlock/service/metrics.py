"""What this process counts and measures, for Prometheus.

Names and units are those of Prometheus; what OpenTelemetry's semantic conventions have a name for bears it, as its
exporter for Prometheus would write it. Each label has few values, whatever clients send.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib.metadata import version

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, Info, disable_created_metrics
from prometheus_client.gc_collector import GCCollector
from prometheus_client.platform_collector import PlatformCollector
from prometheus_client.process_collector import ProcessCollector

from interlock.domain.lifecycle import Action
from interlock.domain.outcomes import Code
from interlock.store.warm import Warm

_REQUESTS = (0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0)
"""Seconds: what the semantic conventions advise for requests."""
_MINUTE, _HOUR, _DAY = 60.0, 3_600.0, 86_400.0
_WAITS = (
    0.1, 1.0, 10.0, _MINUTE, 5 * _MINUTE, 15 * _MINUTE, _HOUR, 3 * _HOUR, 6 * _HOUR, 12 * _HOUR, _DAY, 3 * _DAY,
    7 * _DAY, 30 * _DAY,
)  # fmt: skip
"""Seconds that a task may have to wait."""
_METHODS = frozenset({"GET", "POST", "HEAD", "PUT", "DELETE", "OPTIONS", "PATCH"})
POOL = "interlock"
"""What the pool is called."""

disable_created_metrics()  # type: ignore[no-untyped-call]  # a series more for each, which nobody asks for


class Metrics:
    """The instruments of one server."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        for collector in (ProcessCollector, PlatformCollector, GCCollector):
            collector(registry=self.registry)
        Info("interlock", "The server's version.", registry=self.registry).info({"version": version("interlock")})
        self._requests = Histogram(
            "http_server_request_duration_seconds",
            "Duration of HTTP requests to /graphql and of operations on WebSockets, until the answer was written.",
            ["http_request_method", "http_response_status_code", "graphql_operation_type"],
            buckets=_REQUESTS,
            registry=self.registry,
        )
        self._of_request: dict[tuple[str, int, str], Histogram] = {}
        self._operations = Counter(
            "interlock_socket_operations",
            "Operations on WebSockets that have ended.",
            ["graphql_operation_type", "outcome"],
            registry=self.registry,
        )
        self._transitions = Counter(
            "interlock_transitions",
            "Records by action and by what became of it: MOVED, UNCHANGED, or the code of the refusal.",
            ["action", "outcome"],
            registry=self.registry,
        )
        self._of_move: dict[tuple[Action, Code], Counter] = {}
        self._rescues = Counter(
            "interlock_rescues",
            "Records and attempts that the server itself moved on, by the step of its upkeep.",
            ["step"],
            registry=self.registry,
        )
        self.claims = Histogram(
            "interlock_claim_duration_seconds", "Duration of claims, in the service.", buckets=_REQUESTS,
            registry=self.registry,
        )  # fmt: skip
        self.waits = Histogram(
            "interlock_task_wait_seconds",
            "How long tasks had been WAITING when they were claimed.",
            buckets=_WAITS,
            registry=self.registry,
        )

    def request(self, method: str, status: int, kind: str, seconds: float) -> None:
        """A request has been answered; ``kind`` is the operation's, empty where none was recognised."""
        key = (method if method in _METHODS else "_OTHER", status, kind)
        observed = self._of_request.get(key)
        if observed is None:
            observed = self._of_request[key] = self._requests.labels(*map(str, key))
        observed.observe(seconds)

    def operation(self, kind: str, *, refused: bool) -> None:
        """An operation on a WebSocket has ended."""
        self._operations.labels(kind, "refused" if refused else "done").inc()

    def moved(self, action: Action, code: Code, count: int = 1) -> None:
        """So many records were to take this action, and were answered so."""
        counted = self._of_move.get((action, code))
        if counted is None:  # to look a label up takes four times as long as to count
            counted = self._of_move[action, code] = self._transitions.labels(action, code)
        counted.inc(count)

    def rescued(self, step: str, count: int) -> None:
        self._rescues.labels(step.replace(" ", "_")).inc(count)

    def gauge(self, name: str, description: str, read: Callable[[], float], **labels: str) -> None:
        """A value that is read when it is asked for."""
        made = Gauge(name, description, list(labels), registry=self.registry)
        (made.labels(**labels) if labels else made).set_function(read)

    def watch_pool(self, pool: Warm) -> None:
        """The connections that requests share."""
        states = Gauge(
            "db_client_connection_count", "Connections of the pool, by their state.",
            ["db_client_connection_pool_name", "db_client_connection_state"], registry=self.registry,
        )  # fmt: skip
        states.labels(POOL, "used").set_function(lambda: pool.used)
        states.labels(POOL, "idle").set_function(lambda: pool.open - pool.used)
        for name, description, read in (
            ("db_client_connection_max", "Connections that the pool may have.", lambda: pool.most),
            ("db_client_connection_pending_requests", "Requests that wait for a connection.", lambda: pool.waiting),
        ):
            self.gauge(name, description, read, db_client_connection_pool_name=POOL)

"""What can be set for a manager."""

from __future__ import annotations

import os
import socket
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from interlock.manager.functions import AllowList

QCSCHEMA = "interlock.manager.qcschema:compute"


class InvalidConfig(ValueError):
    """A setting that cannot be; the message names it."""


def default_name() -> str:
    """The host's name, and a suffix, as a host may run several managers."""
    return f"{socket.gethostname()}-{uuid.uuid4().hex[:8]}"


def default_workers() -> int:
    """As many as this process may use processors."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


@dataclass(frozen=True, kw_only=True)
class ManagerConfig:
    """A manager's settings. Times are in seconds, sizes in bytes. The key is never shown."""

    url: str
    """The server, such as ``http://127.0.0.1:8765`` (then ``/graphql`` is meant)."""
    key: str = field(repr=False)
    """An API key whose principal has the role MANAGER."""
    name: str = field(default_factory=default_name)
    cluster: str | None = None
    """Where the manager runs, for people."""
    tags: tuple[str, ...] = ("*",)
    """What it serves, first preferred; ``*`` stands for any tag, and comes last."""
    workers: int = field(default_factory=default_workers)
    """Tasks that run at the same time, each in a process of its own."""
    programs: Mapping[str, str | None] | None = None
    """What it offers, with versions; None: what is found to be installed."""
    functions: tuple[str, ...] = (QCSCHEMA,)
    """The functions that may run: ``package.module:function`` or ``package.module:*``."""
    lease_seconds: int = 300
    """How long the server waits for a heartbeat before it gives this manager's tasks up."""
    give_up_after: int = 5
    """Tasks in a row that it cannot run through its own fault, or workers that cannot start: then it gives up."""
    doubt_seconds: float = 2.0
    """How long such a task is kept before it becomes an ERROR, in case the manager gives up and hands it back."""
    ahead_seconds: float = 2.0
    """Tasks worth this much time are claimed ahead of a free worker: many short ones, no long one."""
    claim_limit: int = 200
    """The most tasks that one claim asks for."""
    poll_seconds: float = 5.0
    """The longest wait between two claims while there is nothing to do."""
    batch_seconds: float = 0.05
    """Outcomes that come within this time are returned together,"""
    batch_count: int = 200
    """up to this many,"""
    batch_bytes: int = 16_000_000
    """and up to this size; a single larger one goes alone."""
    result_bytes: int = 64_000_000
    """A larger result is returned as an error: the server would not take it."""
    output_bytes: int = 100_000
    """How much of a task's stdout and stderr is kept: the end of it."""
    drain_seconds: float = 3600.0
    """How long running tasks may go on when the manager is told to stop."""
    farewell_seconds: float = 10.0
    """How long a manager that leaves tries to tell the server so."""
    request_seconds: float = 60.0
    """How long one request may take."""

    def __post_init__(self) -> None:
        parts = urlsplit(self.url)
        if parts.scheme not in {"http", "https"} or not parts.netloc:
            raise InvalidConfig(f"url must be like http://127.0.0.1:8765, not {self.url!r}")
        if not self.key:
            raise InvalidConfig(
                "the key is empty: set INTERLOCK_API_KEY or --key-file; "
                "`interlock keys create --name cluster --role MANAGER` makes one"
            )
        if not self.tags or "*" in self.tags[:-1] or not all(self.tags):
            raise InvalidConfig(f"tags must be names, with * only at the end, not {list(self.tags)}")
        for name in (
            "workers",
            "lease_seconds",
            "give_up_after",
            "claim_limit",
            "batch_count",
            "result_bytes",
            "output_bytes",
        ):
            if getattr(self, name) < 1:
                raise InvalidConfig(f"{name} must be at least 1, not {getattr(self, name)}")
        if self.ahead_seconds < 0:
            raise InvalidConfig(f"ahead_seconds must not be negative, but is {self.ahead_seconds}")
        AllowList(self.functions)

    @property
    def endpoint(self) -> str:
        """Where GraphQL is served."""
        return self.url if urlsplit(self.url).path.strip("/") else self.url.rstrip("/") + "/graphql"

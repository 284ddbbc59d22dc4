"""What a manager tells of itself while it lives."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Protocol

import structlog

OnEvent = Callable[[str, Mapping[str, Any]], object]
"""Called as ``on_event(name, details)``."""


class Emit(Protocol):
    """Tell one event, with its details by name."""

    def __call__(self, event: str, /, **details: Any) -> None: ...


def emitter(on_event: OnEvent | None) -> Emit:
    """A function that tells events to ``on_event``, or else to the log ``interlock.manager``."""
    log = structlog.get_logger("interlock.manager")

    def emit(event: str, /, **details: Any) -> None:
        if on_event is None:
            log.info(event, **details)
        else:
            on_event(event, details)

    return emit

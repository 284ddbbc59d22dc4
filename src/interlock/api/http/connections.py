"""uvicorn's HTTP protocol, also impatient with clients that do not read what they asked for.

ASGI has no way to cut a connection: one that is closed stays until its reader has taken what was written. Here it is
cut, which ends every answer alike, whole or stream, and frees what it held.
"""

from __future__ import annotations

import asyncio

import structlog

from interlock.api.http.heads import PromptHeads
from interlock.settings import Settings

log = structlog.get_logger()


class _Impatient(PromptHeads):
    """A connection that lives as long as what is written to it leaves in time."""

    patience: float
    _cutting: asyncio.TimerHandle | None = None

    def pause_writing(self) -> None:
        """The reader is behind."""
        super().pause_writing()
        if self._cutting is None:
            self._cutting = self.loop.call_later(self.patience, self._cut)

    def resume_writing(self) -> None:
        """The reader has caught up."""
        super().resume_writing()
        self._keep()

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        self._keep()

    def _keep(self) -> None:
        if self._cutting is not None:
            self._cutting.cancel()
            self._cutting = None

    def _cut(self) -> None:
        log.warning("a client does not read its answer", seconds=self.patience)
        self.transport.abort()


def impatient(settings: Settings) -> type[asyncio.Protocol]:
    """The protocol whose clients may take so long for what is written at a time (a message, or a piece of an answer),
    and for the head of a request.
    """

    class Impatient(_Impatient):
        patience = settings.send_timeout
        head_seconds = settings.head_timeout

    return Impatient

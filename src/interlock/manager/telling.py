"""What a manager says while it lives: sentences and a log on a terminal, JSON lines and nothing else anywhere else."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Mapping
from typing import Any

import structlog
import typer

from interlock.logs import json_lines
from interlock.manager.config import ManagerConfig

_FOR_THE_CURIOUS = frozenset({"worker_ready", "started", "finished", "handed_back"})
"""Events that say nothing new, or come once a task or oftener: nobody reads millions of lines."""

_SENTENCES = {
    "activated": "{manager} {name}: {workers} workers, tags {tags}, {offered}",
    "draining": "Stopping: {running} running tasks may finish, {unstarted} not begun are handed back. "
    "Once more: stop at once.",
    "deactivated": "Left: {handed_back} tasks handed back, {given_up} given up.",
    "left_without_farewell": "Left without the server's knowledge ({reason}); {undelivered} leases will run out.",
    "server_away": "The server is away ({reason}); trying again.",
    "server_back": "The server is back.",
    "programs_not_detected": "No programs were found: {reason}",
    "worker_start_failed": "A worker could not start: {reason}",
    "stopped": "Stopped.",
}
"""What is told in words; everything else goes to the log."""


class Telling:
    """Tells what a manager does."""

    def __init__(self, config: ManagerConfig) -> None:
        self._config = config
        self._log = structlog.get_logger("interlock.manager")
        self._lines = None if sys.stdout.isatty() else json_lines(sys.stdout)
        self._activated = False

    def event(self, event: str, details: Mapping[str, Any]) -> None:
        """Tell what happened."""
        if event not in _SENTENCES:
            (self._log.debug if event in _FOR_THE_CURIOUS else self._log.info)(event, **details)
            return
        said = dict(details)
        if event == "activated":
            self._activated = True
            said |= {"name": self._config.name, "workers": self._config.workers}
        sentence = _SENTENCES[event].format(**said | _in_words(said))
        with contextlib.suppress(OSError):  # that nobody listens any more is no reason to drop what is being computed
            if self._lines is None:
                typer.echo(sentence)
            else:
                self._lines.info(event, message=sentence, **said)

    def failed(self, error: Exception) -> None:
        """Tell why it ends. One that never began is a command that somebody called, and gets an answer in words."""
        if self._activated and not sys.stderr.isatty():
            self._log.error("failed", message=str(error))
        else:
            typer.echo(f"interlock: {error}", err=True)


def _in_words(details: Mapping[str, Any]) -> dict[str, str]:
    programs = [f"{name} {version or ''}".strip() for name, version in details.get("programs", {}).items()]
    return {"offered": ", ".join(programs) or "no programs", "tags": " ".join(details.get("tags", ()))}

"""What checks have at hand."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from interlock.settings import Settings
from interlock.store.connection import Connection


def psql(data_dir: Path | None) -> str:
    """What begins a command that hands SQL over to the owner's psql."""
    return f"interlock postgres{_where(data_dir)} psql"


def _where(data_dir: Path | None) -> str:
    return "" if data_dir is None else f" --data-dir {shlex.quote(str(data_dir))}"


@dataclass(frozen=True, slots=True)
class Patient:
    """A deployment. ``data_dir`` is there where the database is the embedded one; ``now`` is for tests."""

    connection: Connection
    url: str
    role: str
    """The URL's, quoted as SQL needs it."""
    settings: Settings
    values: Mapping[str, str | None]
    """PostgreSQL's settings."""
    unseen: str | None = None
    """The statement that would let the URL's role see what other sessions do and all settings, where it does not."""
    data_dir: Path | None = None
    deep: bool = False
    now: datetime | None = None

    @property
    def psql(self) -> str:
        return psql(self.data_dir)

    @property
    def made_anew(self) -> str:
        """How the feed, the counts and the throughput are made anew from records and events."""
        return (
            "Stop the servers (SIGTERM; managers wait for them), have the schema's owner give positions and count "
            f"anew: `{self.psql} -c 'SELECT interlock.rebase_history(); DELETE FROM interlock.feed_epoch;'`, and start "
            "the servers. No event is lost; cursors from before answer CURSOR_STALE."
        )

    def command(self, words: str) -> str:
        """A command of Interlock's on this deployment, as it is typed."""
        return f"`interlock {words}{_where(self.data_dir)}`"

"""The session of the server that ticks."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from interlock.store.connection import Connection
from interlock.store.leading import HELD


@dataclass(frozen=True, slots=True)
class Ticking:
    """``quiet``: seconds for which it has asked PostgreSQL for nothing; None where this role may not see that."""

    pid: int
    application: str
    client: str
    since: datetime | None
    quiet: float | None

    def __str__(self) -> str:
        since = f", since {self.since:%Y-%m-%d %H:%M:%S} UTC" if self.since else ""
        return f"process {self.pid} of PostgreSQL ({self.application or 'unnamed'}, from {self.client}{since})"


_TICKING = f"""
SELECT a.pid, a.application_name, coalesce(host(a.client_addr), 'this machine'), a.backend_start,
  CASE WHEN a.state = 'active' THEN 0 ELSE extract(epoch FROM clock_timestamp() - a.state_change)::float8 END
FROM pg_stat_activity a WHERE a.pid IN (SELECT l.pid {HELD})"""


async def nothing_to_tick_on(connection: Connection) -> bool:
    """Whether there is no tick at all: a new one goes on from the last."""
    return bool(await connection.fetchval("SELECT NOT EXISTS (SELECT FROM tick)"))


async def ticking(connection: Connection) -> Ticking | None:
    """Whoever has the ticker's lock in this database."""
    row = await connection.fetchrow(_TICKING)
    return None if row is None else Ticking(*row)

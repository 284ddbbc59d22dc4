"""The lock of the one server that ticks: taken, looked at, and taken from a server that hangs."""

from __future__ import annotations

from datetime import timedelta

from interlock.store.connection import Connection

_LEAD = "hashtextextended('interlock.ticker', 0)"
HELD = f"""
FROM pg_locks l JOIN pg_database d ON d.oid = l.database
WHERE d.datname = current_database() AND l.locktype = 'advisory' AND l.granted AND l.objsubid = 1
  AND (l.classid::bigint << 32) | l.objid::bigint = {_LEAD}"""
"""FROM and WHERE of the rows of pg_locks (l) that are this lock, held in this database."""


async def try_lead(connection: Connection) -> bool:
    """Take the ticker's session lock if nobody has it; it is freed when the connection ends."""
    return bool(await connection.fetchval(f"SELECT pg_try_advisory_lock({_LEAD})"))


_END_SILENT = f"""
WITH silent AS MATERIALIZED (
  SELECT a.pid FROM pg_stat_activity a JOIN pg_roles theirs ON theirs.oid = a.usesysid
    JOIN pg_roles me ON me.rolname = current_user
  WHERE a.pid IN (SELECT l.pid {HELD}) AND a.state <> 'active' AND a.state_change < clock_timestamp() - $1::interval
    AND (me.rolsuper OR NOT theirs.rolsuper AND (
      pg_has_role(a.usesysid, 'USAGE') OR pg_has_role('pg_signal_backend', 'USAGE')))
)
SELECT pid FROM silent WHERE pg_terminate_backend(pid)"""


async def end_silent_leader(connection: Connection, silence: timedelta) -> int | None:
    """End the session of a leader that has asked PostgreSQL for nothing for so long; the session's process id.

    Whoever leads asks many times a second. A server whose process stands still keeps its session, and the lock with
    it, for as long as it stands. The login role looks, as the application's role may not see, nor end, what others
    do. Where servers log in as different roles, those need pg_monitor and pg_signal_backend; else nothing is ended.
    """
    async with connection.transaction():
        await connection.execute("SET LOCAL ROLE NONE")
        pid: int | None = await connection.fetchval(_END_SILENT, silence)
    return pid

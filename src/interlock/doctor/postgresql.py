"""PostgreSQL and the machine: what it is, how it is set, and whether there is room."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from interlock.doctor.findings import Finding, duration, fail, megabytes, ok, unseen, warn
from interlock.doctor.patient import Patient
from interlock.store.inspection import server

_OWN = 4
"""Connections that a server has beside its pool: it ticks, reads the feed, listens for revoked keys, is scraped."""
_NEARLY = 0.8
_APART, _FAR_APART = 2.0, 60.0
"""Seconds between two clocks."""
_LITTLE, _NONE = 2_000_000_000, 200_000_000
"""Bytes that are free."""
_SHARE = 0.05

_Wanted = Mapping[str, tuple[Callable[[str, str], Finding], str]]

_DURABLE: _Wanted = {
    "fsync": (fail, "a crash of the machine can destroy the database"),
    "full_page_writes": (fail, "a crash of the machine can destroy the database"),
    "synchronous_commit": (warn, "what was acknowledged last can be lost in a crash"),
}
_SEEING: _Wanted = {
    "autovacuum": (fail, "dead rows are never removed, and claims get slower and slower"),
    "track_counts": (fail, "autovacuum does not see which tables need it"),
    "track_activities": (warn, "long transactions cannot be seen"),
}


async def version(patient: Patient) -> list[Finding]:
    number = int(patient.values["server_version_num"] or 0)
    name = f"PostgreSQL {patient.values['server_version']}"
    if number // 10_000 < server.NEEDED_MAJOR:
        return [fail(f"{name} is too old.", f"Interlock needs PostgreSQL {server.NEEDED_MAJOR} or later: upgrade it.")]
    return [ok(name)]


async def durability(patient: Patient) -> list[Finding]:
    return _switched_on(patient, _DURABLE) or [ok("What is committed survives a crash.")]


async def autovacuum(patient: Patient) -> list[Finding]:
    return _switched_on(patient, _SEEING) or [ok("Autovacuum is on.")]


def _switched_on(patient: Patient, wanted: _Wanted) -> list[Finding]:
    return [
        tell(f"{name} is off: {what}.", f"ALTER SYSTEM SET {name} = on; SELECT pg_reload_conf();")
        for name, (tell, what) in wanted.items()
        if patient.values[name] == "off"
    ]


async def connections(patient: Patient) -> list[Finding]:
    if patient.unseen:
        return [unseen("The connections", patient.unseen)]
    found = await server.capacity(patient.connection)
    needed = patient.settings.pool_size + _OWN
    remedy = "Raise max_connections, or lower INTERLOCK_POOL_SIZE."
    if needed > found.most:
        return [fail(f"A server needs up to {needed} connections, and PostgreSQL gives {found.most}.", remedy)]
    if found.open > _NEARLY * found.most:
        return [warn(f"{found.open} of {found.most} connections are open, {found.ours} of them Interlock's.", remedy)]
    return [ok(f"{found.open} of {found.most} are open; a server needs up to {needed}.")]


async def clock(patient: Patient) -> list[Finding]:
    """Against this machine's; half of the way there is taken off."""
    before = datetime.now(UTC)
    theirs = await server.clock(patient.connection)
    after = datetime.now(UTC)
    ours = patient.now or before + (after - before) / 2
    apart = abs((theirs - ours).total_seconds())
    if apart < _APART:
        return [ok(f"The database's clock and this machine's are {apart:.1f} seconds apart.")]
    tell = fail if apart >= _FAR_APART else warn
    return [
        tell(
            f"The database's clock and this machine's are {duration(apart)} apart; leases have the database's.",
            "Let NTP set both (timedatectl, chronyc tracking).",
        )
    ]


async def disk(patient: Patient) -> list[Finding]:
    if (
        patient.data_dir is None
        and _socket(patient) is not None
        and patient.unseen
        and not patient.values["data_directory"]
    ):
        return [unseen("The database's disk", patient.unseen)]
    folder = patient.data_dir or _data_directory(patient)
    if folder is None:
        return [ok("The database is elsewhere; its disk is not to be seen from here.")]
    return [room(folder)]


def _data_directory(patient: Patient) -> Path | None:
    """Where the data are, if that is this machine: a socket leads there, and the folder is to be seen."""
    folder, socket = patient.values["data_directory"], _socket(patient)
    if socket is None or not folder:
        return None
    # an embedded PostgreSQL names its folder by its working directory, and has its socket there
    found = socket if folder.startswith("/proc/self/") else Path(folder)
    return found if found.exists() else None


def _socket(patient: Patient) -> Path | None:
    """The folder of the socket that the URL leads to, if it does."""
    (host,) = parse_qs(urlsplit(patient.url).query).get("host", [""])[:1]
    return Path(host) if host.startswith("/") else None


def room(folder: Path) -> Finding:
    """How much room the disk of this folder has."""
    found = os.statvfs(folder)
    free, size = found.f_bavail * found.f_frsize, found.f_blocks * found.f_frsize
    told = f"{megabytes(free)} of {megabytes(size)} are free in {folder}"
    if free < _NONE:
        return fail(
            f"{told}: PostgreSQL stops when there is none.",
            "Free some now, or move the data to a larger disk. Nothing that was stored is lost meanwhile.",
        )
    if free < _LITTLE or free < _SHARE * size:
        return warn(f"{told}.", "Free some, or move the data to a larger disk before it is full.")
    return ok(f"{told}.")

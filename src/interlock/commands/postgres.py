"""``interlock database-url`` and ``interlock postgres``: PostgreSQL's own programs, on Interlock's database.

Those of the embedded PostgreSQL are used, whichever database it is: there may be no others on the machine.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from urllib.parse import parse_qsl, unquote, urlsplit

import typer

from interlock.starting import DataDir, in_words, settings_with, warn

if TYPE_CHECKING:
    from interlock.settings import Settings
    from interlock.store.embedded import EmbeddedPostgres

_VARIABLES = {
    "host": "PGHOST", "port": "PGPORT", "user": "PGUSER", "password": "PGPASSWORD", "dbname": "PGDATABASE",
    "sslmode": "PGSSLMODE", "sslrootcert": "PGSSLROOTCERT", "sslcert": "PGSSLCERT", "sslkey": "PGSSLKEY",
    "options": "PGOPTIONS", "passfile": "PGPASSFILE",
}  # fmt: skip
"""What libpq reads instead of a URL. Not as an argument: those are seen by everybody on the machine."""


def database_url(data_dir: DataDir = None) -> None:
    """Print the URL of the database, for other programs.

    It has the password, if INTERLOCK_DATABASE_URL has one. The embedded database takes connections from this machine
    and from whoever may enter its folder only, and as long as a server or another command uses it.
    """
    from interlock.store.embedded.postmaster import is_running

    settings = settings_with(data_dir=data_dir)
    if settings.database_url is not None:
        print(settings.database_url)
        return
    with in_words():
        postgres = _embedded(settings)
    print(postgres.dsn())
    if not is_running(postgres.data_dir / "cluster"):
        warn("it does not run now: `interlock serve` starts it, and `interlock postgres` for the time of one program.")


def postgres(
    context: typer.Context,
    program: Annotated[str, typer.Argument(help="psql, pg_dump, pg_restore, pg_basebackup, vacuumdb, …")],
    data_dir: DataDir = None,
) -> None:
    """Run one of PostgreSQL's programs on the database.

    What stands after its name is for the program. It finds the database by its environment, so that it needs no
    address, user or password. The embedded PostgreSQL is started for its time, if it does not run.
    """
    from interlock.store.embedded.binaries import find_wheel

    settings = settings_with(data_dir=data_dir)
    folder = find_wheel().bin
    path = folder / Path(program).name
    if not path.exists() or Path(program).name != program:
        known = ", ".join(sorted(one.name for one in folder.iterdir()))
        raise typer.BadParameter(f"{program!r} is no program of PostgreSQL's; there are {known}.", param_hint="PROGRAM")
    with in_words(), _running(settings) as url, _interrupted_alone():
        code = subprocess.run([path, *context.args], env=os.environ | variables(url), check=False).returncode  # noqa: S603
    raise typer.Exit(code if code >= 0 else 128 - code)


def variables(url: str) -> dict[str, str]:
    """The environment that leads libpq to a database."""
    parts = urlsplit(url)
    found = {
        "host": parts.hostname,
        "port": None if parts.port is None else str(parts.port),
        "user": parts.username and unquote(parts.username),
        "password": parts.password and unquote(parts.password),
        "dbname": unquote(parts.path[1:]),
    }
    given = {name: value for name, value in found.items() if value} | dict(parse_qsl(parts.query))
    return {_VARIABLES[name]: value for name, value in given.items() if name in _VARIABLES}


def _embedded(settings: Settings) -> EmbeddedPostgres:
    """The one that is there. Raises NotFound."""
    from interlock.domain.errors import NotFound
    from interlock.store.embedded import EmbeddedPostgres

    found = EmbeddedPostgres(settings.data_dir / "postgres")
    if not found.is_made:
        raise NotFound(f"There is no Interlock data in {settings.data_dir}; `interlock serve` makes it.")
    return found


@contextlib.contextmanager
def _running(settings: Settings) -> Iterator[str]:
    """The URL of a database that takes connections."""
    if settings.database_url is not None:
        yield settings.database_url
        return
    with _embedded(settings) as postgres:
        yield postgres.dsn()


@contextlib.contextmanager
def _interrupted_alone() -> Iterator[None]:
    """Ctrl-C is for the program, which has the terminal; this process waits for what it makes of it."""
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)

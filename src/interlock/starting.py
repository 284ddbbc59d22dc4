"""What the commands share: settings from the environment, and failures in one line that says what to do."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import sys
from collections.abc import Awaitable, Iterator
from pathlib import Path
from typing import Annotated, Any, TypeVar

import typer
import uvloop
from pydantic import ValidationError
from pydantic_settings import SettingsError

from interlock.domain.errors import InterlockError
from interlock.settings import Settings, misspelt
from interlock.store.embedded import EmbeddedPostgresError

Result = TypeVar("Result")

DataDir = Annotated[
    Path | None,
    typer.Option(help="Where the embedded PostgreSQL keeps its data. [env: INTERLOCK_DATA_DIR, else interlock-data]"),
]

_INTERRUPTED = 130
_REFUSALS = {
    "42501": "`interlock migrate` needs a role that may create a schema and a role: CREATE on the database and "
    "CREATEROLE, say. A server's own role needs only GRANT interlock_app TO it.",
}
"""What to do about PostgreSQL's refusals, by SQLSTATE."""


def settings_with(**given: Any) -> Settings:
    """Settings from the environment, with what was given on the command line over them."""
    for name, nearest in misspelt(os.environ):
        hint = f" Did you mean {nearest}?" if nearest else ""
        warn(f"{name} is no setting, and is ignored.{hint}")
    try:
        settings = Settings(**{name: value for name, value in given.items() if value is not None})
    except ValidationError as error:
        for fault in error.errors(include_url=False):
            name = str(fault["loc"][0])
            # a URL has a password in it
            value = "" if name == "database_url" else f" is {fault['input']!r}"
            told = f"{name} (INTERLOCK_{name.upper()})" if given.get(name) is None else f"--{name.replace('_', '-')}"
            warn(f"{told}{value}: {fault['msg'].removeprefix('Value error, ')}")
        raise typer.Exit(2) from error
    except SettingsError as error:
        (name,) = re.findall(r'field "(\w+)"', str(error))
        description = Settings.model_fields[name].description
        warn(f"{name} (INTERLOCK_{name.upper()}) is not to be read. It is a {description}")
        raise typer.Exit(2) from error
    if given.get("data_dir") is not None and settings.database_url is not None:
        warn("--data-dir is not used, as INTERLOCK_DATABASE_URL is set.")
    return settings


def run(work: Awaitable[Result]) -> Result:
    """Run to the end; what the user can mend is said in one line, without a traceback."""

    async def main() -> Result:
        return await work

    with in_words(), _orderly_interrupt():
        return uvloop.run(main())


@contextlib.contextmanager
def in_words() -> Iterator[None]:
    """What the user can mend is said in one line, without a traceback, and ends the command."""
    try:
        yield
    except KeyboardInterrupt as error:
        raise typer.Exit(_INTERRUPTED) from error
    except (InterlockError, EmbeddedPostgresError) as error:
        warn(str(error))
        raise typer.Exit(1) from error
    except Exception as error:
        refusal = _refusal(error)
        if refusal is None:
            raise
        warn(refusal)
        raise typer.Exit(1) from error


@contextlib.contextmanager
def _orderly_interrupt() -> Iterator[None]:
    """Ctrl-C cancels what runs, so that it ends in order; at the start of the process it ended that at once."""
    if (before := signal.getsignal(signal.SIGINT)) is signal.SIG_DFL:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def tell_new(folder: Path) -> None:
    """Say why nothing seems to happen."""
    print(f"Making a PostgreSQL in {folder}, once: that takes some seconds ...", flush=True)


def warn(text: str) -> None:
    print(f"interlock: {text}", file=sys.stderr)


def _refusal(error: BaseException) -> str | None:
    """PostgreSQL's own words and what to do, if the error is a refusal of its that people can mend."""
    for one in _chain(error):
        state = getattr(one, "sqlstate", None)
        if state in _REFUSALS and one.__cause__ is None:  # the driver's own, not SQLAlchemy's paraphrase of it
            return f"PostgreSQL says: {str(one).splitlines()[0]}. {_REFUSALS[state]}"
    return None


def _chain(error: BaseException) -> Iterator[BaseException]:
    one: BaseException | None = error
    while one is not None:
        yield one
        one = one.__cause__ or one.__context__

"""``interlock doctor``, as it is typed."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from interlock.starting import DataDir, run, settings_with

if TYPE_CHECKING:
    from datetime import datetime

    from interlock.doctor.checks import Told
    from interlock.settings import Settings

_NAME = 16
"""Columns for the names of checks."""
_COMMAND, _SQL = re.compile("`interlock [^`]*`"), re.compile("[A-Z]{4,} [^`]*;")
"""What can stand in a remedy: a command, with its SQL if it has any, and a statement by itself."""


def doctor(
    data_dir: DataDir = None,
    deep: Annotated[
        bool, typer.Option("--deep", help="Also read whole tables: compare all counts, and each record with its task.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object instead of lines.")] = False,
) -> None:
    """Check a deployment, and say what to do.

    It changes nothing, and can be run beside servers that work. The exit status is 1 when a check fails.
    """
    from interlock.doctor.findings import Finding
    from interlock.doctor.patient import psql

    settings = settings_with(data_dir=data_dir)
    found: list[dict[str, Any]] = []

    def told(check: str, finding: Finding) -> None:
        found.append({"check": check, "level": finding.level, "message": finding.message, "remedy": finding.remedy})
        if not as_json:
            remedy = f" {finding.remedy}" if finding.remedy else ""
            print(f"{finding.level:<5} {check:<{_NAME}} {finding.message}{remedy}", flush=True)

    sound = run(examine(settings, told, deep=deep))
    if as_json:
        print(json.dumps({"ok": sound, "checks": found}, indent=2))
    elif any(_SQL.search(_COMMAND.sub("", one["remedy"] or "")) for one in found):
        print(f"SQL is for the owner of the schema, in `{psql(_data_dir(settings))}`.")
    if not sound:
        raise typer.Exit(1)


async def examine(settings: Settings, told: Told, *, deep: bool = False, now: datetime | None = None) -> bool:
    """Look the deployment over that the settings mean; whether nothing failed. ``now`` is for tests.

    Raises NotFound, Unavailable and EmbeddedPostgresError where there is nothing to be looked at.
    """
    from interlock.doctor import checks
    from interlock.doctor.patient import Patient
    from interlock.store.inspection import server
    from interlock.store.inspection.looking import looking

    folder = _data_dir(settings)
    async with _database(settings) as url, looking(url, deep=deep) as connection:
        values = await server.settings(connection)
        role, unseen = await server.what_would_let_it_see(connection)
        return await checks.examine(Patient(connection, url, role, settings, values, unseen, folder, deep, now), told)


@asynccontextmanager
async def _database(settings: Settings) -> AsyncIterator[str]:
    """The URL of the database as it is: the embedded one is started where it does not run, and not migrated."""
    from interlock.domain.errors import NotFound
    from interlock.store.embedded import EmbeddedPostgres

    if settings.database_url is not None:
        yield settings.database_url
        return
    postgres = EmbeddedPostgres(_made(settings.data_dir, NotFound))
    url = await asyncio.to_thread(postgres.start)
    try:
        yield url
    finally:
        await asyncio.to_thread(postgres.stop)


def _data_dir(settings: Settings) -> Path | None:
    """Where the embedded database is, if that is the one."""
    return None if settings.database_url is not None else settings.data_dir


def _made(data_dir: Path, error: type[Exception]) -> Path:
    folder = data_dir / "postgres"
    if not folder.exists():
        raise error(f"There is no Interlock data in {data_dir}; `interlock serve` makes it.")
    return folder

"""What commands share that work on the database itself, without a server: whoever can reach it needs no key."""

from __future__ import annotations

import sys
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

from rich.console import Console
from rich.table import Table

from interlock.domain.errors import NotFound
from interlock.starting import run, settings_with

Result = TypeVar("Result")


def with_core(data_dir: Path | None, work: Callable[[Any], Awaitable[Result]]) -> Result:
    """Run ``work`` on the database, and end as a command does. Raises typer.Exit."""
    from interlock import server
    from interlock.domain.kinds import KindRegistry
    from interlock.service.core import Core
    from interlock.store.database import Database

    settings = settings_with(data_dir=data_dir)

    async def main() -> Result:
        if settings.database_url is None and not (settings.data_dir / "postgres").exists():
            raise NotFound(f"There is no Interlock data in {settings.data_dir}; `interlock serve` makes it.")
        async with server.database(settings) as url:
            database = await Database.open(url, size=2)
            try:
                return await work(Core(database, settings, KindRegistry.installed()))
            finally:
                await database.close()

    return run(main())


def show(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """A table; in a pipe, tab-separated rows."""
    if not sys.stdout.isatty():
        for row in (columns, *rows):
            print("\t".join(row))
        return
    table = Table(*columns, box=None)
    for row in rows:
        table.add_row(*row)
    Console(markup=False).print(table)

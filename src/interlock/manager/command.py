"""``interlock manager``: a compute manager on the command line, until it is told to stop."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from interlock.manager.config import QCSCHEMA, InvalidConfig, ManagerConfig, default_name, default_workers

if TYPE_CHECKING:
    from interlock.manager.telling import Telling

KEY_VARIABLE = "INTERLOCK_API_KEY"


def manager(
    url: Annotated[str, typer.Option(help="The server.", envvar="INTERLOCK_URL")] = "http://127.0.0.1:8765",
    key_file: Annotated[
        Path | None, typer.Option(help=f"A file with the API key of a MANAGER. [else env: {KEY_VARIABLE}]")
    ] = None,
    name: Annotated[str | None, typer.Option(help="Unique on the server. [default: the host's, and a suffix]")] = None,
    cluster: Annotated[str | None, typer.Option(help="Where it runs, for people.")] = None,
    tag: Annotated[
        list[str] | None, typer.Option(help="A tag to serve, the preferred first; * stands for any. [default: *]")
    ] = None,
    workers: Annotated[
        int | None, typer.Option(min=1, help="Tasks at the same time. [default: one for each processor]")
    ] = None,
    function: Annotated[
        list[str] | None,
        typer.Option(
            help="A function that may run: package.module:function, or package.module:*. May be repeated; naming any "
            f"replaces the default. [default: {QCSCHEMA}]"
        ),
    ] = None,
    lease_seconds: Annotated[
        int, typer.Option(min=1, help="How long the server waits for a sign of life before it gives tasks to others.")
    ] = 300,
    ahead_seconds: Annotated[
        float, typer.Option(min=0, help="Seconds' worth of tasks to claim ahead of a free worker.")
    ] = 2.0,
    give_up_after: Annotated[
        int, typer.Option(min=1, help="Tasks in a row that it cannot run through its own fault: then it leaves.")
    ] = 5,
    verbose: Annotated[bool, typer.Option("--verbose", help="Log every task, too.")] = False,
) -> None:
    """Run a compute manager.

    It claims tasks, runs them in processes of their own, and returns what came of them. Ctrl-C or SIGTERM: finish
    what is running and leave; a second time: stop at once.
    """
    # Only those who run a manager wait for its imports.
    from interlock.logs import configure  # noqa: PLC0415
    from interlock.manager.client import Refused  # noqa: PLC0415
    from interlock.manager.health import Unfit  # noqa: PLC0415
    from interlock.manager.telling import Telling  # noqa: PLC0415

    configure(level=logging.DEBUG if verbose else logging.INFO)
    try:
        config = ManagerConfig(
            url=url,
            key=_key(key_file),
            name=name or default_name(),
            cluster=cluster,
            tags=tuple(tag or ("*",)),
            workers=workers or default_workers(),
            functions=tuple(function or (QCSCHEMA,)),
            lease_seconds=lease_seconds,
            ahead_seconds=ahead_seconds,
            give_up_after=give_up_after,
        )
    except ValueError as error:  # InvalidConfig, and a key file that is no text
        typer.echo(f"interlock: {error}", err=True)
        raise typer.Exit(1) from error
    telling = Telling(config)
    try:
        asyncio.run(_until_told(config, telling))
    except (Refused, Unfit, OSError, ValueError) as error:
        telling.failed(error)
        raise typer.Exit(1) from error
    telling.event("stopped", {})


def _key(file: Path | None) -> str:
    if file is None:
        return os.environ.get(KEY_VARIABLE, "").strip()
    try:
        return file.read_text().strip()
    except OSError as error:
        raise InvalidConfig(f"the key file {file} cannot be read: {error.strerror}") from error


async def _until_told(config: ManagerConfig, telling: Telling) -> None:
    from interlock.manager.loop import run_manager  # noqa: PLC0415 - see above

    stop, stop_now = asyncio.Event(), asyncio.Event()

    def told() -> None:
        (stop_now if stop.is_set() else stop).set()

    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, told)
    await run_manager(config, stop, stop_now, telling.event)

"""``interlock demo`` on the command line."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from importlib.util import find_spec
from io import TextIOWrapper
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from interlock.demo.run import Options

_CHEMISTRY = ("rdkit", "tblite", "qcelemental")
_INTERRUPTED = 130


def demo(
    data_dir: Annotated[Path, typer.Option(help="Where everything is kept.")] = Path("interlock-demo"),
    molecules: Annotated[int, typer.Option(min=1, max=200, help="How many.")] = 200,
    workers: Annotated[
        int | None, typer.Option(min=1, help="Computed at the same time. [default: one for each processor]")
    ] = None,
    keep_running: Annotated[
        bool, typer.Option("--keep-running", help="Leave server and manager up until Ctrl-C, to look around.")
    ] = False,
    dashboard: Annotated[
        bool, typer.Option(help="Build the dashboard, unless it is there, and open it, if there is a screen.")
    ] = True,
) -> None:
    """Compute 200 real molecules, as a tour.

    From nothing to a summary, in a minute or so. Starts a server and a manager, and stops them in the end. Interrupted
    and started again, it goes on where it was.
    """
    missing = [name for name in _CHEMISTRY if find_spec(name) is None]
    if missing:
        typer.echo(
            f"interlock: the demo needs {', '.join(missing)}: in the clone, pip install '.[chemistry]'", err=True
        )
        raise typer.Exit(1)

    from interlock.demo.run import Options  # noqa: PLC0415 - --help need not wait for it

    options = Options(
        data_dir=data_dir,
        molecules=molecules,
        workers=workers or os.cpu_count() or 1,
        keep_running=keep_running,
        dashboard=dashboard,
    )
    raise typer.Exit(asyncio.run(_until_interrupted(options)))


async def _until_interrupted(options: Options) -> int:
    """Run the demo; Ctrl-C or SIGTERM stops it in order. Returns the exit code."""
    from gql.transport.exceptions import TransportError, TransportQueryError  # noqa: PLC0415 - see above

    from interlock.demo.failure import DemoFailed  # noqa: PLC0415
    from interlock.demo.run import run  # noqa: PLC0415
    from interlock.demo.telling import Teller  # noqa: PLC0415

    if isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")  # a terminal without arrows gets question marks, no traceback
    teller = Teller()
    work = asyncio.ensure_future(run(options, teller))

    def interrupt() -> None:
        if work.cancelling():  # those that it started are being stopped in order: again would leave them behind
            teller.plain("  Still stopping: that may take some seconds.")
            return
        teller.plain("\n  Stopping ...")
        work.cancel()

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        asyncio.get_running_loop().add_signal_handler(number, interrupt)
    try:
        await work
    except asyncio.CancelledError:
        return 0 if options.keep_running else _INTERRUPTED
    except TransportQueryError as error:
        typer.echo(f"interlock: The server says: {(error.errors or [{}])[0].get('message', error)}", err=True)
        return 1
    except (DemoFailed, TransportError, OSError) as error:
        typer.echo(f"interlock: {error}", err=True)
        return 1
    return 0

"""``interlock managers``: look at the compute managers, and forget those that are gone, on the database itself."""

from __future__ import annotations

from typing import Annotated

import typer

from interlock.commands.direct import show, with_core
from interlock.starting import DataDir

app = typer.Typer(
    help="Compute managers: list, forget. (`interlock manager` runs one.)", no_args_is_help=True, rich_markup_mode=None
)

_COLUMNS = ("id", "name", "cluster", "tags", "holds", "heard of last")


@app.command("list")
def list_managers(data_dir: DataDir = None) -> None:
    """List the active managers; in a pipe as tab-separated rows."""
    from interlock.domain.ids import IdType, encode
    from interlock.service import leaving

    found = with_core(data_dir, leaving.list_managers)
    rows = [
        (
            encode(IdType.MANAGER, one.id), one.name, one.cluster or "", " ".join(one.tags), str(one.running),
            f"{one.heartbeat_at:%Y-%m-%d %H:%M:%S} UTC",
        )
        for one in found
    ]  # fmt: skip
    show(_COLUMNS, rows)


@app.command("forget")
def forget_manager(
    name: Annotated[str, typer.Argument(help="The manager's name, as `interlock managers list` shows it.")],
    force: Annotated[
        bool,
        typer.Option(
            "--force",
            help="Also one that was heard of within the last minute or the time of its leases; it loses its work.",
        ),
    ] = False,
    data_dir: DataDir = None,
) -> None:
    """Deactivate a manager that is gone for good, and give its tasks up.

    They go to ERROR with the type `manager_left`, and are retried as the retry policy has it. A manager that comes
    back all the same is refused what it returns, and may activate itself again.
    """
    from interlock.service import leaving

    forgotten = with_core(data_dir, lambda core: leaving.forget_manager(core, name, force=force))
    tasks = "1 task was" if forgotten.given_up == 1 else f"{forgotten.given_up} tasks were"
    print(f"The manager {name!r} is forgotten; {tasks} given up.")

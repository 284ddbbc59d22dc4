"""``interlock tasks``: the repair of records and tasks that lost one another, on the database itself."""

from __future__ import annotations

import typer

from interlock.commands.direct import with_core
from interlock.starting import DataDir, warn

app = typer.Typer(help="Tasks: rebuild those that are missing.", no_args_is_help=True, rich_markup_mode=None)

_NAMED = 5


@app.callback()
def tasks() -> None:
    """Tasks: rebuild those that are missing."""


@app.command("rebuild")
def rebuild(data_dir: DataDir = None) -> None:
    """Build the tasks that records with work to do have lost, from their specifications.

    Drop those, too, whose records have no work to do. Neither can happen through Interlock; `interlock doctor --deep`
    tells when it did. Servers may be at work meanwhile. It reads all records, and may be repeated.
    """
    from interlock.domain.ids import IdType, encode
    from interlock.service import building

    done = with_core(data_dir, building.rebuild_tasks)
    print(f"Tasks built: {done.built}; dropped: {done.dropped}.")
    for ids, why in (
        (done.without_kind, "their kind is not installed here"),
        (
            done.without_specification,
            "their specifications are gone, or of no use to their kind; restore a backup, or kill them",
        ),
    ):
        if ids:
            named = ", ".join(encode(IdType.RECORD, number) for number in ids[:_NAMED])
            warn(f"without a task stay {len(ids)}, such as {named}: {why}.")
    if done.without_kind or done.without_specification:
        raise typer.Exit(1)

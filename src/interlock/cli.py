"""The command line: one command each for what people do with Interlock."""

from __future__ import annotations

from importlib.metadata import version
from pathlib import Path
from typing import Annotated

import typer

from interlock.commands import keys, managers, postgres, tasks
from interlock.demo import command as demo_command
from interlock.doctor import command as doctor_command
from interlock.logs import configure
from interlock.manager import command as manager_command
from interlock.starting import DataDir, run, settings_with, tell_new

app = typer.Typer(
    name="interlock",
    help="A GraphQL server for the status of computations.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


def _show_version(asked: bool) -> None:
    if asked:
        print(f"interlock {version('interlock')}")
        raise typer.Exit


@app.callback()
def interlock(
    _version: Annotated[
        bool, typer.Option("--version", help="Show the version and exit.", callback=_show_version, is_eager=True)
    ] = False,
) -> None:
    """A GraphQL server for the status of computations."""


@app.command()
def serve(
    port: Annotated[int | None, typer.Option(help="Port; 0 takes a free one. [env: INTERLOCK_PORT, else 8765]")] = None,
    host: Annotated[str | None, typer.Option(help="Address. [env: INTERLOCK_HOST, else 127.0.0.1]")] = None,
    data_dir: DataDir = None,
    trusted_documents: Annotated[
        Path | None,
        typer.Option(help="JSON file of documents by their sha256. [env: INTERLOCK_TRUSTED_DOCUMENTS]"),
    ] = None,
    trusted_only: Annotated[
        bool | None,
        typer.Option("--trusted-only", help="Run no documents but those. [env: INTERLOCK_TRUSTED_ONLY]"),
    ] = None,
) -> None:
    """Run the server.

    It works on the embedded PostgreSQL, or on INTERLOCK_DATABASE_URL. On first start on loopback with the embedded
    database it makes an admin key in DATA_DIR/admin.key. All other settings are environment variables: the README
    has a table of them.
    """
    from interlock import server

    settings = settings_with(
        port=port, host=host, data_dir=data_dir, trusted_documents=trusted_documents, trusted_only=trusted_only
    )
    configure(settings.log_level)

    def started(url: str, key_file: Path | None) -> None:
        if key_file is not None:
            print(f"Made an admin key: {key_file} (only you can read it)", flush=True)
        print(f"Interlock serves {url}/graphql", flush=True)

    run(server.serve(settings, started, tell_new))
    print("Stopped.", flush=True)


@app.command()
def migrate(data_dir: DataDir = None) -> None:
    """Bring the database to this version.

    Tables, guards and functions, all in one transaction.
    """
    from interlock import server
    from interlock.store.migrate import migrate as bring_up

    settings = settings_with(data_dir=data_dir)

    made: list[Path] = []

    def on_new(folder: Path) -> None:
        tell_new(folder)
        made.append(folder)

    async def work() -> str:
        async with server.database(settings, on_new) as url:
            return await bring_up(url)

    revision = run(work())
    for folder in made:
        print(f"Made a new database in {folder}.")
    print(f"The database is at migration {revision} (up to date).")


@app.command()
def schema() -> None:
    """Print the GraphQL schema."""
    from interlock.api.schema import schema_text

    print(schema_text(), end="")


app.command("doctor")(doctor_command.doctor)
app.command("database-url")(postgres.database_url)
app.command(
    "postgres",
    context_settings={"ignore_unknown_options": True, "allow_extra_args": True, "allow_interspersed_args": False},
)(postgres.postgres)
app.command("manager")(manager_command.manager)
app.command("demo")(demo_command.demo)
app.add_typer(keys.app, name="keys")
app.add_typer(managers.app, name="managers")
app.add_typer(tasks.app, name="tasks")


if __name__ == "__main__":
    app()

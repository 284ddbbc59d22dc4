"""The command line: one command each for what people do with Interlock."""

from __future__ import annotations

import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Annotated, Any, TypeVar

import typer
import uvloop
from pydantic import ValidationError
from rich.console import Console
from rich.table import Table

from interlock.demo import command as demo_command
from interlock.domain.errors import InterlockError, NotFound
from interlock.domain.roles import Role
from interlock.logs import configure
from interlock.manager import command as manager_command
from interlock.settings import Settings
from interlock.store.embedded import EmbeddedPostgresError

app = typer.Typer(
    name="interlock",
    help="A GraphQL server for the status of computations.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
keys_app = typer.Typer(help="API keys: create, list, revoke.", no_args_is_help=True, rich_markup_mode=None)
app.add_typer(keys_app, name="keys")

Result = TypeVar("Result")

DataDir = Annotated[
    Path | None,
    typer.Option(help="Where the embedded PostgreSQL keeps its data. [env: INTERLOCK_DATA_DIR, else interlock-data]"),
]


def _settings(**given: Any) -> Settings:
    """Settings from the environment, with what was given on the command line over them."""
    try:
        return Settings(**{name: value for name, value in given.items() if value is not None})
    except ValidationError as error:
        for fault in error.errors():
            name = "_".join(str(part) for part in fault["loc"])
            print(
                f"interlock: {name} (INTERLOCK_{name.upper()}) is {fault['input']!r}: {fault['msg']}", file=sys.stderr
            )
        raise typer.Exit(2) from error


def _run(work: Awaitable[Result]) -> Result:
    """Run to the end; what the user can mend is said in one line, without a traceback."""

    async def main() -> Result:
        return await work

    try:
        return uvloop.run(main())
    except (InterlockError, EmbeddedPostgresError) as error:
        print(f"interlock: {error}", file=sys.stderr)
        raise typer.Exit(1) from error


@app.command()
def serve(
    port: Annotated[int | None, typer.Option(help="Port; 0 takes a free one. [env: INTERLOCK_PORT, else 8765]")] = None,
    host: Annotated[str | None, typer.Option(help="Address. [env: INTERLOCK_HOST, else 127.0.0.1]")] = None,
    data_dir: DataDir = None,
) -> None:
    """Run the server, on the embedded PostgreSQL or on INTERLOCK_DATABASE_URL.

    On first start on loopback with the embedded database it makes an admin key in DATA_DIR/admin.key.
    All other settings are environment variables: see interlock/settings.py.
    """
    from interlock import server

    configure()
    settings = _settings(port=port, host=host, data_dir=data_dir)

    def started(url: str, key_file: Path | None) -> None:
        if key_file is not None:
            print(f"Made an admin key: {key_file} (only you can read it)", flush=True)
        print(f"Interlock serves {url}/graphql", flush=True)

    _run(server.serve(settings, started))


@app.command()
def migrate(data_dir: DataDir = None) -> None:
    """Bring the database to this version: tables, guards, functions, all in one transaction."""
    from interlock import server
    from interlock.store.migrate import migrate as bring_up

    async def work() -> str:
        async with server.database(_settings(data_dir=data_dir)) as url:
            return await bring_up(url)

    print(f"The database is at migration {_run(work())}.")


@app.command()
def schema() -> None:
    """Print the GraphQL schema."""
    from interlock.api.schema import schema_text

    print(schema_text(), end="")


@keys_app.command("create")
def create_key(
    name: Annotated[str, typer.Option(help="The principal that the key speaks for; a new name makes a new one.")],
    role: Annotated[Role | None, typer.Option(help="The role of a new principal.", case_sensitive=False)] = None,
    data_dir: DataDir = None,
) -> None:
    """Make a key and print it: it is shown now and never again."""
    from interlock.service import identity

    made = _with_core(data_dir, lambda core: identity.create_key(core, name, role))
    print(f"key_{made.id} for {made.principal.name} ({made.principal.role}), shown only now:", file=sys.stderr)
    print(made.secret)


@keys_app.command("list")
def list_keys(data_dir: DataDir = None) -> None:
    """List the keys, newest first; never the keys themselves."""
    from interlock.service import identity

    table = Table("id", "begins with", "principal", "role", "made", "revoked", box=None)
    for key in _with_core(data_dir, identity.list_keys):
        revoked = "" if key.revoked_at is None else f"{key.revoked_at:%Y-%m-%d %H:%M}"
        table.add_row(f"key_{key.id}", key.prefix, key.principal, key.role, f"{key.created_at:%Y-%m-%d %H:%M}", revoked)
    Console().print(table)


@keys_app.command("revoke")
def revoke_key(
    key_id: Annotated[str, typer.Argument(help="The key's id, as `interlock keys list` shows it.")],
    data_dir: DataDir = None,
) -> None:
    """Revoke a key: it is refused from now on, and what was opened with it is closed."""
    from interlock.domain.ids import IdType, parse
    from interlock.service import identity

    async def revoke(core: Any) -> None:
        await identity.revoke_key(core, parse(IdType.KEY, key_id, "key_id"))

    _with_core(data_dir, revoke)
    print(f"{key_id} is revoked.")


def _with_core(data_dir: Path | None, work: Callable[[Any], Awaitable[Result]]) -> Result:
    """Run ``work`` on the database itself: whoever can reach it needs no key."""
    from interlock import server
    from interlock.domain.kinds import KindRegistry
    from interlock.service.core import Core
    from interlock.store.database import Database

    settings = _settings(data_dir=data_dir)

    async def main() -> Result:
        if settings.database_url is None and not (settings.data_dir / "postgres").exists():
            raise NotFound(f"There is no Interlock data in {settings.data_dir}; `interlock serve` makes it.")
        async with server.database(settings) as url:
            database = await Database.open(url, size=2)
            try:
                return await work(Core(database, settings, KindRegistry({})))
            finally:
                await database.close()

    return _run(main())


app.command("manager")(manager_command.manager)
app.command("demo")(demo_command.demo)


def main() -> None:
    """The console script."""
    app()


if __name__ == "__main__":
    main()

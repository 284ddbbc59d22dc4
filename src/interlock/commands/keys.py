"""``interlock keys``: make, list and revoke API keys, on the database itself."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Annotated, Any

import typer

from interlock.commands.direct import show, with_core
from interlock.domain.errors import InterlockError, InvalidInput
from interlock.domain.ids import IdType, parse
from interlock.domain.roles import Role
from interlock.starting import DataDir, warn

app = typer.Typer(help="API keys: create, list, revoke.", no_args_is_help=True, rich_markup_mode=None)

_COLUMNS = ("id", "begins with", "principal", "role", "made", "revoked")


def _role(text: str) -> Role:
    try:
        return Role(text.upper())
    except ValueError:
        raise typer.BadParameter(f"{text!r} is no role; there are {', '.join(Role)}.") from None


def _number(text: str) -> int:
    try:
        return parse(IdType.KEY, text, "key_id")
    except InvalidInput:
        message = f"{text!r} is no key's id: those look like key_4; `interlock keys list` shows them."
        raise typer.BadParameter(message, param_hint="KEY_ID") from None


@app.command("create")
def create_key(
    name: Annotated[str, typer.Option(help="The principal that the key speaks for; a new name makes a new one.")],
    role: Annotated[
        Role | None,
        typer.Option(
            help=f"One of {', '.join(Role)}. Required for a new principal; an existing one keeps its own.",
            parser=_role,
            metavar="ROLE",
        ),
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="A new file for the key, which only you can read. [default: print it]")
    ] = None,
    data_dir: DataDir = None,
) -> None:
    """Make a key; it is shown now and never again."""
    from interlock.service import identity

    async def make(core: Any) -> Any:
        with _new_file(out) as write:
            made = await identity.create_key(core, name, role)
            write(made.secret)
        return made

    made = with_core(data_dir, make)
    shown = "shown only now:" if out is None else f"in {out}"
    print(f"key_{made.id} for {made.principal.name} ({made.principal.role}), {shown}", file=sys.stderr)
    if out is None:
        print(made.secret)


@contextlib.contextmanager
def _new_file(path: Path | None) -> Iterator[Callable[[str], object]]:
    """A file of mode 0600 to write one line to; it is made before the key is, and not left behind without one."""
    if path is None:
        yield lambda _: None
        return
    try:
        opened = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError as error:
        raise InterlockError(f"The file {path} cannot be made: {error.strerror}. Choose another with --out.") from error
    try:
        with os.fdopen(opened, "w") as file:
            yield lambda text: file.write(text + "\n")
    except BaseException:
        path.unlink()
        raise


@app.command("list")
def list_keys(data_dir: DataDir = None) -> None:
    """List the keys, newest first; in a pipe as tab-separated rows."""
    from interlock.service import identity

    rows = []
    for key in with_core(data_dir, identity.list_keys):
        revoked = "" if key.revoked_at is None else f"{key.revoked_at:%Y-%m-%d %H:%M}"
        made = f"{key.created_at:%Y-%m-%d %H:%M}"
        rows.append((f"key_{key.id}", key.prefix, key.principal, str(key.role), made, revoked))
    show(_COLUMNS, rows)


@app.command("revoke")
def revoke_key(
    key_id: Annotated[str, typer.Argument(help="The key's id, as `interlock keys list` shows it.")],
    data_dir: DataDir = None,
) -> None:
    """Revoke a key: it is refused from now on.

    What was opened with it is closed. The last key of an ADMIN can be revoked, too: whoever can reach the database
    makes a new one with `interlock keys create`, or on the embedded one by starting `interlock serve` again.
    """
    from interlock.service import identity

    number = _number(key_id)

    async def revoke(core: Any) -> bool:
        await identity.revoke_key(core, number)
        return Role.ADMIN in await identity.roles_with_keys(core)

    admins = with_core(data_dir, revoke)
    print(f"{key_id} is revoked.")
    if not admins:
        warn("no ADMIN has a key now. `interlock keys create --name admin --role ADMIN` makes one.")

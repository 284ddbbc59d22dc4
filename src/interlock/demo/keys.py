"""The keys of the demo: the server's own, and one for the manager, each in a file that only its owner can read."""

from __future__ import annotations

import contextlib
import os
import shlex
from pathlib import Path

from gql.transport.exceptions import TransportError

from interlock.demo import documents
from interlock.demo.api import Api
from interlock.demo.failure import DemoFailed

MANAGER = "demo-manager"


def admin_key(data_dir: Path) -> str:
    """The key that the server made when it first started here. Raises DemoFailed."""
    file = data_dir / "admin.key"
    try:
        return file.read_text().strip()
    except OSError as error:
        raise DemoFailed(f"The key file {file} cannot be read: {error.strerror}. {_another(data_dir)}") from error


async def check(api: Api, data_dir: Path) -> None:
    """Make sure that the server takes the key. Raises DemoFailed."""
    if not await _is_valid(api):
        raise DemoFailed(f"The server does not accept the key in {data_dir / 'admin.key'}. {_another(data_dir)}")


def _another(data_dir: Path) -> str:
    folder, file = shlex.quote(str(data_dir)), shlex.quote(str(data_dir / "admin.key"))
    make = f"interlock keys create --name admin --role ADMIN --data-dir {folder} --out {file}"
    return f"Make another one: rm -f {file} && {make}"


async def manager_key(api: Api, data_dir: Path) -> str:
    """The manager's key: made once, and kept in a file."""
    file = data_dir / f"{MANAGER}.key"
    if file.exists():
        key = file.read_text().strip()
        with contextlib.suppress(ValueError):  # a torn file may hold what is no header
            async with Api.connect(api.url, key) as manager:
                if await _is_valid(manager):
                    return key
    made = await api.call(documents.CREATE_KEY, name=MANAGER, role="MANAGER")
    opened = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(opened, "w") as out:
        out.write(made["key"] + "\n")
    return str(made["key"])


async def _is_valid(api: Api) -> bool:
    try:
        await api.ask(documents.WHO)
    except TransportError:
        return False
    return True

"""The keys of the demo: the server's own, and one for the manager, each in a file that only its owner can read."""

from __future__ import annotations

import os
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
        raise DemoFailed(
            f"The admin key cannot be read ({error}).\n  Make another one: "
            f"interlock keys create --name admin --role ADMIN --data-dir {data_dir} > {file}"
        ) from error


async def manager_key(api: Api, data_dir: Path) -> str:
    """The manager's key: made once, and kept in a file."""
    file = data_dir / f"{MANAGER}.key"
    if file.exists() and await _is_valid(api.url, key := file.read_text().strip()):
        return key
    made = await api.call(documents.CREATE_KEY, name=MANAGER, role="MANAGER")
    opened = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(opened, "w") as out:
        out.write(made["key"] + "\n")
    return str(made["key"])


async def _is_valid(url: str, key: str) -> bool:
    try:
        async with Api.connect(url, key) as api:
            await api.ask(documents.WHO)
    except (TransportError, ValueError):  # a torn file may hold what is no header
        return False
    return True

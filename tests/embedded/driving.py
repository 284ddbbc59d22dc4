"""Driving processes that use the embedded PostgreSQL, and looking at what they left."""

import asyncio
import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import asyncpg

from embedded import user_process
from interlock.store.embedded import postmaster

_SCRIPT = Path(user_process.__file__)
PATIENCE = 30.0

NewUser = Callable[..., "UserProcess"]  # what the fixture new_user gives


class UserProcess:
    """One process that can use, and be killed while it uses, a cluster."""

    def __init__(
        self,
        data_dir: Path,
        *settings: str,
        user: str = "-",
        site: str = "-",
        prefix: tuple[str, ...] = (),
        environment: Mapping[str, str] | None = None,
    ) -> None:
        command = (*prefix, sys.executable, str(_SCRIPT), str(data_dir), user, site, *settings)
        self.process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, **(environment or {})},
            start_new_session=True,
        )

    def tell(self, deed: str) -> None:
        assert self.process.stdin
        self.process.stdin.write(f"{deed}\n")
        self.process.stdin.flush()

    def hear(self) -> str:
        assert self.process.stdout
        return self.process.stdout.readline().strip()

    def ask(self, deed: str) -> str:
        self.tell(deed)
        return self.hear()

    def start(self) -> str:
        dsn = self.ask("start")
        assert dsn.startswith("postgresql://"), dsn
        return dsn

    def stop(self) -> None:
        assert self.ask("stop") == "None"

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.communicate()


def query(dsn: str, *statements: str) -> object:
    """The first value of the last statement's answer."""

    async def answer() -> object:
        connection = await asyncpg.connect(dsn, ssl=False)
        try:
            for statement in statements[:-1]:
                await connection.execute(statement)
            return await connection.fetchval(statements[-1])
        finally:
            await connection.close()

    return asyncio.run(answer())


def master_of(data_dir: Path) -> int | None:
    """The pid of the postmaster that runs there, as the launcher finds it."""
    return postmaster.find(data_dir / "cluster")


def pid_file_of(data_dir: Path) -> Path:
    return data_dir / "cluster" / "postmaster.pid"


def await_that(condition: Callable[[], object], what: str) -> None:
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, f"waited in vain: {what}"
        time.sleep(0.001)

"""A process that uses an EmbeddedPostgres: told what to do on stdin, it answers each line with one line.

    user_process.py DATA_DIR USER SITE [SETTING=VALUE ...]

It becomes USER (a name, or "-" to stay who it is) and finds the wheel in SITE (or, if "-", as usual).
"""

import contextlib
import os
import pwd
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from interlock.store.embedded import EmbeddedPostgres, EmbeddedPostgresError, address, binaries, postmaster

if TYPE_CHECKING:
    from collections.abc import Callable

# Where a process can be made to halt, so that it is killed just there.
HALTS: dict[str, tuple[Any, str]] = {
    "before the cluster gets its name": (Path, "rename"),
    "before the server answers": (postmaster, "answers"),
    "before the server is told to stop": (postmaster, "shut_down"),
}


def main(data_dir: str, user: str, site: str, *settings: str) -> None:
    if site != "-":
        sys.path.insert(0, site)
    if user != "-":
        binaries.find_wheel()  # loads all it needs of Python, which may lie in root's home
        _become(user)
    postgres = EmbeddedPostgres(Path(data_dir), dict(setting.split("=", 1) for setting in settings))
    deeds: dict[str, Callable[[], object]] = {
        "list": lambda: sorted(path.name for path in Path(data_dir).iterdir()),
        "owner": Path(data_dir, "cluster").owner,
        "start": postgres.start,
        "stop": postgres.stop,
        "ensure": postgres.ensure_running,
        "fork": _fork_idler,
    }
    orders: dict[str, Callable[[str], object]] = {"halt": _halt_at, "links": _keep_links_in}
    for line in sys.stdin:
        word, _, rest = line.strip().partition(" ")
        try:
            _say(orders[word](rest) if word in orders else deeds[word]())
        except EmbeddedPostgresError as error:
            _say(f"{type(error).__name__}: {error}".replace("\n", " | "))


def _say(answer: object) -> None:
    sys.stdout.write(f"{answer}\n")
    sys.stdout.flush()


def _become(user: str) -> None:
    entry = pwd.getpwnam(user)
    os.setgroups([])
    os.setgid(entry.pw_gid)
    os.setuid(entry.pw_uid)


def _halt_at(place: str) -> str:
    def halt(*_: object) -> NoReturn:
        _say(f"halted {place}")
        while True:
            signal.pause()

    setattr(*HALTS[place], halt)
    return "ok"


def _keep_links_in(folder: str) -> str:
    address.LINKS = Path(folder)
    return "ok"


def _fork_idler() -> int:
    """A child that has nothing to do and lives until it is killed; its pid, once it runs."""
    reader, writer = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.write(writer, b"!")
        while True:
            signal.pause()
    os.read(reader, 1)
    return pid


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt):
        main(*sys.argv[1:])

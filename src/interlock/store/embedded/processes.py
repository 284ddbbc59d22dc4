"""Which PostgreSQL processes live in a folder.

A pid in a file proves nothing: its process may be dead, and the number given to another program or to the
postmaster of another folder. But PostgreSQL's processes have their data folder as working directory, and the
kernel knows it: /proc/PID/cwd leads to the very folder, even if it was renamed. Where there is no /proc, as
on macOS, lsof tells the same.
"""

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

_NAMES = frozenset({"postgres", "initdb"})
_PROC = Path("/proc")


@dataclass(frozen=True)
class Process:
    pid: int
    parent: int
    command: str

    @property
    def is_titled(self) -> bool:
        """Whether it rewrote its command line, as backends and helpers do and a postmaster does not."""
        return self.command.startswith("postgres: ")


def inhabitants(folder: Path) -> list[Process]:
    """PostgreSQL's processes whose working directory is this folder; zombies are not among them."""
    return [process for process in _named_processes() if lives_in(process.pid, folder)]


def lives_in(pid: int, folder: Path) -> bool:
    """Whether the process lives, and its working directory is this folder."""
    try:
        where = (_PROC / str(pid) / "cwd").stat() if _has_proc() else Path(_lsof(pid)).stat()
        return os.path.samestat(where, folder.stat())
    except OSError:  # it ended, is a zombie, or is none of ours; or the folder is gone
        return False


def kill_inhabitants(folder: Path) -> None:
    """Kill what lives in a folder whose master is dead: remains that would go on writing there."""
    for process in inhabitants(folder):
        with contextlib.suppress(ProcessLookupError):
            os.kill(process.pid, signal.SIGKILL)


def wait_until(condition: Callable[[], bool], patience: float) -> bool:
    """Poll until the condition holds; False if it did not within so many seconds."""
    deadline = time.monotonic() + patience
    pause = 0.005
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(pause)
        pause = min(pause * 1.3, 0.25)
    return True


def _has_proc() -> bool:
    return (_PROC / "self" / "cwd").exists()


def _named_processes() -> Iterator[Process]:
    if not _has_proc():
        yield from _listed_processes()
        return
    for entry in _PROC.iterdir():
        if entry.name.isdigit():
            # The name is asked first: to look up a working directory may hang on a dead network mount.
            with contextlib.suppress(OSError):
                if (entry / "comm").read_text().strip() in _NAMES:
                    # Behind the name in parentheses: the state, then the parent.
                    parent = (entry / "stat").read_text().rpartition(")")[2].split()[1]
                    command = (entry / "cmdline").read_bytes().replace(b"\0", b" ")
                    yield Process(int(entry.name), int(parent), command.decode(errors="replace"))


def _listed_processes() -> Iterator[Process]:
    for line in _output("ps", "-axww", "-o", "pid=,ppid=,command=").splitlines():
        pid, parent, command = line.split(maxsplit=2)
        program = Path(command.split(" ", 1)[0].removesuffix(":")).name
        if program in _NAMES:
            yield Process(int(pid), int(parent), command)


def _lsof(pid: int) -> str:
    fields = _output("lsof", "-a", "-p", str(pid), "-d", "cwd", "-Fn").splitlines()
    for field in fields:
        if field.startswith("n"):
            return field[1:]
    raise ProcessLookupError(pid)


def _output(*command: str) -> str:
    # S603: the arguments are ours and a number.
    return subprocess.run(command, capture_output=True, text=True, errors="replace", check=False).stdout  # noqa: S603

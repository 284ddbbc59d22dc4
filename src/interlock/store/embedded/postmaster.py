"""The server process of a cluster: found, started, awaited, stopped. All of it is done inside the gate."""

import contextlib
import fcntl
import os
import re
import signal
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import IO

from .address import PORT, answers
from .cluster import disk_full, says_disk_full
from .errors import ServerError
from .gate import ALIVE, LockFile
from .processes import inhabitants, kill_inhabitants, lives_in, wait_until
from .programs import Programs

# Durability stays PostgreSQL's own: fsync and synchronous_commit are on.
DEFAULTS: Mapping[str, str] = {
    "max_connections": "200",
    "shared_buffers": "256MB",
    "max_wal_size": "2GB",  # bulk submissions should not force checkpoints
    "random_page_cost": "1.1",  # no spinning disk
    "autovacuum_naptime": "5s",  # a queue's few hot rows die by the second
    "idle_in_transaction_session_timeout": "60s",  # one forgotten snapshot makes claiming slower and slower
    "timezone": "UTC",
    "cluster_name": "interlock",
    "log_directory": "log",
    "log_filename": "postgresql-%a.log",  # one for each day of the week, each overwritten a week later
    "log_truncate_on_rotation": "on",
    "log_rotation_age": "1d",
    "log_rotation_size": "0",
    "log_line_prefix": "%m [%p] %d ",
    "log_timezone": "UTC",
    "log_checkpoints": "off",
    # whoever sends a statement hears what is wrong with it; its text, of pages, has no place here for each answer that
    # would be too large
    "log_min_error_statement": "fatal",
}
# What the launcher relies on.
_FIXED: Mapping[str, str] = {
    "listen_addresses": "",
    "port": PORT,
    "unix_socket_directories": ".",
    "unix_socket_permissions": "0700",
    "logging_collector": "on",  # what comes before it goes to a nameless file that must not grow
}
_START_PATIENCE = 600.0  # a crash recovery with gigabytes of WAL takes its time
_REMAINS_PATIENCE = 5.0
# Fast shutdown, then immediate shutdown (safe: the next start recovers), then what cannot be refused.
_STOP_PATIENCE = ((signal.SIGINT, 60.0), (signal.SIGQUIT, 15.0), (signal.SIGKILL, 5.0))


def recorded_pid(cluster: Path) -> int | None:
    """The pid that the lock file names: a hint where to look, and no more than that."""
    try:
        first = (cluster / "postmaster.pid").read_bytes().split(b"\n", 1)[0]
        return abs(int(first))
    except (OSError, ValueError):
        return None


def is_running(cluster: Path) -> bool:
    """A quick look, good without the gate: False may also mean that it is just being started."""
    pid = recorded_pid(cluster)
    return pid is not None and lives_in(pid, cluster)


def bring_up(cluster: Path, socket_folder: Path, programs: Programs, settings: Mapping[str, str]) -> bool:
    """See that the server takes connections; True if it had to be started, False if it ran already.

    Raises ServerError or DiskFullError if it cannot be.
    """
    running = find(cluster)
    if running and _takes_connections(running, cluster, socket_folder):
        return False
    # None ran, or it was just shutting down.
    with contextlib.closing(LockFile(cluster.parent / ALIVE)) as sign_of_life:
        _clear_remains(cluster, sign_of_life)
        with tempfile.TemporaryFile() as errors:
            started = _start(cluster, programs, settings, errors, sign_of_life)
            if not _takes_connections(started, cluster, socket_folder):
                raise _failure(cluster, errors)
    return True


def shut_down(cluster: Path) -> None:
    """Stop the server, if it runs, and see all its processes gone.

    Raises ServerError if it cannot be stopped.
    """
    pid = find(cluster)
    if pid is None:
        return
    for kind, patience in _STOP_PATIENCE:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, kind)
        if wait_until(lambda: not lives_in(pid, cluster), patience):
            wait_until(lambda: not inhabitants(cluster), _REMAINS_PATIENCE)
            return
    raise ServerError(f"PostgreSQL (pid {pid}) in {cluster} does not stop, not even when killed. Is its disk stuck?")


def find(cluster: Path) -> int | None:
    """The postmaster, even one that is too young to have written its lock file."""
    found = inhabitants(cluster)
    pids = {process.pid for process in found}
    # A child's parent lives here too; an orphan's does not any more, but its command line tells.
    masters = [each.pid for each in found if each.parent not in pids and not each.is_titled]
    return masters[0] if masters else None


def _takes_connections(pid: int, cluster: Path, socket_folder: Path) -> bool:
    """Wait until it does; False if it ended instead."""
    if not wait_until(lambda: answers(socket_folder) or not lives_in(pid, cluster), _START_PATIENCE):
        raise ServerError(
            f"PostgreSQL (pid {pid}) runs in {cluster} but takes no connections. "
            f"Its log, in {cluster / 'log'}, may say why; kill it to begin anew."
        )
    return lives_in(pid, cluster)


def _clear_remains(cluster: Path, sign_of_life: LockFile) -> None:
    """Leave nothing of a dead server: neither backends that outlived it nor locks that would stop the next.

    Raises ServerError if there are processes that we cannot reach.
    """

    def nobody_lives() -> bool:
        kill_inhabitants(cluster)
        try:
            sign_of_life.lock(fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return not inhabitants(cluster)

    if not wait_until(nobody_lives, _REMAINS_PATIENCE):
        raise ServerError(
            f"{cluster} is in use by a PostgreSQL that this process cannot see: another container or machine "
            "has the same folder. Stop that one, or use another data folder."
        )
    for lock in cluster.glob(".s.PGSQL.*.lock"):
        lock.unlink()
    if recorded_pid(cluster) is None:  # empty or garbled: killed while writing it
        (cluster / "postmaster.pid").unlink(missing_ok=True)


def _start(
    cluster: Path, programs: Programs, settings: Mapping[str, str], errors: IO[bytes], sign_of_life: LockFile
) -> int:
    arguments = ["-D", programs.name_for(cluster)]
    for name, value in _checked(settings).items():
        arguments += ["-c", f"{name}={value}"]
    # PostgreSQL takes a lock file for its own if it names its grandparent: so a recycled pid does not stop
    # it, while the file still tells it which shared memory to look at.
    stale = recorded_pid(cluster)
    environment = {} if stale is None else {"PG_GRANDPARENT_PID": str(stale)}
    assert sign_of_life.descriptor is not None
    inherit = sign_of_life.descriptor
    return programs.detach(
        "postgres", *arguments, folder=cluster, environment=environment, errors=errors, inherit=inherit
    )


def _checked(settings: Mapping[str, str]) -> dict[str, str]:
    for name in settings:
        if name.lower() in _FIXED:
            raise ServerError(f"The setting {name} is the launcher's own and cannot be changed.")
        if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_.]*", name):
            raise ServerError(f"{name!r} is not the name of a PostgreSQL setting.")
    return {**DEFAULTS, **settings, **_FIXED}


def _failure(cluster: Path, errors: IO[bytes]) -> Exception:
    errors.seek(0)
    said = errors.read().decode(errors="replace")
    with contextlib.suppress(OSError, IndexError):
        log = cluster / (cluster / "current_logfiles").read_text().split()[1]
        said += log.read_text(errors="replace")[-2000:]
    if says_disk_full(said):
        return disk_full(cluster.parent)
    return ServerError(f"PostgreSQL did not start in {cluster}. It said:\n{said.strip()[-3000:]}")

"""File locks (flock), which the kernel frees however their holder dies.

gate.lock    exclusive, held briefly: one process at a time looks, makes, starts or stops
users.lock   shared, one seat for each user of the cluster: who can take it exclusively is the last
alive.lock   exclusive, inherited by the postmaster and its children: held while any of them lives, also
             where we cannot see them (another container or host on the same folder)
"""

import contextlib
import fcntl
import os
import weakref
from collections.abc import Iterator
from pathlib import Path

GATE, USERS, ALIVE = LOCK_FILES = ("gate.lock", "users.lock", "alive.lock")


class LockFile:
    """One open lock file. Closing it frees the lock, unless a child process inherited it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.descriptor: int | None = _open(path)
        _open_files.add(self)

    def lock(self, operation: int) -> None:
        """Take the lock (fcntl.LOCK_*).

        Raises BlockingIOError if it is taken and the operation has LOCK_NB.
        """
        assert self.descriptor is not None
        fcntl.flock(self.descriptor, operation)

    def close(self) -> None:
        if self.descriptor is not None:
            os.close(self.descriptor)
            self.descriptor = None

    def is_in_place(self) -> bool:
        """Whether the path still leads to the file we locked, so that others lock the same one."""
        assert self.descriptor is not None
        try:
            return os.path.samestat(os.fstat(self.descriptor), self.path.stat())
        except FileNotFoundError:
            return False


@contextlib.contextmanager
def gate(folder: Path) -> Iterator[None]:
    """Be the only one who looks at the cluster, makes, starts or stops it; others, also threads, wait."""
    file = LockFile(folder / GATE)
    try:
        file.lock(fcntl.LOCK_EX)
        yield
    finally:
        file.close()


class Seat:
    """One user's place. Take and leave it inside the gate."""

    def __init__(self, folder: Path) -> None:
        self._file = LockFile(folder / USERS)
        self._file.lock(fcntl.LOCK_SH)

    @property
    def taken(self) -> bool:
        return self._file.descriptor is not None

    def leave(self) -> bool:
        """Give up the seat; True if nobody else has one (and the folder was not replaced under us)."""
        try:
            self._file.lock(fcntl.LOCK_EX | fcntl.LOCK_NB)
            return self._file.is_in_place()
        except BlockingIOError:
            return False
        finally:
            self._file.close()


def _open(path: Path) -> int:
    # Never through a link, and what we create belongs to the folder's owner: root may have come by only once.
    flags = os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW
    try:
        descriptor = os.open(path, flags | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return os.open(path, flags)
    if os.geteuid() == 0:
        owner = path.parent.stat()
        os.fchown(descriptor, owner.st_uid, owner.st_gid)
    return descriptor


# A forked child (a worker of a process pool) shares our locks: were it to outlive us, it would be a user.
_open_files: weakref.WeakSet[LockFile] = weakref.WeakSet()


def _forget_in_child() -> None:
    for file in list(_open_files):
        file.close()


os.register_at_fork(after_in_child=_forget_in_child)

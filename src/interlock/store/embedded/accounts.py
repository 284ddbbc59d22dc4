"""Who PostgreSQL runs as. It refuses root, so as root we lend it an account.

In this order: the owner of the cluster that is there already; `interlock` or `postgres`, if such an account
exists; `interlock`, made with useradd; `nobody`, where accounts cannot be made (a read-only /etc).
"""

import contextlib
import os
import pwd
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from .errors import AccountError

_OWN = "interlock"
_FOUND = (_OWN, "postgres")
_LAST_RESORT = "nobody"


@dataclass(frozen=True)
class Account:
    name: str
    uid: int
    gid: int


def account_for(cluster: Path) -> Account | None:
    """The account to run the (present or future) cluster as, None if it is simply ourselves.

    Raises AccountError if we are root and there is none.
    """
    if os.geteuid() != 0:
        return None
    if cluster.exists():
        return _owner_of(cluster)
    account = _first_of(_FOUND)
    if account is None:
        _make(_OWN)
        account = _first_of((_OWN, _LAST_RESORT))
    if account is None:
        raise AccountError(
            "PostgreSQL refuses to run as root, and no account was found or could be made for it. "
            f"Run Interlock as an ordinary user, or create one: useradd --system {_OWN}"
        )
    return account


def name_of(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return f"uid {uid}"


def _owner_of(cluster: Path) -> Account:
    uid = cluster.stat().st_uid
    try:
        entry = pwd.getpwuid(uid)
    except KeyError:
        raise AccountError(
            f"{cluster} belongs to uid {uid}, which has no account here, and PostgreSQL needs one. "
            f"Create it, or give the folder to another: chown -R {_OWN} {cluster}"
        ) from None
    if uid == 0:
        raise AccountError(
            f"{cluster} belongs to root (was it copied by root?), as which PostgreSQL refuses to run. "
            f"Give it to an account, such as: chown -R postgres {cluster}"
        )
    return Account(entry.pw_name, entry.pw_uid, entry.pw_gid)


def _first_of(names: tuple[str, ...]) -> Account | None:
    for name in names:
        with contextlib.suppress(KeyError):
            entry = pwd.getpwnam(name)
            if entry.pw_uid != 0:
                return Account(entry.pw_name, entry.pw_uid, entry.pw_gid)
    return None


def _make(name: str) -> None:
    useradd = shutil.which("useradd", path="/usr/sbin:/sbin:/usr/bin:/bin")
    if useradd is None:
        return
    options = ["--system", "--user-group", "--no-create-home", "--home-dir", "/nonexistent"]
    options += ["--shell", "/usr/sbin/nologin"]
    # A failure needs no answer: another process may just have made it, or nobody steps in.
    subprocess.run([useradd, *options, name], capture_output=True, check=False)  # noqa: S603 - all ours

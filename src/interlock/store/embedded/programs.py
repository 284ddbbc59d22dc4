"""Running PostgreSQL's programs: as the right account, in the right folder, with an environment of their own.

The environment holds nothing of ours, so that no PG* variable, locale or secret leaks in. The working
directory is entered before root becomes the account, and the data folder is then named by it
(/proc/self/cwd): so the account needs no way to walk there, and the data may lie below /root, with no
permission changed anywhere.
"""

import errno
import os
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from .accounts import Account, account_for
from .binaries import Wheel, find_wheel, reachable_copy
from .errors import AccountError, BinariesError, ServerError

_ENVIRONMENT = {"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"}
_WORKING_DIRECTORY = Path("/proc/self/cwd")
# The shell leaves at once, so the server is not our child: no zombie of ours when it dies. It prints the pid.
_DETACH = '"$@" >&2 & echo $!'


@dataclass(frozen=True)
class Programs:
    """PostgreSQL's programs, with the account to run them as (None: ourselves)."""

    wheel: Wheel
    account: Account | None

    def run(self, program: str, *arguments: str, folder: Path, typed: str = "") -> subprocess.CompletedProcess[str]:
        """Run a program to its end in a folder, with `typed` as input; its exit code is for the caller."""
        command = (str(self.wheel.bin / program), *arguments)
        return self._run(command, folder, {}, input=typed, stderr=subprocess.PIPE)

    def detach(
        self,
        program: str,
        *arguments: str,
        folder: Path,
        environment: Mapping[str, str],
        errors: IO[bytes],
        inherit: int,
    ) -> int:
        """Start a program that outlives us in a session of its own (Ctrl-C is not for it); its pid.

        It writes to `errors` and keeps the open file `inherit`.
        """
        command = ("/bin/sh", "-c", _DETACH, "sh", str(self.wheel.bin / program), *arguments)
        ended = self._run(command, folder, environment, stderr=errors, pass_fds=[inherit])
        if ended.returncode:
            raise ServerError(f"{program} could not be started: /bin/sh ended with {ended.returncode}")
        return int(ended.stdout)

    def name_for(self, folder: Path) -> str:
        """How a program that runs in the folder names it."""
        return str(_WORKING_DIRECTORY if self.account and _WORKING_DIRECTORY.exists() else folder)

    def _run(
        self, command: tuple[str, ...], folder: Path, environment: Mapping[str, str], **options: Any
    ) -> subprocess.CompletedProcess[str]:
        if self.account:
            options |= {"user": self.account.uid, "group": self.account.gid, "extra_groups": []}
        # S603: the command is a program of the wheel and arguments of ours; no shell reads them.
        return subprocess.run(  # noqa: S603
            command,
            cwd=folder,
            env={**_ENVIRONMENT, **environment},
            stdout=subprocess.PIPE,
            check=False,
            text=True,
            errors="replace",
            umask=0o077,
            start_new_session=True,
            **options,
        )


def programs_for(cluster: Path) -> Programs:
    """The programs for a (present or future) cluster, as whoever has to run them.

    Raises BinariesError if there are none that can be run, AccountError if root finds nobody to run them.
    """
    wheel, account = find_wheel(), account_for(cluster)
    programs = Programs(wheel, account)
    refusal = _refusal(programs)
    if refusal and account:
        programs = Programs(reachable_copy(wheel), account)
        refusal = _refusal(programs)
    if refusal:
        raise BinariesError(f"PostgreSQL's programs in {programs.wheel.bin} cannot be run here: {refusal}")
    return programs


def _refusal(programs: Programs) -> str | None:
    """Why a program cannot be run, None if it can. initdb needs the libraries too."""
    try:
        tried = programs.run("initdb", "--version", folder=Path("/"))
    except OSError as error:
        if programs.account and error.errno in {errno.EPERM, errno.EINVAL}:
            raise AccountError(
                f"PostgreSQL refuses root, and here root may not act as {programs.account.name} "
                f"({error.strerror}). Run Interlock as an ordinary user."
            ) from error
        return str(error)
    return (tried.stderr.strip() or f"exit code {tried.returncode}") if tried.returncode else None

"""EmbeddedPostgres: one user of a cluster, which runs as long as it has users."""

import contextlib
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

from . import address, cluster, postmaster
from .gate import Seat, gate
from .programs import Programs, programs_for


class EmbeddedPostgres:
    """One user of the cluster in `data_dir`, which is made when it is absent.

    The first user to start brings the server up, later ones (of this or any process) join it, the last to
    stop shuts it down. A user that is killed counts no more from that moment; if it was the last one, the
    server stays up until the next user comes, joins it, and leaves.

    `settings` are PostgreSQL's, over our defaults (postmaster.py). They go to the server's command line, so
    they win over ALTER SYSTEM, and it is those of the user that really starts it which count.

    Methods may be called from several threads. Every method can raise an EmbeddedPostgresError.
    """

    def __init__(self, data_dir: Path, settings: Mapping[str, str] | None = None) -> None:
        self.data_dir = Path(data_dir).resolve()
        self._cluster = cluster.cluster_in(self.data_dir)
        self._settings = dict(settings or {})
        self._seat: Seat | None = None

    @property
    def is_made(self) -> bool:
        """Whether the cluster is there; start makes it otherwise, which takes some seconds."""
        return self._cluster.exists()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def start(self) -> str:
        """Become a user, with the cluster made and the server started where needed; the DSN of its database.

        A second call does no more than ensure_running.
        """
        cluster.claim(self.data_dir)
        with gate(self.data_dir):
            programs = programs_for(self._cluster)
            if not self._cluster.exists():
                cluster.create(self.data_dir, programs)
            joined = not self._is_user()
            if joined:
                self._seat = Seat(self.data_dir)
            try:
                self._bring_up(programs)
            except BaseException:
                if joined:
                    self._leave()
                raise
        return self.dsn()

    def stop(self) -> None:
        """Be a user no longer; the last one shuts the server down. Without effect on who is none."""
        with gate(self.data_dir) if self.data_dir.exists() else contextlib.nullcontext():
            self._leave()

    def ensure_running(self) -> bool:
        """For a supervisor, cheap enough for every second: True if the server had died and was started again.

        False also for who is no user (any more).
        """
        if not self._is_user():
            return False
        address.socket_folder(self._cluster)
        if postmaster.is_running(self._cluster):
            return False
        with gate(self.data_dir):
            return self._is_user() and self._bring_up(programs_for(self._cluster))

    def dsn(self, database: str = address.DATABASE) -> str:
        """How to connect to a database of this cluster, as its superuser.

        It leaves to PG* variables only what no DSN can say to asyncpg and SQLAlchemy alike: where PGSSLMODE
        may be set, connect with ssl=False.
        """
        return address.dsn(self._cluster, database)

    def _is_user(self) -> bool:
        return self._seat is not None and self._seat.taken

    def _bring_up(self, programs: Programs) -> bool:
        cluster.check(self._cluster, programs.wheel.major)
        return postmaster.bring_up(self._cluster, address.socket_folder(self._cluster), programs, self._settings)

    def _leave(self) -> None:
        # A seat in a folder that was removed is never the last one: nothing is left to stop.
        if self._seat and self._seat.taken and self._seat.leave():
            postmaster.shut_down(self._cluster)
            address.forget_socket_folder(self._cluster)

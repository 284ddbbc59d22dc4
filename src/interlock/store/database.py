"""The way to PostgreSQL: one pool, transactions that retry whole, and errors in words."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any, TypeVar

import asyncpg

from interlock.domain.errors import DeadlineExceeded, NotMigrated, Unavailable
from interlock.store.connection import Again, Connection
from interlock.store.migrate import APP_ROLE, NEEDED_MAJOR, SCHEMA, head
from interlock.store.reaching import reach, unreachable
from interlock.store.silence import CONNECTING, GRACE, NOTICED_THERE, Watched, close, drop, ended
from interlock.store.standing import unpositioned
from interlock.store.warm import Warm

Result = TypeVar("Result")

_TRIES = 5
_GONE = (
    OSError,
    asyncpg.PostgresConnectionError,
    asyncpg.OperatorInterventionError,  # it is shut down, or recovers
    asyncpg.IdleInTransactionSessionTimeoutError,
    asyncpg.InternalClientError,  # in the middle of a statement
)
_CUT = ("is closed", "released back")
_LAY_RIGHTS = "Run `interlock migrate`, which lays its rights anew; `interlock doctor` says what else is amiss."
_LACKS_SOMETHING = "The database lacks resources just now; try again, and tell whoever runs it."
_LACKS: dict[type[BaseException], str] = {
    asyncpg.DiskFullError: "The disk of the database is full, so that nothing can be changed. What is kept is safe; "
    "tell whoever runs it, and try again when there is room.",
    asyncpg.TooManyConnectionsError: "The database takes no more connections just now; try again.",
}


# Where PostgreSQL's system can look (all but Windows), a statement and its locks end with the server that asked for it.
_PREPARE = f"""
SET ROLE {APP_ROLE};
DO $$ BEGIN PERFORM set_config('client_connection_check_interval', '2s', false);
EXCEPTION WHEN invalid_parameter_value THEN NULL; END $$"""


async def _prepare(connection: asyncpg.Connection[Any]) -> None:
    """Work as the application's role, which does not own the tables, so that no guard can be dropped."""
    await connection.execute(_PREPARE)


class Database:
    """A pool of connections to one migrated database."""

    def __init__(self, pool: asyncpg.Pool[Any], url: str, patience: float) -> None:
        self.connections = Warm(pool)
        self._url = url
        self._patience = patience

    @classmethod
    async def open(
        cls,
        url: str,
        *,
        size: int = 10,
        statement_timeout: float = 300.0,
        on_statement: Callable[[Any], None] | None = None,
    ) -> Database:
        """Connect, and make sure that the database is of this version.

        What takes longer than ``statement_timeout`` is stopped by PostgreSQL; where that says nothing, here.
        ``on_statement`` hears of each statement that was run (asyncpg's LoggedQuery).

        Raises Unavailable when it is absent, of another major version, or not migrated.
        """
        await check(url)

        async def prepare(connection: asyncpg.Connection[Any]) -> None:
            await _prepare(connection)
            if on_statement is not None:
                connection.add_query_logger(on_statement)

        pool = await asyncpg.create_pool(
            url,
            min_size=1,
            max_size=size,
            init=prepare,
            reset=_no_reset,
            server_settings=_session(statement_timeout),
            timeout=CONNECTING,
            command_timeout=statement_timeout + GRACE,
            connection_class=Watched,
        )
        return cls(pool, url, statement_timeout)

    async def close(self) -> None:
        await self.connections.close()

    def terminate(self) -> None:
        self.connections.terminate()

    async def check(self) -> float:
        """Seconds for which an event has waited for its position, by a connection of its own.

        The pool says nothing of how the database is: its connections may all be at work. Raises Unavailable
        (NotMigrated) unless that is up and of this version.
        """
        try:
            return await check(self._url)
        except (asyncpg.InsufficientPrivilegeError, asyncpg.UndefinedObjectError, asyncpg.UndefinedTableError) as error:
            # without USAGE of the schema its tables are not found
            raise Unavailable(f"The database refuses its own role, {APP_ROLE}: {error}. {_LAY_RIGHTS}") from error

    async def connect(self, *, unhurried: bool = False) -> asyncpg.Connection[Any]:
        """A connection of one's own, outside the pool: for LISTEN and session locks. The caller closes it.

        ``unhurried``: a statement may take any time.
        """
        connection = await asyncpg.connect(
            self._url,
            server_settings=_session(None),
            timeout=CONNECTING,
            command_timeout=None if unhurried else self._patience + GRACE,
            connection_class=Watched,
        )
        await _prepare(connection)
        return connection

    @asynccontextmanager
    async def transaction(self, *, snapshot: bool = False) -> AsyncIterator[Connection]:
        """A transaction; with ``snapshot`` it is read-only and sees one state of the database throughout.

        Nobody waits for the end of one that has done nothing: of a snapshot, or one that is undone.
        """
        async with self.connections.lent() as connection:
            isolation: Any = "repeatable_read" if snapshot else "read_committed"
            transaction = connection.transaction(isolation=isolation, readonly=snapshot)
            try:
                await transaction.start()
            except BaseException:
                drop(connection)  # it may have begun all the same
                raise
            try:
                yield connection
            except BaseException:
                await ended(connection, transaction.rollback())
                raise
            if not snapshot:
                await transaction.commit()
            elif not await ended(connection, transaction.commit()):
                raise ConnectionError("the connection was lost at the end of a snapshot")

    async def run(self, work: Callable[[Connection], Awaitable[Result]]) -> Result:
        """Run ``work`` in a transaction."""
        return await self._persist(self.transaction, work)

    async def one(self, work: Callable[[Connection], Awaitable[Result]]) -> Result:
        """Run ``work``, which is one statement, without the round trips of a transaction block."""
        return await self._persist(self.connections.lent, work)

    async def _persist(
        self,
        begin: Callable[[], AbstractAsyncContextManager[Connection]],
        work: Callable[[Connection], Awaitable[Result]],
    ) -> Result:
        """Run ``work``, again from its start when PostgreSQL asks for that (40001, 40P01)."""
        for attempt in range(1, _TRIES + 1):
            try:
                with reachable():
                    async with begin() as connection:
                        return await work(connection)
            except (asyncpg.SerializationError, asyncpg.DeadlockDetectedError, Again):
                if attempt == _TRIES:
                    raise
        raise AssertionError("unreachable")


class reachable:  # noqa: N801 - used as a function; a class costs a tenth of a generator, around every statement
    """Raises Unavailable for what asyncpg raises when the connection is cut, at whatever moment.

    And DeadlineExceeded for a statement that took longer than it may.
    """

    __slots__ = ()

    def __enter__(self) -> None:
        """Nothing to do."""

    def __exit__(self, _: object, error: BaseException | None, __: object) -> None:
        if isinstance(error, asyncpg.QueryCanceledError):
            raise DeadlineExceeded from error
        if isinstance(error, asyncpg.InsufficientResourcesError):
            raise Unavailable(_LACKS.get(type(error), _LACKS_SOMETHING)) from error
        # what asyncpg says when the connection was cut between two statements
        cut = isinstance(error, asyncpg.InterfaceError) and any(words in str(error) for words in _CUT)
        if cut or (isinstance(error, _GONE) and not isinstance(error, asyncpg.InterfaceError)):
            raise Unavailable("The database cannot be reached just now; try again.") from error


async def _no_reset(connection: asyncpg.Connection[Any]) -> None:
    """All settings are transaction-local, so a connection goes back to the pool as it came: no round trip."""


def _session(statement_timeout: float | None) -> dict[str, str]:
    session = {
        "search_path": SCHEMA,
        "timezone": "UTC",
        "application_name": "interlock",
        "jit": "off",  # all statements are short, whatever PostgreSQL expects of an array whose length it cannot know
        "idle_in_transaction_session_timeout": "15s",  # of a server that hangs: what it has locked is free then
        # Statements are written so that one plan serves all parameters; planning anew may take longer than running.
        "plan_cache_mode": "force_generic_plan",
        **NOTICED_THERE,
    }
    if statement_timeout is not None:
        session["statement_timeout"] = str(int(statement_timeout * 1000))
    return session


async def check(url: str) -> float:
    """Look, as the application's role, whether the database at ``url`` is up, recent enough, migrated and permitted.

    Returns for how many seconds an event has waited for its position. Raises Unavailable, with what to do.
    """
    connection = await reach(url, server_settings={"search_path": SCHEMA})
    try:
        major = connection.get_server_version().major
        if major < NEEDED_MAJOR:
            raise Unavailable(
                f"The database runs PostgreSQL {major}; Interlock needs {NEEDED_MAJOR} or later. Upgrade it, or "
                "unset INTERLOCK_DATABASE_URL to use the embedded one."
            )
        found = None
        if await connection.fetchval("SELECT to_regclass($1)", f"{SCHEMA}.alembic_version"):
            found = await connection.fetchval(f"SELECT version_num FROM {SCHEMA}.alembic_version")
        if found != head():
            raise NotMigrated(
                f"The database is at migration {found or 'none'}, this Interlock needs {head()}. "
                "Run `interlock migrate` against it, then start again."
            )
        await _prepare(connection)
        return await unpositioned(connection)
    except (*_GONE, asyncpg.InterfaceError) as error:
        raise unreachable(error) from error
    finally:
        await close(connection)

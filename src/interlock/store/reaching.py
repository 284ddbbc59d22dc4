"""A connection to whatever INTERLOCK_DATABASE_URL says, or in words why there is none."""

from __future__ import annotations

from typing import Any

import asyncpg

from interlock.domain.errors import Unavailable
from interlock.store.silence import CONNECTING


async def reach(url: str, **options: Any) -> asyncpg.Connection[Any]:
    """A connection, which the caller closes. Raises Unavailable, with what to do."""
    try:
        waiting = {"timeout": CONNECTING, "command_timeout": CONNECTING}
        connection: asyncpg.Connection[Any] = await asyncpg.connect(url, **waiting | options)
    except asyncpg.InvalidCatalogNameError as error:
        raise Unavailable(
            f"There is no such database ({error}). Create it (createdb), then run `interlock migrate`."
        ) from error
    except (OSError, asyncpg.PostgresError) as error:
        raise unreachable(error) from error
    except (ValueError, asyncpg.InterfaceError) as error:
        # without what the driver says: it repeats parts of the URL, which may be of its password
        raise Unavailable(
            "INTERLOCK_DATABASE_URL is no PostgreSQL URL, such as postgresql://user:password@host:5432/database; "
            "special characters of a password are written as %23 for #."
        ) from error
    return connection


def unreachable(error: BaseException) -> Unavailable:
    reason = (str(error) or type(error).__name__).splitlines()[0]
    return Unavailable(f"The database cannot be reached ({reason}). Is it up, and INTERLOCK_DATABASE_URL right?")

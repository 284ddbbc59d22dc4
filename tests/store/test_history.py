"""Events are permanent: the application's role can neither forge, change nor delete one."""

from __future__ import annotations

from typing import TypeAlias

import asyncpg
import pytest

Psql: TypeAlias = "asyncpg.Connection[asyncpg.Record]"

FORGE = """CREATE TEMP TABLE fake AS SELECT * FROM record;
CREATE TRIGGER forge AFTER INSERT ON fake REFERENCING NEW TABLE AS new_rows
FOR EACH STATEMENT EXECUTE FUNCTION write_events_of_insert()"""


@pytest.mark.parametrize(
    "attack",
    [
        FORGE,
        "SET interlock.history = 'expire'; DELETE FROM event",
        "SET interlock.history = 'rebase'; UPDATE event SET reason = 'x'",
        "SET interlock.history = 'expire'; DELETE FROM relabel",
        "DELETE FROM tick",
        "UPDATE tick SET n = 0",
        "INSERT INTO event (record_id) VALUES (1)",
    ],
)
async def test_the_applications_role_has_no_right_to_it(psql: Psql, attack: str) -> None:
    await psql.execute("SET ROLE interlock_app")
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await psql.execute(attack)


async def test_even_the_migrators_triggers_write_events_for_records_only(psql: Psql) -> None:
    with pytest.raises(asyncpg.RaiseError, match="for records only"):
        await psql.execute(FORGE + "; INSERT INTO fake (part, id) VALUES (0, 1)")

"""The application's role can do the application's work, and cannot take the guards away."""

from __future__ import annotations

import asyncpg
import pytest

from interlock.domain.lifecycle import RecordStatus
from interlock.store.connection import Connection
from interlock.store.migrate import APP_ROLE
from support import plain as sql

FORBIDDEN = {
    "insert an event": "INSERT INTO event (record_id, action, actor, attempt, cohort_id, who) "
    "VALUES (1, 'SUBMIT', 'USER', 0, 1, 'x')",
    "insert a relabel": "INSERT INTO relabel (record_id, status, from_cohort, to_cohort) VALUES (1, 'HOLD', 1, 1)",
    "drop a guard": "DROP TRIGGER record_moves_only_as_permitted ON record",
    "disable a guard": "ALTER TABLE record DISABLE TRIGGER record_moves_only_as_permitted",
    "disable all guards": "ALTER TABLE record DISABLE TRIGGER ALL",
    "disable user guards": "ALTER TABLE event DISABLE TRIGGER USER",
    "drop the agreement": "DROP TRIGGER active_record_needs_task ON unpaired",
    "disable the agreement": "ALTER TABLE task DISABLE TRIGGER task_needs_active_record",
    "forget what is unpaired": "DELETE FROM unpaired",
    "note something as unpaired": "INSERT INTO unpaired VALUES (0, 1)",
    "rename the guard": "ALTER TRIGGER record_starts_waiting ON record RENAME TO nothing",
    "replace a guard's function": "CREATE OR REPLACE FUNCTION interlock.refuse() RETURNS trigger LANGUAGE plpgsql "
    "AS 'BEGIN RETURN NEW; END'",
    "alter a guard's function": "ALTER FUNCTION interlock.refuse() RENAME TO gone",
    "alter the events' function": "ALTER FUNCTION interlock.write_events_of_update() SECURITY INVOKER",
    "drop a function": "DROP FUNCTION interlock.normalise_move() CASCADE",
    "truncate": "TRUNCATE interlock.claim",
    "add a trigger": "CREATE TRIGGER mine BEFORE UPDATE ON record FOR EACH ROW EXECUTE FUNCTION "
    "suppress_redundant_updates_trigger()",
    "add a rule": "CREATE RULE mine AS ON INSERT TO event DO INSTEAD NOTHING",
    "inherit": "CREATE TEMP TABLE heir () INHERITS (interlock.record)",
    "make a table": "CREATE TABLE interlock.mine (id int)",
    "drop a table": "DROP TABLE event",
    "alter a type": "ALTER TYPE record_status RENAME VALUE 'COMPLETE' TO 'WAITING2'",
    "extend a type": "ALTER TYPE record_status ADD VALUE 'KILLED'",
    "become a replica": "SET session_replication_role = replica",
    "own the table": "ALTER TABLE record OWNER TO interlock_app",
    "edit the catalogue": "UPDATE pg_trigger SET tgenabled = 'D'",
    "forge the migration": "UPDATE alembic_version SET version_num = 'x'",
    "add a row policy": "CREATE POLICY p ON event",
    "call the events' function": "SELECT interlock.write_events_of_update()",
    "lay the events' function on a table of its own": "CREATE TEMP TABLE mine (LIKE interlock.record); CREATE TRIGGER t "
    "AFTER INSERT ON mine REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT "
    "EXECUTE FUNCTION interlock.write_events_of_insert()",
}


@pytest.mark.parametrize("name", FORBIDDEN)
async def test_the_application_s_role_cannot(plain: Connection, name: str) -> None:
    await plain.execute(f"SET ROLE {APP_ROLE}")
    transaction = plain.transaction()
    await transaction.start()
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await plain.execute(FORBIDDEN[name])
    await transaction.rollback()


async def test_the_application_s_role_owns_nothing(plain: Connection) -> None:
    owned = await plain.fetch(
        """SELECT relname FROM pg_class c JOIN pg_roles r ON r.oid = c.relowner WHERE r.rolname = $1
        UNION ALL SELECT proname FROM pg_proc p JOIN pg_roles r ON r.oid = p.proowner WHERE r.rolname = $1""",
        APP_ROLE,
    )
    assert owned == []
    role = await plain.fetchrow("SELECT * FROM pg_roles WHERE rolname = $1", APP_ROLE)
    assert role is not None
    assert not any(
        role[power] for power in ("rolsuper", "rolcreaterole", "rolcreatedb", "rolbypassrls", "rolreplication")
    )


async def test_a_table_of_the_session_s_own_does_not_catch_the_events(plain: Connection) -> None:
    record_id = await sql.record_in(plain, RecordStatus.WAITING)
    await plain.execute(f"SET ROLE {APP_ROLE}")
    await plain.execute("CREATE TEMP TABLE event (LIKE interlock.event INCLUDING ALL)")
    await plain.execute("SET search_path = pg_temp, interlock")
    await plain.execute("UPDATE interlock.record SET status = 'HOLD' WHERE id = $1", record_id)
    assert await plain.fetchval("SELECT count(*) FROM pg_temp.event") == 0
    found = await plain.fetch("SELECT action FROM interlock.event WHERE record_id = $1 ORDER BY seq", record_id)
    assert [event["action"] for event in found] == ["SUBMIT", "HOLD"]


async def test_every_guard_fires_always(plain: Connection) -> None:
    triggers = await plain.fetch(
        """SELECT tgname, tgenabled FROM pg_trigger JOIN pg_class c ON c.oid = tgrelid
        JOIN pg_namespace n ON n.oid = c.relnamespace WHERE nspname = 'interlock' AND NOT tgisinternal"""
    )
    assert len(triggers) > 15
    assert {t["tgname"] for t in triggers if t["tgenabled"] != b"A"} == set()

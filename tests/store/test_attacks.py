"""Ways around the lifecycle that somebody with a SQL prompt would try: each is refused and changes nothing."""

from __future__ import annotations

from typing import Any

import asyncpg
import pytest

from interlock.domain.lifecycle import RecordStatus
from interlock.store.connection import Connection
from interlock.store.migrate import APP_ROLE
from support import plain as sql

W, R, C, E, F, H = (RecordStatus[name] for name in ("WAITING", "RUNNING", "COMPLETE", "ERROR", "FAILED", "HOLD"))

ATTACKS: dict[str, tuple[RecordStatus, str]] = {
    "plain update": (W, "UPDATE record SET status = 'COMPLETE' WHERE id = {id}"),
    "update only": (C, "UPDATE ONLY record SET status = 'WAITING' WHERE id = {id}"),
    "update from a join": (
        F, "UPDATE record r SET status = 'HOLD' FROM (VALUES ({id}::bigint)) AS v (id) WHERE r.id = v.id",
    ),
    "upsert": (
        W, ("INSERT INTO record (id, cohort_id, lane_id) VALUES ({id}, 1, 1) "
        "ON CONFLICT (part, id) DO UPDATE SET status = 'FAILED'"),
    ),
    "upsert that is born complete": (
        W, ("INSERT INTO record (id, cohort_id, lane_id, status) VALUES ({id}, 1, 1, 'COMPLETE') "
        "ON CONFLICT (part, id) DO UPDATE SET status = excluded.status"),
    ),
    "merge that updates": (
        E, ("MERGE INTO record r USING (SELECT {id}::bigint AS id) s ON r.part = 0 AND r.id = s.id "
        "WHEN MATCHED THEN UPDATE SET status = 'COMPLETE'"),
    ),
    "merge that deletes": (
        C, ("MERGE INTO record r USING (SELECT {id}::bigint AS id) s ON r.part = 0 AND r.id = s.id "
        "WHEN MATCHED THEN DELETE"),
    ),
    "merge that inserts": (
        W, ("MERGE INTO record r USING (SELECT 1) s ON false WHEN NOT MATCHED THEN "
        "INSERT (id, cohort_id, lane_id, status) VALUES ({id} + 900000000, 1, 1, 'RUNNING')"),
    ),
    "delete": (C, "DELETE FROM record WHERE id = {id}"),
    "delete in a CTE": (F, "WITH gone AS (DELETE FROM record WHERE id = {id} RETURNING 1) SELECT * FROM gone"),
    "delete of an error": (E, "DELETE FROM record USING cohort c WHERE c.id = cohort_id AND record.id = {id}"),
    "cursor": (
        C, ("BEGIN; DECLARE c CURSOR FOR SELECT * FROM record WHERE id = {id} FOR UPDATE; FETCH c; "
        "UPDATE record SET status = 'RUNNING' WHERE CURRENT OF c; COMMIT"),
    ),
    "view": (
        W, "BEGIN; CREATE VIEW mine AS SELECT * FROM record; UPDATE mine SET status = 'ERROR' WHERE id = {id}; COMMIT",
    ),
    "rule that updates instead": (
        W, ("BEGIN; CREATE TABLE door (id bigint); CREATE RULE r AS ON INSERT TO door DO INSTEAD "
        "UPDATE record SET status = 'COMPLETE' WHERE id = new.id; INSERT INTO door VALUES ({id}); COMMIT"),
    ),
    "function of the superuser's": (
        H, ("BEGIN; CREATE FUNCTION f() RETURNS void LANGUAGE sql SECURITY DEFINER AS "
        "$$UPDATE record SET status = 'COMPLETE' WHERE id = {id}$$; SELECT f(); COMMIT"),
    ),
    "trigger of another table's": (
        H, ("BEGIN; CREATE TABLE door (id bigint); CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS "
        "$$BEGIN UPDATE record SET status = 'FAILED' WHERE id = NEW.id; RETURN NEW; END$$; "
        "CREATE TRIGGER t BEFORE INSERT ON door FOR EACH ROW EXECUTE FUNCTION f(); "
        "INSERT INTO door VALUES ({id}); COMMIT"),
    ),
    "trigger that changes the status after the guard": (
        W, ("BEGIN; CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS "
        "$$BEGIN NEW.status := 'COMPLETE'; RETURN NEW; END$$; CREATE TRIGGER zzz BEFORE UPDATE ON record "
        "FOR EACH ROW EXECUTE FUNCTION f(); UPDATE record SET status = 'HOLD' WHERE id = {id}; COMMIT"),
    ),
    "legal and illegal rows in one statement": (
        W, ("UPDATE record SET status = 'HOLD' "
        "WHERE id IN ({id}, (SELECT max(id) FROM record WHERE status = 'COMPLETE'))"),
    ),
    "two legal halves of an illegal move, deferred": (
        E, "BEGIN; SET CONSTRAINTS ALL DEFERRED; DELETE FROM task WHERE record_id = {id}; COMMIT",
    ),
    "another id": (W, "UPDATE record SET id = {id} + 900000000 WHERE id = {id}"),
    "another part": (C, "UPDATE record SET part = 1 WHERE id = {id}"),
    "task taken away": (H, "DELETE FROM task WHERE record_id = {id}"),
    "task taken away and given back": (
        E, ("BEGIN; DELETE FROM task WHERE record_id = {id}; INSERT INTO task (record_id, function, args, kwargs) "
        "VALUES ({id}, 'os:system', '[]', '{{}}'); COMMIT"),
    ),
    "task by a copy of another's": (
        C, "INSERT INTO task SELECT part, {id}, function, args, kwargs FROM task LIMIT 1",
    ),
    "no longer unpaired": (
        W, ("BEGIN; INSERT INTO record (id, cohort_id, lane_id) VALUES ({id} + 900000000, 1, 1); "
        "DELETE FROM unpaired; COMMIT"),
    ),
    "unpaired, then moved on": (
        W, ("BEGIN; INSERT INTO record (id, cohort_id, lane_id) VALUES ({id} + 900000000, 1, 1); "
        "UPDATE record SET status = 'HOLD' WHERE id = {id} + 900000000; COMMIT"),
    ),
    "replication role": (
        C, ("BEGIN; SET LOCAL session_replication_role = replica; "
        "UPDATE record SET status = 'WAITING' WHERE id = {id}; COMMIT"),
    ),
    "replication role, delete": (
        C, "BEGIN; SET LOCAL session_replication_role = replica; DELETE FROM record WHERE id = {id}; COMMIT",
    ),
    "no status at all": (W, "UPDATE record SET status = NULL WHERE id = {id}"),
    "an inherited row": (
        W, ("BEGIN; CREATE TABLE heir () INHERITS (record); "
        "UPDATE record SET status = 'COMPLETE' WHERE id = {id}; COMMIT"),
    ),
}  # fmt: skip


async def snapshot(connection: Connection, record_id: int) -> list[Any]:
    """All that a record is: itself, its task, its events."""
    return [
        await connection.fetch(f"SELECT * FROM {table} WHERE part = 0 AND {key} = $1", record_id)
        for table, key in (("record", "id"), ("task", "record_id"), ("event", "record_id"))
    ]


@pytest.mark.parametrize("name", ATTACKS)
async def test_an_attack_is_refused_and_changes_nothing(plain: Connection, name: str) -> None:
    status, script = ATTACKS[name]
    await sql.record_in(plain, RecordStatus.COMPLETE)
    record_id = await sql.record_in(plain, status)
    before = await snapshot(plain, record_id)
    with pytest.raises(asyncpg.PostgresError) as refused:
        await plain.execute(script.format(id=record_id))
    assert isinstance(refused.value, asyncpg.IntegrityConstraintViolationError | asyncpg.GeneratedAlwaysError)
    await plain.execute("ROLLBACK")
    assert await snapshot(plain, record_id) == before


@pytest.mark.parametrize("status", [status for status in RecordStatus if status != RecordStatus.WAITING])
async def test_a_record_starts_waiting_or_not_at_all(plain: Connection, status: RecordStatus) -> None:
    with pytest.raises(asyncpg.IntegrityConstraintViolationError, match=f"insert of record .* -> {status}") as refused:
        await sql.insert(plain, status)
    assert "transitionMatrix" in str(refused.value.as_dict()["hint"])


async def test_copy_cannot_bring_in_a_complete_record(plain: Connection) -> None:
    with pytest.raises(asyncpg.IntegrityConstraintViolationError):
        await plain.copy_records_to_table(
            "record", records=[(7_000_000, 1, 1, "COMPLETE")], columns=["id", "cohort_id", "lane_id", "status"]
        )
    assert await sql.status_of(plain, 7_000_000) is None


async def test_a_chain_of_updates_in_one_statement_moves_once(plain: Connection) -> None:
    record_id = await sql.record_in(plain, RecordStatus.WAITING)
    await plain.execute(
        """WITH first AS (UPDATE record SET status = 'RUNNING' WHERE id = $1 RETURNING id)
        UPDATE record r SET status = 'HOLD' FROM first WHERE r.id = first.id""",
        record_id,
    )
    assert [e["action"] for e in await sql.events_of(plain, record_id)] == ["SUBMIT", "CLAIM"]
    assert await sql.status_of(plain, record_id) == "RUNNING"


async def test_a_refusal_caught_in_a_savepoint_undoes_only_itself(plain: Connection) -> None:
    record_id = await sql.record_in(plain, RecordStatus.WAITING)
    await plain.execute(f"""DO $$ BEGIN
        UPDATE record SET status = 'HOLD' WHERE id = {record_id};
        BEGIN
          UPDATE record SET status = 'COMPLETE' WHERE id = {record_id};
        EXCEPTION WHEN integrity_constraint_violation THEN NULL;
        END;
      END $$""")
    assert [e["action"] for e in await sql.events_of(plain, record_id)] == ["SUBMIT", "HOLD"]


async def test_the_number_of_a_waiting_record_does_not_open_a_second_life(plain: Connection) -> None:
    record_id = await sql.record_in(plain, RecordStatus.COMPLETE)
    with pytest.raises(asyncpg.UniqueViolationError):
        await plain.execute("INSERT INTO record (id, cohort_id, lane_id) VALUES ($1, 1, 1)", record_id)


@pytest.mark.parametrize(
    ("status", "change"),
    [
        ("WAITING", "attempt = 2147483647"),
        ("WAITING", "attempt = attempt + 1"),
        ("WAITING", "status = 'RUNNING', attempt = attempt + 2"),
        ("WAITING", "status = 'HOLD', attempt = attempt + 1"),
        ("ERROR", "attempt = attempt - 1"),
    ],
)
async def test_attempts_are_counted_by_claims_and_by_nothing_else(
    plain: Connection, status: RecordStatus, change: str
) -> None:
    record_id = await sql.record_in(plain, RecordStatus(status))
    with pytest.raises(asyncpg.IntegrityConstraintViolationError, match="update of record"):
        await plain.execute(f"UPDATE record SET {change} WHERE id = {record_id}")
    for first in (-1, 1):
        with pytest.raises(asyncpg.IntegrityConstraintViolationError, match="insert of record"):
            await plain.execute("INSERT INTO record (cohort_id, lane_id, attempt) VALUES (1, 1, $1)", first)


KEPT = ("record", "task", "specification", "result", "attempt", "event", "relabel", "tick", "status_count",
        "lane", "cohort", "principal", "manager", "feed_epoch")  # fmt: skip


@pytest.mark.parametrize("table", KEPT)
async def test_a_table_is_never_truncated(plain: Connection, table: str) -> None:
    for how in ("", "CASCADE", "RESTART IDENTITY CASCADE"):
        with pytest.raises(asyncpg.IntegrityConstraintViolationError, match="truncate"):
            await plain.execute(f"TRUNCATE {'task, record' if table == 'record' else table} {how or 'CASCADE'}")


@pytest.mark.parametrize("table", ["lane", "cohort", "principal"])
async def test_labels_are_kept_since_events_speak_of_them(plain: Connection, table: str) -> None:
    with pytest.raises(asyncpg.IntegrityConstraintViolationError, match=f"delete of {table}"):
        await plain.execute(f"DELETE FROM {table}")


@pytest.mark.parametrize("change", ["lane SET tag = 'x'", "cohort SET owner_id = 1", "cohort SET campaign = 'x'"])
async def test_labels_are_never_rewritten_since_events_speak_of_them(plain: Connection, change: str) -> None:
    with pytest.raises(asyncpg.IntegrityConstraintViolationError, match="update of"):
        await plain.execute(f"UPDATE {change}")


HISTORY = {
    "update": "UPDATE event SET reason = 'x'",
    "update as if to expire": "SET LOCAL interlock.history = 'expire'; UPDATE event SET reason = 'x'",
    "update as if to rebase": "SET LOCAL interlock.history = 'rebase'; UPDATE event SET reason = 'x'",
    "delete": "DELETE FROM event",
    "delete as if to rebase": "SET LOCAL interlock.history = 'rebase'; DELETE FROM event",
    "delete as a replica": "SET LOCAL session_replication_role = replica; DELETE FROM event",
    "update as a replica": "SET LOCAL session_replication_role = replica; UPDATE event SET who = 'x'",
    "forgery": "INSERT INTO event (record_id, to_status, action, actor, attempt, cohort_id, who) "
    "VALUES (1, 'WAITING', 'SUBMIT', 'USER', 0, 1, 'x')",
    "forgery with a seq of its own": "INSERT INTO event (seq, record_id, action, actor, attempt, cohort_id, who) "
    "OVERRIDING SYSTEM VALUE VALUES (1, 1, 'SUBMIT', 'USER', 0, 1, 'x')",
}


@pytest.mark.parametrize("session", ["SELECT 1", f"SET ROLE {APP_ROLE}"], ids=["superuser", "application"])
@pytest.mark.parametrize("name", HISTORY)
async def test_events_are_neither_forged_nor_rewritten_nor_lost(plain: Connection, name: str, session: str) -> None:
    await sql.record_in(plain, RecordStatus.WAITING)
    before = await plain.fetch("SELECT * FROM event ORDER BY seq")
    await plain.execute(session)
    with pytest.raises((asyncpg.IntegrityConstraintViolationError, asyncpg.InsufficientPrivilegeError)):
        await plain.execute(f"BEGIN; {HISTORY[name]}; COMMIT")
    await plain.execute("ROLLBACK")
    assert await plain.fetch("SELECT * FROM event ORDER BY seq") == before

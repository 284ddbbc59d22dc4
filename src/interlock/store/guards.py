"""The lifecycle as the database enforces it, rendered from the domain's table.

Laid by every ``interlock migrate``. Legal moves never enter PL/pgSQL: the ``WHEN`` of each guard is evaluated in
C, and its function is called only to refuse. The triggers are ENABLE ALWAYS, so a replication role does not
slip past them, and the application's role does not own the tables, so it cannot drop them.
"""

from __future__ import annotations

from collections.abc import Iterable

from interlock.domain.lifecycle import (
    FIRST_STATUS,
    KILLABLE,
    TRANSITIONS,
    Action,
    ActorKind,
    RecordStatus,
    Target,
    Transition,
)
from interlock.domain.matrix import revision


def _quoted(values: Iterable[str]) -> str:
    return ", ".join(f"'{value}'" for value in values)


def _legal_pairs(rows: Iterable[Transition]) -> str:
    by_source: dict[RecordStatus, list[Target]] = {}
    for row in rows:
        if row.target != Target.KILLED:
            by_source.setdefault(row.source, []).append(row.target)
    return "\n      OR ".join(
        f"(OLD.status = '{source}' AND NEW.status IN ({_quoted(targets)}))" for source, targets in by_source.items()
    )


def _action_case(rows: Iterable[Transition]) -> str:
    whens = [
        f"WHEN o.status = '{row.source}' AND n.status = '{row.target}' THEN '{row.action}'"
        for row in rows
        if row.target != Target.KILLED
    ]
    return "(CASE " + "\n      ".join(whens) + " END)::action"


REFUSE = """
CREATE OR REPLACE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'interlock: % of % is not permitted (% -> %)', lower(TG_OP), TG_TABLE_NAME,
      CASE WHEN TG_OP IN ('UPDATE', 'DELETE') THEN to_jsonb(OLD) ->> 'status' END,
      CASE WHEN TG_OP IN ('UPDATE', 'INSERT') THEN to_jsonb(NEW) ->> 'status' END
    USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = TG_NAME,
      HINT = 'Query transitionMatrix for the permitted moves.';
END $$;
"""

# A move made without our statements (from psql) still gets its time and its attempt; ours set them themselves.
NORMALISE = f"""
CREATE OR REPLACE FUNCTION normalise_move() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW.since := clock_timestamp();
  NEW.retry_at := NULL;
  IF NEW.status = '{RecordStatus.RUNNING}' AND NEW.attempt = OLD.attempt THEN
    NEW.attempt := OLD.attempt + 1;
  END IF;
  RETURN NEW;
END $$;
"""


def _guard(name: str, table: str, event: str, when: str | None = None, function: str = "refuse") -> str:
    each = "STATEMENT" if event == "TRUNCATE" else "ROW"
    condition = f"\n  WHEN ({when})" if when else ""
    return (
        f"CREATE OR REPLACE TRIGGER {name} BEFORE {event} ON {table} FOR EACH {each}{condition}\n"
        f"  EXECUTE FUNCTION {function}();\n"
        f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {name};\n"
    )


_NEVER_TRUNCATED = (
    "record", "task", "specification", "result", "attempt", "event", "relabel", "tick", "status_count", "feed_epoch",
    "lane", "cohort", "principal", "manager",
)  # fmt: skip


def _all_but_xid(row: str) -> str:
    """What an event says; a re-base after a restore changes its transaction id only."""
    said = ("part", "seq", "record_id", "from_status", "to_status", "action", "actor", "attempt", "cohort_id", "at",
            "who", "reason")  # fmt: skip
    return ", ".join(f"{row}.{column}" for column in said)


def _guards(rows: tuple[Transition, ...]) -> str:
    killable = _quoted(sorted(KILLABLE if rows is TRANSITIONS else {r.source for r in rows if r.target == "KILLED"}))
    history = "current_setting('interlock.history', true) IS DISTINCT FROM '{}'"
    return "".join(
        (
            _guard("record_moves_only_as_permitted", "record", "UPDATE",
                   f"OLD.status <> NEW.status AND NOT ({_legal_pairs(rows)})"),
            _guard("record_keeps_its_key", "record", "UPDATE", "OLD.id <> NEW.id OR OLD.part <> NEW.part"),
            _guard("record_starts_waiting", "record", "INSERT", f"NEW.status <> '{FIRST_STATUS}'"),
            _guard("record_is_killed_only_as_permitted", "record", "DELETE", f"OLD.status NOT IN ({killable})"),
            _guard("record_move_is_complete", "record", "UPDATE OF status",
                   "OLD.status <> NEW.status AND OLD.since = NEW.since", "normalise_move"),
            *(_guard(f"{table}_is_never_truncated", table, "TRUNCATE")
              for table in _NEVER_TRUNCATED),
            _guard("event_is_never_changed", "event", "UPDATE",
                   f"{history.format('rebase')} OR ({_all_but_xid('OLD')}) IS DISTINCT FROM ({_all_but_xid('NEW')})"),
            _guard("event_comes_from_a_change", "event", "INSERT", "pg_trigger_depth() = 0"),
            _guard("event_is_kept", "event", "DELETE", history.format("expire")),
            _guard("lane_is_kept", "lane", "UPDATE OR DELETE"),
            _guard("cohort_is_kept", "cohort", "UPDATE OR DELETE"),
            _guard("principal_is_kept", "principal", "DELETE"),
        )
    )  # fmt: skip


# One set-based insert per statement. No NOTIFY here: it takes a global lock at commit.
# enable_nestloop = off: PL/pgSQL keeps the plan of whatever size came first; one row first, then 10,000 rows,
# would take 11 seconds instead of 0.2.
# Who acted comes from a transaction-local setting; without it, the server and the session's user.
_EVENTS = """
CREATE OR REPLACE FUNCTION write_events_of_{operation}() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = {schema}, pg_temp SET enable_nestloop = off AS $$
DECLARE
  act  json := nullif(current_setting('interlock.act', true), '');
  kind actor_kind := coalesce(act ->> 'kind', '{server}');
  who  text := coalesce(act ->> 'who', session_user);
BEGIN
  IF TG_RELID <> '{schema}.record'::regclass THEN
    RAISE EXCEPTION 'interlock: events are written for records only';
  END IF;
{body}
  RETURN NULL;
END $$;
CREATE OR REPLACE TRIGGER every_{operation}_is_an_event AFTER {operation} ON record
  REFERENCING {transition_tables} FOR EACH STATEMENT EXECUTE FUNCTION write_events_of_{operation}();
ALTER TABLE record ENABLE ALWAYS TRIGGER every_{operation}_is_an_event;
REVOKE EXECUTE ON FUNCTION write_events_of_{operation}() FROM PUBLIC;
"""

_COLUMNS = "part, record_id, from_status, to_status, action, actor, who, reason, attempt, cohort_id"


def _insert_body() -> str:
    return f"""
  INSERT INTO event ({_COLUMNS})
  SELECT n.part, n.id, NULL, n.status, '{Action.SUBMIT}', kind, who, act ->> 'reason', n.attempt, n.cohort_id
  FROM new_rows n ORDER BY n.id;"""


def _update_body(rows: tuple[Transition, ...]) -> str:
    return f"""
  INSERT INTO event ({_COLUMNS})
  SELECT n.part, n.id, o.status, n.status, {_action_case(rows)}, kind, who, act ->> 'reason', n.attempt, n.cohort_id
  FROM new_rows n JOIN old_rows o ON o.part = n.part AND o.id = n.id
  WHERE o.status <> n.status ORDER BY n.id;
  INSERT INTO relabel (part, record_id, status, from_cohort, to_cohort)
  SELECT n.part, n.id, o.status, o.cohort_id, n.cohort_id
  FROM new_rows n JOIN old_rows o ON o.part = n.part AND o.id = n.id
  WHERE o.cohort_id <> n.cohort_id OR o.priority <> n.priority;"""


def _delete_body() -> str:
    """A killed record leaves only its events; what hangs on it goes in sets (the task goes by its foreign key).

    The arrays lead to the index: without nested loops, a mere join would read the tables from end to end.
    """
    children = "".join(
        f"\n  DELETE FROM {table} c WHERE c.part = ANY(ARRAY(SELECT DISTINCT part FROM old_rows))"
        "\n    AND c.record_id = ANY(ARRAY(SELECT id FROM old_rows))"
        "\n    AND (c.part, c.record_id) IN (SELECT part, id FROM old_rows);"
        for table in ("specification", "result", "attempt")
    )
    return f"""
  INSERT INTO event ({_COLUMNS})
  SELECT o.part, o.id, o.status, NULL, '{Action.KILL}', kind, who, act ->> 'reason', o.attempt, o.cohort_id
  FROM old_rows o ORDER BY o.id;{children}"""


def _events(rows: tuple[Transition, ...], schema: str) -> str:
    new, old = "NEW TABLE AS new_rows", "OLD TABLE AS old_rows"
    return "".join(
        _EVENTS.format(operation=operation, schema=schema, server=ActorKind.SERVER, body=body, transition_tables=tables)
        for operation, body, tables in (
            ("insert", _insert_body(), new),
            ("update", _update_body(rows), f"{old} {new}"),
            ("delete", _delete_body(), old),
        )
    )


# The foreign keys are triggers too, which only a superuser may make ALWAYS; where none migrates, only one slips past.
_KEYS_ALWAYS = """
DO $$ DECLARE key record; BEGIN
  IF (SELECT rolsuper FROM pg_roles WHERE rolname = current_user) THEN
    FOR key IN SELECT tgname, tgrelid::regclass AS tab FROM pg_trigger
      WHERE tgisinternal AND tgrelid IN ('record'::regclass, 'task'::regclass)
    LOOP EXECUTE format('ALTER TABLE %s ENABLE ALWAYS TRIGGER %I', key.tab, key.tgname); END LOOP;
  END IF;
END $$;
"""


def guards_sql(schema: str, rows: tuple[Transition, ...] = TRANSITIONS) -> str:
    """Every guard and event trigger, as one idempotent script, with the table's fingerprint as a comment."""
    return "\n".join(
        (
            REFUSE,
            NORMALISE,
            _guards(rows),
            _events(rows, schema),
            _KEYS_ALWAYS,
            f"COMMENT ON TABLE record IS 'lifecycle {revision(rows)}';",
        )
    )

"""The lifecycle as the database enforces it, rendered from the domain's table.

Laid by every ``interlock migrate``, with what follows from it: events (events.py) and the agreement of record and task
(agreement.py). Legal moves never enter PL/pgSQL: the ``WHEN`` of each guard is evaluated in C, and its function is
called only to refuse. The triggers are ENABLE ALWAYS, so a replication role does not slip past them, and the
application's role does not own the tables, so it cannot drop them.
"""

from __future__ import annotations

from collections.abc import Iterable

from interlock.domain.lifecycle import (
    FIRST_STATUS,
    KILLABLE,
    TRANSITIONS,
    RecordStatus,
    Target,
    Transition,
)
from interlock.domain.matrix import revision
from interlock.store.agreement import agreement_sql
from interlock.store.events import events_sql


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

# A move made without our statements (from psql) still gets its time and its attempt, and an error its pattern, a moment
# later; ours set them themselves. Two
# leases never have the same attempt, so that the token of one never opens the other.
NORMALISE = f"""
CREATE OR REPLACE FUNCTION normalise_move() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.since = OLD.since THEN
    NEW.since := clock_timestamp();
    NEW.retry_at := NULL;
    NEW.error_pattern := NULL;
  END IF;
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
    "record", "task", "unpaired", "specification", "result", "attempt", "event", "relabel", "tick", "status_count",
    "feed_epoch", "lane", "cohort", "principal", "manager", "error_pattern",
    "throughput",
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
            _guard("task_keeps_its_key", "task", "UPDATE", "OLD.record_id <> NEW.record_id OR OLD.part <> NEW.part"),
            _guard("record_starts_waiting", "record", "INSERT", f"NEW.status <> '{FIRST_STATUS}' OR NEW.attempt <> 0"),
            _guard("record_is_killed_only_as_permitted", "record", "DELETE", f"OLD.status NOT IN ({killable})"),
            _guard("record_move_is_complete", "record", "UPDATE OF status",
                   "OLD.status <> NEW.status AND (OLD.since = NEW.since OR "
                   f"NEW.status = '{RecordStatus.RUNNING}' AND NEW.attempt = OLD.attempt)", "normalise_move"),
            _guard("attempts_are_counted_by_claims", "record", "UPDATE",
                   "NEW.attempt <> OLD.attempt AND NOT (OLD.status <> NEW.status "
                   f"AND NEW.status = '{RecordStatus.RUNNING}' AND NEW.attempt = OLD.attempt + 1)"),
            *(_guard(f"{table}_is_never_truncated", table, "TRUNCATE")
              for table in _NEVER_TRUNCATED),
            _guard("event_is_never_changed", "event", "UPDATE",
                   f"{history.format('rebase')} OR ({_all_but_xid('OLD')}) IS DISTINCT FROM ({_all_but_xid('NEW')})"),
            _guard("event_comes_from_a_change", "event", "INSERT", "pg_trigger_depth() = 0"),
            _guard("event_is_kept", "event", "DELETE", history.format("expire")),
            _guard("lane_is_kept", "lane", "UPDATE OR DELETE"),
            _guard("cohort_is_kept", "cohort", "UPDATE OR DELETE"),
            _guard("principal_is_kept", "principal", "DELETE"),
            _guard("principal_keeps_its_name", "principal", "UPDATE", "OLD.name <> NEW.name"),
        )
    )  # fmt: skip


def guards_sql(schema: str, rows: tuple[Transition, ...] = TRANSITIONS) -> str:
    """Every guard and every trigger that follows a change, as one idempotent script, with the table's fingerprint."""
    return "\n".join(
        (
            REFUSE,
            NORMALISE,
            _guards(rows),
            agreement_sql(schema),
            events_sql(schema, rows),
            f"COMMENT ON TABLE record IS 'lifecycle {revision(rows)}';",
        )
    )

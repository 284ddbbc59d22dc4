"""What each statement on records leaves behind: its events, and whatever hangs on the records.

Rendered from the domain's table, and laid with the guards. Once a statement, in sets, whoever changed the records.
No NOTIFY here: it takes a global lock at commit.
"""

from __future__ import annotations

from collections.abc import Iterable

from interlock.domain.lifecycle import TRANSITIONS, Action, ActorKind, Target, Transition
from interlock.store.agreement import FUNCTION, HAS_WORK, note_unpaired, of_rows


def _action_case(rows: Iterable[Transition]) -> str:
    whens = [
        f"WHEN source = '{row.source}' AND target = '{row.target}' THEN '{row.action}'"
        for row in rows
        if row.target != Target.KILLED
    ]
    return "(CASE " + "\n      ".join(whens) + " END)::action"


# Who acted comes from a transaction-local setting; without it, the server and the session's user.
_TRIGGER = """
CREATE OR REPLACE FUNCTION write_events_of_{operation}() RETURNS trigger {function} AS $$
DECLARE
  act      json := nullif(current_setting('interlock.act', true), '');
  kind     actor_kind := coalesce(act ->> 'kind', '{server}');
  who      text := coalesce(act ->> 'who', session_user);
  ended    bigint[];
  begun    bool;
  labelled bool;
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


# Lanes and cohorts are never changed or deleted, so that a look needs no lock, and no foreign key is needed.
_LABELS = """
  IF EXISTS (
    SELECT cohort_id, lane_id FROM new_rows EXCEPT SELECT id, lane_id FROM cohort
    WHERE id = ANY(ARRAY(SELECT DISTINCT cohort_id FROM new_rows))
  ) THEN
    RAISE EXCEPTION 'interlock: a record needs a cohort that exists, and its lane' USING
      ERRCODE = 'foreign_key_violation', CONSTRAINT = 'record_has_its_labels';
  END IF;"""


def _insert_body() -> str:
    return f"""{_LABELS}
  INSERT INTO event ({_COLUMNS})
  SELECT n.part, n.id, NULL, n.status, '{Action.SUBMIT}', kind, who, act ->> 'reason', n.attempt, n.cohort_id
  FROM new_rows n ORDER BY n.id;{note_unpaired("new_rows")}"""


def _update_body(rows: tuple[Transition, ...]) -> str:
    return f"""
  WITH changed AS MATERIALIZED (
    SELECT n.part, n.id, o.status AS source, n.status AS target, n.attempt, o.cohort_id AS from_cohort, n.cohort_id,
      o.cohort_id <> n.cohort_id OR o.lane_id <> n.lane_id OR o.priority <> n.priority AS relabelled
    FROM new_rows n JOIN old_rows o ON o.part = n.part AND o.id = n.id
    WHERE o.status <> n.status OR o.cohort_id <> n.cohort_id OR o.lane_id <> n.lane_id OR o.priority <> n.priority
  ), moves AS (
    INSERT INTO event ({_COLUMNS})
    SELECT part, id, source, target, {_action_case(rows)}, kind, who, act ->> 'reason', attempt, cohort_id
    FROM changed WHERE source <> target ORDER BY id
  ), relabels AS (
    INSERT INTO relabel (part, record_id, status, from_cohort, to_cohort)
    SELECT part, id, source, from_cohort, cohort_id FROM changed WHERE relabelled
  )
  SELECT array_agg(id) FILTER (WHERE source {HAS_WORK} AND target NOT {HAS_WORK}),
    bool_or(target {HAS_WORK} AND source NOT {HAS_WORK}), bool_or(relabelled)
  INTO ended, begun, labelled FROM changed;
  IF labelled THEN{_LABELS}
  END IF;
  IF ended IS NOT NULL THEN
    DELETE FROM task WHERE record_id = ANY(ended);
  END IF;
  IF begun THEN{note_unpaired("new_rows")}
  END IF;"""


def _delete_body() -> str:
    """A killed record leaves only its events."""
    hanging_on = ("task", "specification", "result", "attempt")
    children = "".join(f"\n  DELETE FROM {table} t WHERE {of_rows('old_rows')};" for table in hanging_on)
    return f"""
  INSERT INTO event ({_COLUMNS})
  SELECT o.part, o.id, o.status, NULL, '{Action.KILL}', kind, who, act ->> 'reason', o.attempt, o.cohort_id
  FROM old_rows o ORDER BY o.id;{children}"""


def events_sql(schema: str, rows: tuple[Transition, ...] = TRANSITIONS) -> str:
    """The triggers after each change of records, as one idempotent script."""
    new, old = "NEW TABLE AS new_rows", "OLD TABLE AS old_rows"
    return "".join(
        _TRIGGER.format(
            operation=operation,
            function=FUNCTION.format(schema=schema),
            schema=schema,
            server=ActorKind.SERVER,
            body=body,
            transition_tables=tables,
        )
        for operation, body, tables in (
            ("insert", _insert_body(), new),
            ("update", _update_body(rows), f"{old} {new}"),
            ("delete", _delete_body(), old),
        )
    )

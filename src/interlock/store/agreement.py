"""Record and task come and go together: a record with work to do has exactly one task, any other has none.

Two foreign keys, one in each direction, would say the same, at four look-ups for each job that ends. Here a change is
looked at once a statement, in sets, and most of the rule is that the wrong state cannot be brought about at all:

* what moves a record out of work, or deletes it, takes its task along (see events.py);
* a task is deleted in no other way: its record must not have work to do;
* a task is made only for a record that has work to do, and locks it until its transaction ends, unless the record's
  present version is the transaction's own, which nobody else can change;
* a record that comes to have work to do without a task, because the task comes with a later statement of the same
  transaction, is noted in ``unpaired`` and judged when the transaction commits. The table is empty in every committed
  state.

So no other transaction can come between: it would have to change the row that this one has changed or locked.
"""

from __future__ import annotations

from interlock.domain.lifecycle import STATUSES_WITH_TASK

HAS_WORK = "IN ({})".format(", ".join(f"'{status}'" for status in sorted(STATUSES_WITH_TASK)))
"""What a status is where the record has a task."""

FUNCTION = """LANGUAGE plpgsql SECURITY DEFINER SET search_path = {schema}, pg_temp
SET enable_nestloop = off SET enable_seqscan = off"""
"""PL/pgSQL keeps the plan of whatever size came first; one row first, then 10,000 rows, would take 11 seconds instead
of 0.2. So plans here lead by arrays to the index, whatever the number of rows, and what they join they join by hash."""


def of_rows(rows: str, key: str = "id", of: str = "t.record_id") -> str:
    """The condition that a row is of those of a transition table: ids are unique across parts."""
    part = f"{of.split('.', maxsplit=1)[0]}.part"
    return f"{part} = ANY(ARRAY(SELECT DISTINCT part FROM {rows})) AND {of} = ANY(ARRAY(SELECT {key} FROM {rows}))"


def note_unpaired(rows: str) -> str:
    """The statement that notes those rows of a transition table that have work to do, and no task yet."""
    return f"""
  INSERT INTO unpaired (part, record_id)
  SELECT part, id FROM {rows} WHERE status {HAS_WORK}
  EXCEPT SELECT t.part, t.record_id FROM task t WHERE {of_rows(rows)}
  ON CONFLICT DO NOTHING;"""


_ALONE = """
CREATE OR REPLACE FUNCTION refuse_alone(name text, id bigint) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'interlock: % (record %)', name, id USING ERRCODE = 'foreign_key_violation', CONSTRAINT = name,
    HINT = 'A record has a task as long as there is work to do, and no longer.';
END $$;
"""

_TASK_MADE = f"""
CREATE OR REPLACE FUNCTION task_is_made() RETURNS trigger {{function}} AS $$
DECLARE
  alone bigint;
BEGIN
  SELECT n.record_id INTO alone FROM new_rows n WHERE (n.part, n.record_id) NOT IN (
    SELECT r.part, r.id FROM record r
    WHERE r.status {HAS_WORK} AND r.xmin = pg_current_xact_id()::xid AND {{of_rows}}
    UNION ALL
    SELECT * FROM (
      SELECT r.part, r.id FROM record r
      WHERE r.status {HAS_WORK} AND r.xmin <> pg_current_xact_id()::xid AND {{of_rows}} FOR SHARE
    ) locked
  ) LIMIT 1;
  IF FOUND THEN
    PERFORM refuse_alone('task_needs_active_record', alone);
  END IF;
  RETURN NULL;
END $$;
"""

_TASK_DELETED = f"""
CREATE OR REPLACE FUNCTION task_is_deleted() RETURNS trigger {{function}} AS $$
DECLARE
  alone bigint;
BEGIN
  SELECT r.id INTO alone FROM record r WHERE r.status {HAS_WORK} AND {{of_rows}} LIMIT 1;
  IF FOUND THEN
    PERFORM refuse_alone('active_record_needs_task', alone);
  END IF;
  RETURN NULL;
END $$;
"""

_JUDGE = f"""
CREATE OR REPLACE FUNCTION judge_unpaired() RETURNS trigger {{function}} AS $$
BEGIN
  DELETE FROM unpaired WHERE part = NEW.part AND record_id = NEW.record_id;
  IF EXISTS (SELECT FROM record WHERE part = NEW.part AND id = NEW.record_id AND status {HAS_WORK})
    AND NOT EXISTS (SELECT FROM task WHERE part = NEW.part AND record_id = NEW.record_id)
  THEN
    PERFORM refuse_alone('active_record_needs_task', NEW.record_id);
  END IF;
  RETURN NULL;
END $$;
DROP TRIGGER IF EXISTS active_record_needs_task ON unpaired;
CREATE CONSTRAINT TRIGGER active_record_needs_task AFTER INSERT ON unpaired DEFERRABLE INITIALLY DEFERRED
  FOR EACH ROW EXECUTE FUNCTION judge_unpaired();
ALTER TABLE unpaired ENABLE ALWAYS TRIGGER active_record_needs_task;
"""

_TRIGGER = """
CREATE OR REPLACE TRIGGER {name} AFTER {operation} ON task REFERENCING {rows}
  FOR EACH STATEMENT EXECUTE FUNCTION {function}();
ALTER TABLE task ENABLE ALWAYS TRIGGER {name};
REVOKE EXECUTE ON FUNCTION {function}() FROM PUBLIC;
"""


def agreement_sql(schema: str) -> str:
    """The triggers on tasks and on what is unpaired, as one idempotent script."""
    function = FUNCTION.format(schema=schema)
    return "".join(
        (
            _ALONE,
            _TASK_MADE.format(function=function, of_rows=of_rows("new_rows", "record_id", "r.id")),
            _TRIGGER.format(
                name="task_needs_active_record",
                operation="INSERT",
                rows="NEW TABLE AS new_rows",
                function="task_is_made",
            ),
            _TASK_DELETED.format(function=function, of_rows=of_rows("old_rows", "record_id", "r.id")),
            _TRIGGER.format(
                name="active_record_keeps_task",
                operation="DELETE",
                rows="OLD TABLE AS old_rows",
                function="task_is_deleted",
            ),
            _JUDGE.format(function=function),
            "REVOKE EXECUTE ON FUNCTION judge_unpaired() FROM PUBLIC;\n",
        )
    )

"""Record and task come and go together: an active record has exactly one task, any other has none.

Two foreign keys, record -> task and task -> record, would say the same, at four look-ups for each job that ends. These
triggers look once a statement, at all its rows. They refuse as the keys would: what a later statement of the same
transaction may still mend is judged when it commits.

Nobody can slip in between two transactions. Where there is a task its record is active, and the other way round, in
every committed state; so whoever parts them is left to change the row of the other side, or finds it as it was:

* a new task locks its record, in every isolation level: it stays active until the transaction has ended;
* a record that becomes active was not before, so its task is of the same transaction, and nobody else sees it;
* a record that stops being active must find no task, and finds one that is being deleted at the same moment;
* a task that goes must find no active record, and finds one that is being moved at the same moment.

The triggers are ENABLE ALWAYS, which their owner may say; of foreign keys, only a superuser may.
"""

from __future__ import annotations

# The arrays lead to the index whatever the number of rows; a plan made for one row must serve for 100,000.
_ABOUT = """LANGUAGE plpgsql SECURITY DEFINER SET search_path = {schema}, pg_temp SET enable_seqscan = off
SET enable_nestloop = off"""

_REFUSE = """
CREATE OR REPLACE FUNCTION refuse_parting(name text, pair record) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'interlock: % (record %)', name, pair.id USING ERRCODE = 'foreign_key_violation', CONSTRAINT = name,
    HINT = 'A record has a task as long as there is work to do, and no longer.';
END $$;
"""

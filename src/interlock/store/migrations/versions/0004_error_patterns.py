"""Errors by what their messages have in common: the pattern stands beside the error type on the record.

Errors that are there already get theirs from the server, a few thousand a second (see service/error_patterns.py).
"""

from __future__ import annotations

from alembic import op

from interlock.store.script import run_script

revision = "0004"
down_revision: str | None = "0003"
branch_labels: str | None = None
depends_on: str | None = None

# `since` is included so that groups are counted without a look at the records. What has no pattern yet is found by an
# index that is nearly always empty.
PATTERNS = """
CREATE TABLE error_pattern (
  id           int GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  error_type   text NOT NULL,
  message      text NOT NULL,
  unused_since timestamptz,
  UNIQUE (error_type, message)
);
ALTER TABLE record ADD COLUMN error_pattern int;
CREATE INDEX record_by_pattern ON record (part, error_pattern, status, id) INCLUDE (since)
  WHERE error_pattern IS NOT NULL;
CREATE INDEX record_by_cohort_pattern ON record (part, cohort_id, error_pattern, status, id) INCLUDE (since)
  WHERE error_pattern IS NOT NULL;
CREATE INDEX record_unpatterned ON record (part, id)
  WHERE error_pattern IS NULL AND error_type IS NOT NULL AND status IN ('ERROR', 'FAILED');
"""


def upgrade() -> None:
    run_script(op.get_bind(), PATTERNS)

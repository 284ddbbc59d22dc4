"""The record that is longest in its status, by cohort.

Of the statuses in which records wait for somebody: an entry for those costs a claim and a return nothing. Who is
RUNNING has a lease, and those are few.
"""

from __future__ import annotations

from alembic import op

revision = "0002"
down_revision: str | None = "0001"
branch_labels: str | None = None
depends_on: str | None = None


def upgrade() -> None:
    op.execute(
        "CREATE INDEX record_longest ON record (part, cohort_id, status, since) "
        "WHERE status IN ('WAITING', 'ERROR', 'HOLD')"
    )

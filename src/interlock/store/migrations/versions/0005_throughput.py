"""How many transitions there were in each minute, by action. It begins with this migration."""

from __future__ import annotations

from alembic import op

revision = "0005"
down_revision: str | None = "0004"
branch_labels: str | None = None
depends_on: str | None = None


def upgrade() -> None:
    op.execute("""
        CREATE TABLE throughput (
          part   smallint NOT NULL DEFAULT 0,
          minute timestamptz NOT NULL,
          action action NOT NULL,
          n      bigint NOT NULL,
          PRIMARY KEY (part, minute, action)
        ) WITH (fillfactor = 50)""")

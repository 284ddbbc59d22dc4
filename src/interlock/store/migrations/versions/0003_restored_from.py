"""What tells of a restored base backup: a function, laid with the others, which servers of this version call."""

from __future__ import annotations

revision = "0003"
down_revision: str | None = "0002"
branch_labels: str | None = None
depends_on: str | None = None


def upgrade() -> None:
    """Nothing in tables: that the revision is another one keeps servers from starting without the function."""

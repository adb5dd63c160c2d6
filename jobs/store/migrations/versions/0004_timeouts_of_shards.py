"""The timeouts that the jobs of shards were asked for with."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column; shards of before say nothing of it."""
    op.add_column("shards", sa.Column("timeout_hours", sa.Integer(), server_default="0", nullable=False))

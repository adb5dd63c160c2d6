"""What decides how a job in the batch lane goes on: timeouts, answers, rounds."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns. Of replies that were harvested before, all count as answers."""
    for table, name in (("shards", "timeout_hours"), ("shards", "answered"), ("jobs", "rounds_before")):
        op.add_column(table, sa.Column(name, sa.Integer(), server_default="0", nullable=False))
    op.execute("UPDATE shards SET answered = replied")

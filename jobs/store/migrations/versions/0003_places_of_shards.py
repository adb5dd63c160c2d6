"""Where the jobs of shards are at Bedrock, and whether they ran."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

#: Ordered by code points, as SQLite does it.
_TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    """Add the columns; shards of before say nothing of it."""
    for name in ("region", "account"):
        op.add_column("shards", sa.Column(name, _TEXT, server_default="", nullable=False))
    op.add_column("shards", sa.Column("ran", sa.Boolean(), server_default=sa.text("false"), nullable=False))

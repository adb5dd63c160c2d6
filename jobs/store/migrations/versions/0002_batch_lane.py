"""The batch lane: shards, the lane of a job, drafts that are to be repaired."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

#: Ordered by code points, as SQLite does it.
_TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make the table of shards, and the columns of jobs and items that go with it."""
    op.add_column("jobs", sa.Column("lane", _TEXT, server_default="", nullable=False))
    for name in ("rest_lane", "choice", "deadline_at"):
        op.add_column("jobs", sa.Column(name, _TEXT, nullable=True))
    op.add_column("items", sa.Column("draft", _TEXT, nullable=True))
    op.create_table(
        "shards",
        sa.Column("id", _ID, nullable=False),
        sa.Column("job_id", _TEXT, nullable=False),
        sa.Column("name", _TEXT, nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("model", _TEXT, nullable=False),
        sa.Column("first_item", sa.BigInteger(), nullable=False),
        sa.Column("last_item", sa.BigInteger(), nullable=False),
        sa.Column("state", _TEXT, nullable=False),
        sa.Column("session", _TEXT, nullable=True),
        sa.Column("due_at", _TEXT, server_default="", nullable=False),
        sa.Column("queued_at", _TEXT, nullable=True),
        sa.Column("tries", sa.Integer(), server_default="0", nullable=False),
        sa.Column("stopping", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("cut_by", _TEXT, server_default="", nullable=False),
        sa.Column("format", _TEXT, server_default="", nullable=False),
        sa.Column("records", sa.Integer(), server_default="0", nullable=False),
        sa.Column("bytes", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("digest", _TEXT, server_default="", nullable=False),
        sa.Column("input_uri", _TEXT, server_default="", nullable=False),
        sa.Column("output_uri", _TEXT, server_default="", nullable=False),
        sa.Column("asked_at", _TEXT, nullable=True),
        sa.Column("arn", _TEXT, server_default="", nullable=False),
        sa.Column("status", _TEXT, server_default="", nullable=False),
        sa.Column("message", _TEXT, server_default="", nullable=False),
        sa.Column("created_at", _TEXT, nullable=False),
        sa.Column("submitted_at", _TEXT, nullable=True),
        sa.Column("ended_at", _TEXT, nullable=True),
        sa.Column("processed", sa.Integer(), server_default="0", nullable=False),
        sa.Column("replied", sa.Integer(), server_default="0", nullable=False),
        sa.Column("errors", sa.Integer(), server_default="0", nullable=False),
        sa.Column("missing", sa.Integer(), server_default="0", nullable=False),
        sa.Column("input_tokens", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("output_tokens", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("manifest_input_tokens", sa.BigInteger(), nullable=True),
        sa.Column("manifest_output_tokens", sa.BigInteger(), nullable=True),
        sa.Column("removed_at", _TEXT, nullable=True),
        sa.ForeignKeyConstraint(["job_id"], ["jobs.id"], name=op.f("fk_shards_job_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_shards")),
        sa.UniqueConstraint("name", name=op.f("uq_shards_name")),
    )
    op.create_index("ix_shards_job_id", "shards", ["job_id", "id"], unique=False)
    is_open, is_held = sa.text("state <> 'closed'"), sa.text("session IS NOT NULL")
    op.create_index("ix_shards_open", "shards", ["due_at"], sqlite_where=is_open, postgresql_where=is_open)
    op.create_index("ix_shards_session", "shards", ["session"], sqlite_where=is_held, postgresql_where=is_held)

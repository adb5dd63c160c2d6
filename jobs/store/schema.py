"""The tables. Money is whole picodollars (10⁻¹² USD), times are ISO 8601 UTC text."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)

# SQLite counts rows by itself only in a column that is exactly INTEGER PRIMARY KEY.
_Id = BigInteger().with_variant(Integer, "sqlite")


#: The columns of a `TokenUsage`, named as its fields are.
TOKEN_COLUMNS = ("input_tokens", "output_tokens", "cache_read_tokens", "cache_write_5m_tokens", "cache_write_1h_tokens")


def _tokens() -> list[Column[int]]:
    return [Column(name, Integer, nullable=False, server_default="0") for name in TOKEN_COLUMNS]


jobs = Table(
    "jobs",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("kind", String(10), nullable=False),  # run, preview or estimate
    Column("state", String(10), nullable=False),
    Column("stop_reason", String(10)),
    Column("stop_requested", Boolean, nullable=False, server_default=text("false")),
    Column("planned", Boolean, nullable=False, server_default=text("false")),
    Column("created_at", String(32), nullable=False),
    Column("began_at", String(32)),  # of the session that runs it now
    Column("ended_at", String(32)),
    Column("seconds", Float, nullable=False, server_default="0"),
    Column("owner", Text, nullable=False),
    Column("catalogue", Text, nullable=False),
    Column("realm", Text, nullable=False),
    Column("source", Text, nullable=False),
    Column("source_digest", String(64), nullable=False),
    Column("spec", Text, nullable=False),
    Column("templates", Text, nullable=False),
    Column("cap_pico", BigInteger),
    Column("spent_pico", BigInteger, nullable=False, server_default="0"),
    Column("held_pico", BigInteger, nullable=False, server_default="0"),
    Column("estimate_pico", BigInteger),
    Column("workbook", Text),
    Column("report", Text),
    Column("message", Text, nullable=False, server_default=""),
)

products = Table(
    "products",
    metadata,
    Column("id", _Id, primary_key=True),
    Column("job_id", ForeignKey("jobs.id"), nullable=False),
    Column("key", Text, nullable=False),
    Column("row", Integer, nullable=False),  # the lead row
    Column("place", Integer, nullable=False),  # the first row that takes the copy
    Column("rows", Text, nullable=False),
    Column("on_every_row", Boolean, nullable=False, server_default=text("false")),
    Column("standing", Integer),
    Column("values", Text, nullable=False),
    Column("own", Text, nullable=False, server_default=""),  # the lead row's own values, where others may decide yet
    UniqueConstraint("job_id", "key"),
)

items = Table(
    "items",
    metadata,
    Column("id", _Id, primary_key=True),
    Column("job_id", ForeignKey("jobs.id"), nullable=False),
    Column("product_id", ForeignKey("products.id"), nullable=False),
    Column("row", Integer, nullable=False),
    Column("place", Integer, nullable=False),
    Column("template", Text, nullable=False),
    Column("locale", String(20), nullable=False),
    Column("model", Text, nullable=False),
    Column("fingerprint", String(64), nullable=False),
    Column("state", String(10), nullable=False),
    # Another item of the job with the same fingerprint: it is written once for both.
    Column("twin_of", BigInteger),
    Column("prompt_tokens", Integer, nullable=False, server_default="0"),
    Column("copy", Text),
    Column("notes", Text, nullable=False, server_default=""),
    Column("lane", String(10), nullable=False, server_default=""),
    Column("tier", String(10), nullable=False, server_default=""),
    Column("finish", String(40), nullable=False, server_default=""),
    Column("price_ref", Text, nullable=False, server_default=""),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("unpriced", Integer, nullable=False, server_default="0"),
    Column("cost_pico", BigInteger, nullable=False, server_default="0"),
    Column("seconds", Float, nullable=False, server_default="0"),
    *_tokens(),
    Index("ix_items_job_id_place", "job_id", "place", "id"),
    Index(
        "ix_items_twin_of",
        "twin_of",
        sqlite_where=text("twin_of IS NOT NULL"),
        postgresql_where=text("twin_of IS NOT NULL"),
    ),
    Index(
        "ix_items_open",
        "job_id",
        "id",
        sqlite_where=text("state = 'pending' AND twin_of IS NULL"),
        postgresql_where=text("state = 'pending' AND twin_of IS NULL"),
    ),
    Index("ix_items_fingerprint", "job_id", "fingerprint"),
)

#: The ledger, first half: written before a request leaves. Append-only (see the migration's triggers).
attempt_starts = Table(
    "attempt_starts",
    metadata,
    Column("attempt", String(40), primary_key=True),
    Column("job_id", ForeignKey("jobs.id"), nullable=False),
    Column("item_id", ForeignKey("items.id"), nullable=False),
    Column("session", String(20), nullable=False),
    Column("at", String(32), nullable=False),
    Column("purpose", String(10), nullable=False),  # write or repair
    Column("model", Text, nullable=False),
    Column("region", String(30), nullable=False),
    Column("lane", String(10), nullable=False),
    Column("realm", Text, nullable=False),
    Column("reserved_pico", BigInteger),
    Index("ix_attempt_starts_job_id", "job_id"),
    Index("ix_attempt_starts_item_id", "item_id"),
)

#: The ledger, second half: written when the reply or the error is in.
attempt_ends = Table(
    "attempt_ends",
    metadata,
    Column("attempt", ForeignKey("attempt_starts.attempt"), primary_key=True),
    Column("at", String(32), nullable=False),
    Column("outcome", String(12), nullable=False),  # ok, unbilled or unconfirmed
    Column("error", String(20), nullable=False),
    Column("tier", String(10), nullable=False),
    Column("cost_pico", BigInteger),
    Column("price_ref", Text, nullable=False),
    Column("usage", Text, nullable=False),  # Bedrock's usage block as it came
    Column("request_id", Text, nullable=False),
    Column("finish", String(40), nullable=False),
    Column("seconds", Float, nullable=False),
    *_tokens(),
)

#: Text that items gave, kept over jobs: what a later run reuses when the fingerprint is unchanged.
copies = Table(
    "copies",
    metadata,
    Column("id", _Id, primary_key=True),
    Column("realm", Text, nullable=False),
    Column("fingerprint", String(64), nullable=False),
    Column("catalogue", Text, nullable=False),
    Column("key", Text, nullable=False),
    Column("template", Text, nullable=False),  # without its version
    Column("locale", String(20), nullable=False),
    Column("state", String(10), nullable=False),  # draft, flagged, approved, edited
    Column("copy", Text, nullable=False),
    Column("notes", Text, nullable=False, server_default=""),
    Column("model", Text, nullable=False),
    Column("job_id", String(40), nullable=False),
    Column("at", String(32), nullable=False),
    Index("ix_copies_fingerprint", "realm", "fingerprint"),
    Index("ix_copies_slot", "realm", "catalogue", "key", "template", "locale"),
)

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
    Table,
    UniqueConstraint,
    text,
)

from jobs.store.stored_text import StoredText

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

#: Counters of a running job.
PROGRESS_COLUMNS = ("finished", "failed", "requests", "throttled")


def _tokens() -> list[Column[int]]:
    return [Column(name, BigInteger, nullable=False, server_default="0") for name in TOKEN_COLUMNS]


jobs = Table(
    "jobs",
    metadata,
    Column("id", StoredText, primary_key=True),
    Column("kind", StoredText, nullable=False),  # run, preview or estimate
    Column("state", StoredText, nullable=False),
    Column("stop_reason", StoredText),
    Column("stop_wanted", StoredText),  # why somebody wants it to stop
    Column("planned", Boolean, nullable=False, server_default=text("false")),
    Column("created_at", StoredText, nullable=False),
    Column("began_at", StoredText),  # of the session that runs it now
    Column("ended_at", StoredText),
    Column("seconds", Float, nullable=False, server_default="0"),
    Column("owner", StoredText, nullable=False),
    Column("catalogue", StoredText, nullable=False),
    Column("realm", StoredText, nullable=False),
    Column("source", StoredText, nullable=False),
    Column("source_digest", StoredText, nullable=False),
    Column("spec", StoredText, nullable=False),
    Column("templates", StoredText, nullable=False),
    Column("cap_pico", BigInteger),
    Column("spent_pico", BigInteger, nullable=False, server_default="0"),
    Column("held_pico", BigInteger, nullable=False, server_default="0"),
    Column("estimate_pico", BigInteger),
    Column("workbook", StoredText),
    Column("report", StoredText),
    Column("message", StoredText, nullable=False, server_default=""),
    Column("error", StoredText),  # JSON: message, fix, code and exit code of what failed it, for who follows it
    # Of jobs that many workers share:
    Column("session", StoredText),  # the command that runs it by itself, else none
    Column("shared", Boolean, nullable=False, server_default=text("false")),
    Column("urgent", Boolean, nullable=False, server_default=text("false")),  # before bulk work
    Column("detached", Boolean, nullable=False, server_default=text("false")),  # a worker delivers it
    Column("weight", Integer, nullable=False, server_default="1"),
    # Lanes: the one that was chosen, and once that is batch, the one in which what is left is sent request by request.
    Column("lane", StoredText, nullable=False, server_default=""),
    Column("rounds_before", Integer, nullable=False, server_default="0"),  # of batch jobs, before its present session
    Column("rest_lane", StoredText),
    Column("choice", StoredText),  # JSON of the `Choice`: why this lane, what each would cost
    Column("deadline_at", StoredText),  # when it must be over, None for whenever
    Column("proven", Boolean, nullable=False, server_default=text("false")),  # a request of it had a good reply
    # Of the present session, added up by the ledger: what a progress bar shows.
    *(Column(name, Integer, nullable=False, server_default="0") for name in PROGRESS_COLUMNS),
    Column("tokens", BigInteger, nullable=False, server_default="0"),
    Index(
        "ix_jobs_running",
        "id",
        sqlite_where=text("shared AND state = 'running'"),
        postgresql_where=text("shared AND state = 'running'"),
    ),
)

#: A process that runs jobs: a command, or a worker. It lives as long as its beat goes on.
sessions = Table(
    "sessions",
    metadata,
    Column("id", StoredText, primary_key=True),
    Column("kind", StoredText, nullable=False),  # command or worker
    Column("host", StoredText, nullable=False),
    Column("process", Integer, nullable=False),
    Column("slots", Integer, nullable=False, server_default="0"),  # chunks that it takes at a time
    Column("beat", Integer, nullable=False, server_default="0"),
    Column("began_at", StoredText, nullable=False),
    Column("seen_at", StoredText, nullable=False),  # for people: who is dead is decided by beats that do not come
    Column("ended", Boolean, nullable=False, server_default=text("false")),
    Index("ix_sessions_live", "id", sqlite_where=text("NOT ended"), postgresql_where=text("NOT ended")),
)

#: The items of one Celery task.
chunks = Table(
    "chunks",
    metadata,
    Column("id", _Id, primary_key=True),
    Column("job_id", ForeignKey("jobs.id"), nullable=False),
    Column("first_item", BigInteger, nullable=False),
    Column("last_item", BigInteger, nullable=False),
    # ready -> queued (a message is out) -> claimed (a session takes its items) -> draining (all taken) -> done;
    # what a session lets go of with open items is ready again.
    Column("state", StoredText, nullable=False),
    Column("session", StoredText),
    Column("queued_at", StoredText),
    Column("not_before", StoredText, nullable=False, server_default=""),  # "": at once
    Index("ix_chunks_turn", "job_id", "state", "not_before", "id"),
    Index(
        "ix_chunks_session",
        "session",
        sqlite_where=text("session IS NOT NULL"),
        postgresql_where=text("session IS NOT NULL"),
    ),
    # A message that comes late is about a chunk that is gone, never about another one.
    sqlite_autoincrement=True,
)

#: The items of one batch-inference job. Its attempts have its name as their session.
shards = Table(
    "shards",
    metadata,
    Column("id", _Id, primary_key=True),
    Column("job_id", ForeignKey("jobs.id"), nullable=False),
    Column("name", StoredText, nullable=False),  # sorts by time, as sessions do
    Column("round", Integer, nullable=False),  # 1: the first pass over the items
    Column("model", StoredText, nullable=False),
    Column("first_item", BigInteger, nullable=False),
    Column("last_item", BigInteger, nullable=False),
    # planned -> ready (its file is in S3, the intent is written) -> submitted (Bedrock has it) -> ended (at Bedrock)
    # -> closed (harvested, or never sent).
    Column("state", StoredText, nullable=False),
    Column("session", StoredText),  # who works on it at this moment
    Column("due_at", StoredText, nullable=False, server_default=""),  # "": at once
    Column("queued_at", StoredText),  # when a message about it went out
    Column("tries", Integer, nullable=False, server_default="0"),  # looks or attempts in this state so far
    Column("stopping", Boolean, nullable=False, server_default=text("false")),  # Bedrock was told to stop it
    # cap: it ended where the cap did. budget, size: it was not sent for that.
    Column("cut_by", StoredText, nullable=False, server_default=""),
    Column("format", StoredText, nullable=False, server_default=""),  # Converse or InvokeModel
    Column("records", Integer, nullable=False, server_default="0"),
    Column("bytes", BigInteger, nullable=False, server_default="0"),
    Column("digest", StoredText, nullable=False, server_default=""),  # sha256 of the file, the clientRequestToken
    # Where its job was asked for: another Region or account does not know it.
    Column("region", StoredText, nullable=False, server_default=""),
    Column("account", StoredText, nullable=False, server_default=""),
    Column("input_uri", StoredText, nullable=False, server_default=""),
    Column("output_uri", StoredText, nullable=False, server_default=""),
    Column("asked_at", StoredText),  # when Bedrock was last asked for the job: there may be one
    Column("timeout_hours", Integer, nullable=False, server_default="0"),  # that was asked for with it
    Column("arn", StoredText, nullable=False, server_default=""),
    Column("status", StoredText, nullable=False, server_default=""),  # Bedrock's word
    Column("message", StoredText, nullable=False, server_default=""),
    Column("created_at", StoredText, nullable=False),
    Column("submitted_at", StoredText),
    Column("ended_at", StoredText),  # at Bedrock
    Column("ran", Boolean, nullable=False, server_default=text("false")),  # it was seen at work
    Column("processed", Integer, nullable=False, server_default="0"),  # by Bedrock's count, up to a minute behind
    # Of the harvest: records with a reply, with an error, without either.
    Column("replied", Integer, nullable=False, server_default="0"),
    Column("answered", Integer, nullable=False, server_default="0"),  # replies that hold an answer to what was asked
    Column("errors", Integer, nullable=False, server_default="0"),
    Column("missing", Integer, nullable=False, server_default="0"),
    # By the records, and by the manifest where there is one.
    Column("input_tokens", BigInteger, nullable=False, server_default="0"),
    Column("output_tokens", BigInteger, nullable=False, server_default="0"),
    Column("manifest_input_tokens", BigInteger),
    Column("manifest_output_tokens", BigInteger),
    Column("removed_at", StoredText),  # when its objects were removed from S3
    UniqueConstraint("name"),
    Index("ix_shards_job_id", "job_id", "id"),
    Index(
        "ix_shards_open", "due_at", sqlite_where=text("state <> 'closed'"), postgresql_where=text("state <> 'closed'")
    ),
    Index(
        "ix_shards_session",
        "session",
        sqlite_where=text("session IS NOT NULL"),
        postgresql_where=text("session IS NOT NULL"),
    ),
)

products = Table(
    "products",
    metadata,
    Column("id", _Id, primary_key=True),
    Column("job_id", ForeignKey("jobs.id"), nullable=False),
    Column("key", StoredText, nullable=False),
    Column("row", Integer, nullable=False),  # the lead row
    Column("place", Integer, nullable=False),  # the first row that takes the copy
    Column("rows", StoredText, nullable=False),
    Column("on_every_row", Boolean, nullable=False, server_default=text("false")),
    Column("standing", Integer),
    Column("values", StoredText, nullable=False),
    Column("own", StoredText, nullable=False, server_default=""),  # the lead row's values, where others may decide yet
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
    Column("template", StoredText, nullable=False),
    Column("locale", StoredText, nullable=False),
    Column("model", StoredText, nullable=False),
    Column("fingerprint", StoredText, nullable=False),
    Column("state", StoredText, nullable=False),
    # Another item of the job with the same fingerprint: it is written once for both.
    Column("twin_of", BigInteger),
    Column("prompt_tokens", Integer, nullable=False, server_default="0"),
    Column("copy", StoredText),
    Column("notes", StoredText, nullable=False, server_default=""),
    Column("lane", StoredText, nullable=False, server_default=""),
    Column("tier", StoredText, nullable=False, server_default=""),
    Column("finish", StoredText, nullable=False, server_default=""),
    Column("price_ref", StoredText, nullable=False, server_default=""),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("unpriced", Integer, nullable=False, server_default="0"),
    Column("cost_pico", BigInteger, nullable=False, server_default="0"),
    Column("seconds", Float, nullable=False, server_default="0"),
    # Of an item that waits for its next try: until when if that is long, and JSON of what it has met.
    Column("due_at", StoredText),
    Column("met", StoredText),
    Column("draft", StoredText),  # an answer that broke its contract and is to be repaired
    *_tokens(),
    # An item is planned once; it is also the way from a product to its items when a plan is dropped.
    UniqueConstraint("product_id", "template", "locale", "model"),
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

# Written into the statements as they are: a database takes a partial index only where it sees the index's own words.
#: Items that are to be written.
IS_OPEN = text("items.state = 'pending' AND items.twin_of IS NULL")
#: Jobs that workers share and that run.
IS_RUNNING = text("jobs.shared AND jobs.state = 'running'")

#: The ledger, first half: written before a request leaves. Append-only (see the migration's triggers).
attempt_starts = Table(
    "attempt_starts",
    metadata,
    Column("attempt", StoredText, primary_key=True),
    Column("job_id", ForeignKey("jobs.id"), nullable=False),
    Column("item_id", ForeignKey("items.id"), nullable=False),
    Column("session", StoredText, nullable=False),
    Column("at", StoredText, nullable=False),
    Column("purpose", StoredText, nullable=False),  # write or repair
    Column("model", StoredText, nullable=False),
    Column("region", StoredText, nullable=False),
    Column("lane", StoredText, nullable=False),
    Column("realm", StoredText, nullable=False),
    Column("reserved_pico", BigInteger),
    Index("ix_attempt_starts_job_id", "job_id"),
    Index("ix_attempt_starts_item_id", "item_id"),
)

#: The ledger, second half: written when the reply or the error is in.
attempt_ends = Table(
    "attempt_ends",
    metadata,
    Column("attempt", ForeignKey("attempt_starts.attempt"), primary_key=True),
    Column("at", StoredText, nullable=False),
    Column("outcome", StoredText, nullable=False),  # ok, unbilled or unconfirmed
    Column("error", StoredText, nullable=False),
    Column("tier", StoredText, nullable=False),
    Column("cost_pico", BigInteger),
    Column("price_ref", StoredText, nullable=False),
    Column("usage", StoredText, nullable=False),  # Bedrock's usage block as it came
    Column("request_id", StoredText, nullable=False),
    Column("finish", StoredText, nullable=False),
    Column("seconds", Float, nullable=False),
    *_tokens(),
)

#: Text that items gave, kept over jobs: what a later run reuses when the fingerprint is unchanged.
copies = Table(
    "copies",
    metadata,
    Column("id", _Id, primary_key=True),
    Column("realm", StoredText, nullable=False),
    Column("fingerprint", StoredText, nullable=False),
    Column("catalogue", StoredText, nullable=False),
    Column("key", StoredText, nullable=False),
    Column("template", StoredText, nullable=False),  # without its version
    Column("locale", StoredText, nullable=False),
    Column("state", StoredText, nullable=False),  # draft, flagged, approved, edited
    Column("copy", StoredText, nullable=False),
    Column("notes", StoredText, nullable=False, server_default=""),
    Column("model", StoredText, nullable=False),
    Column("job_id", StoredText, nullable=False),
    Column("at", StoredText, nullable=False),
    Index("ix_copies_fingerprint", "realm", "fingerprint"),
    Index("ix_copies_slot", "realm", "catalogue", "key", "template", "locale"),
)

#: Sums of big jobs that have ended, so that a list of them does not read all their items again.
tallies = Table(
    "tallies",
    metadata,
    Column("job_id", ForeignKey("jobs.id"), primary_key=True),
    Column("stands_for", StoredText, nullable=False),  # what the job's row said when its items were added up
    Column("sums", StoredText, nullable=False),  # JSON
)

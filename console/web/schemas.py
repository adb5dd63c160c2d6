"""The shapes of the answers, for the OpenAPI page; what fills them is `console.output`."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field


class _Shape(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Items(_Shape):
    """Items by state."""

    total: int
    done: int
    reused: int
    locked: int
    flagged: int
    failed: int
    pending: int


class Usage(_Shape):
    """Tokens as they were reported."""

    input_tokens: int
    output_tokens: int
    cache_read_tokens: int
    cache_write_tokens: int


class Outputs(_Shape):
    """Paths of what was written; null where nothing was."""

    workbook: str | None
    report: str | None
    publish: dict[str, str] = Field(default_factory=dict)


class Lane(_Shape):
    """The lane that was chosen, and why."""

    chosen: str
    why: str
    saving_usd: str | None = Field(description="Against on demand, by the estimate; null when not known.")
    usd: dict[str, str | None]
    ruled_out: dict[str, str]


class JobSummary(_Shape):
    """A job as it stands: the object of `skuscribe status JOB --json`."""

    job: str
    state: str
    stop_reason: str | None
    source: str
    items: Items
    usage: Usage
    cost_usd: str | None = Field(description="A decimal; null when nothing could be priced.")
    unpriced_items: int
    unconfirmed_attempts: int
    unconfirmed_usd: str
    estimate_usd: str | None
    saved_usd: str | None
    lane: Lane | None
    lanes: dict[str, int]
    requests: int
    throttled: int
    seconds: float
    simulated: bool
    outputs: Outputs


class JobList(_Shape):
    """Jobs, newest first: the object of `skuscribe jobs --json`."""

    jobs: list[JobSummary]


class Problem(_Shape):
    """What went wrong and how to mend it."""

    code: str
    message: str
    fix: str


class Failure(_Shape):
    """Every answer that is no success."""

    error: Problem


class Health(_Shape):
    """The process lives."""

    status: str


class Check(_Shape):
    """A part that the service needs."""

    name: str
    state: str = Field(description="ok or fail")
    detail: str


class Readiness(_Shape):
    """Whether it can work."""

    ready: bool
    checks: list[Check]

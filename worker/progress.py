from __future__ import annotations

from dataclasses import dataclass

from jobs.store.job_table import JobStanding


@dataclass(slots=True)
class Progress:
    """Counters of a running job, for a progress bar; written by many threads, exact only at the end."""

    finished: int = 0
    failed: int = 0
    requests: int = 0
    throttled: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    cost_pico: int = 0
    in_flight: int = 0
    #: Seconds that requests waited for a permit, added up.
    waited_s: float = 0.0

    @property
    def tokens(self) -> int:
        """Give the tokens of all kinds."""
        return self.input_tokens + self.output_tokens


def progress_of(standing: JobStanding) -> Progress:
    """Read the counters of a job that is run elsewhere, or in batch jobs."""
    return Progress(
        finished=standing.finished,
        failed=standing.failed,
        requests=standing.requests,
        throttled=standing.throttled,
        input_tokens=standing.tokens,
        cost_pico=standing.spent_pico,
    )

from __future__ import annotations

from dataclasses import dataclass


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

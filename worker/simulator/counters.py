"""What the simulator saw: the other side of a run's accounts."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from threading import Lock
from typing import Any

from worker.simulator.request import ConverseRequest

_TOKEN_KEYS = ("inputTokens", "outputTokens", "cacheReadInputTokens", "cacheWriteInputTokens")


@dataclass(slots=True)
class _BatchCounts:
    """What batch jobs did and billed."""

    jobs: int = 0
    succeeded: int = 0
    failed: int = 0
    tokens: dict[str, Counter[str]] = field(default_factory=dict)
    ok_records: Counter[bytes] = field(default_factory=Counter)

    def as_json(self) -> dict[str, Any]:
        return {
            "jobs": self.jobs,
            "records": self.succeeded + self.failed,
            "succeeded": self.succeeded,
            "failed": self.failed,
            "tokens": {model: dict(counts) for model, counts in self.tokens.items()},
            "ok_records_by_prompt": _spread(self.ok_records),
        }


class Counters:
    """Counts of requests, replies, faults and tokens, those of batch jobs apart.

    Batch jobs count from a thread of their own.
    """

    def __init__(self) -> None:
        self._counts: Counter[str] = Counter()
        self._tokens: dict[str, Counter[str]] = {}
        self._lost_tokens: dict[str, Counter[str]] = {}
        self._complete_answers: Counter[bytes] = Counter()
        self._ok_replies: Counter[bytes] = Counter()
        self._tasks: Counter[bytes] = Counter()
        self._complete_tasks: Counter[bytes] = Counter()
        self._batch = _BatchCounts()
        self._lock = Lock()
        self._in_flight = 0
        self._peak_in_flight = 0

    def enter(self) -> None:
        """Count a request to a model that arrived."""
        self._counts["requests"] += 1
        self._in_flight += 1
        self._peak_in_flight = max(self._peak_in_flight, self._in_flight)

    def leave(self) -> None:
        """Note that a request to a model has ended."""
        self._in_flight -= 1

    def note(self, what: str) -> None:
        """Count something that went otherwise than well."""
        self._counts[what] += 1

    def replied(self, model_id: str, usage: dict[str, Any], request: ConverseRequest, *, complete: bool) -> None:
        """Count a reply that was sent whole, and what it costs."""
        self._counts["ok"] += 1
        self._ok_replies[request.digest] += 1
        if complete:
            self._complete_answers[request.digest] += 1
        self._add(self._tokens, model_id, usage)
        with self._lock:
            self._task(request, complete=complete)

    def job_created(self) -> None:
        """Count a batch job."""
        with self._lock:
            self._batch.jobs += 1

    def record_failed(self) -> None:
        """Count a record of a batch job that ended in an error: nothing is billed."""
        with self._lock:
            self._batch.failed += 1

    def record_done(self, model_id: str, usage: dict[str, Any], request: ConverseRequest, *, complete: bool) -> None:
        """Count a record of a batch job that has its answer, and what it costs."""
        with self._lock:
            self._batch.succeeded += 1
            self._batch.ok_records[request.digest] += 1
            self._add(self._batch.tokens, model_id, usage)
            self._task(request, complete=complete)

    def _task(self, request: ConverseRequest, *, complete: bool) -> None:
        self._tasks[request.task] += 1
        if complete:
            self._complete_tasks[request.task] += 1

    def lost(self, model_id: str, usage: dict[str, Any], what: str) -> None:
        """Count a reply that was written and did not arrive whole."""
        self._counts[what] += 1
        self._add(self._lost_tokens, model_id, usage)

    @staticmethod
    def _add(totals: dict[str, Counter[str]], model_id: str, usage: dict[str, Any]) -> None:
        total = totals.setdefault(model_id, Counter())
        for key in _TOKEN_KEYS:
            total[key] += usage.get(key, 0)

    def as_json(self) -> dict[str, Any]:
        """Give all counts."""
        names = ("requests", "ok", "throttled", "errors", "refused", "dropped", "garbage", "abandoned", "not_ready")
        with self._lock:
            batch = self._batch.as_json()
            tasks, complete_tasks = _spread(self._tasks), _spread(self._complete_tasks)
        return {
            **{name: self._counts[name] for name in names},
            "in_flight": self._in_flight,
            "peak_in_flight": self._peak_in_flight,
            "tokens": {model: dict(counts) for model, counts in self._tokens.items()},
            "lost_tokens": {model: dict(counts) for model, counts in self._lost_tokens.items()},
            "complete_answers_by_prompt": _spread(self._complete_answers),
            "ok_replies_by_prompt": _spread(self._ok_replies),
            "batch": batch,
            "paid_by_task": tasks,
            "complete_by_task": complete_tasks,
        }


def _spread(counts: Counter[bytes]) -> dict[str, int]:
    return {
        "prompts": len(counts),
        "more_than_one": sum(count > 1 for count in counts.values()),
        "beyond_one": sum(count - 1 for count in counts.values()),
        "most": max(counts.values(), default=0),
    }

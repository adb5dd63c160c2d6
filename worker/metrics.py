"""What a worker shows to Prometheus."""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from wsgiref.simple_server import WSGIServer

from prometheus_client import CollectorRegistry, ProcessCollector, start_http_server
from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from jobs.money import PICO
from templates.errors import UserError

#: No job in them: each job would be a time series of its own, kept for months after it ended.
_LABELS = ("model", "region", "realm")


@dataclass(frozen=True, slots=True, kw_only=True)
class LineFigures:
    """What a worker's line of one job has done since it was opened; it only grows, but for `in_flight`."""

    job_id: str
    model: str
    region: str
    realm: str
    requests: int
    throttled: int
    input_tokens: int
    output_tokens: int
    cost_pico: int
    in_flight: int
    #: Time that its senders spent waiting for the limiter, added up over them.
    waited_s: float
    #: Items with an end, the failed ones among them.
    finished: int
    failed: int


@dataclass(frozen=True, slots=True)
class _Counter:
    """One Prometheus counter: its name without `_total`, and where its value is by the value of its own label."""

    name: str
    meaning: str
    label: str
    values: Mapping[str, Callable[[LineFigures], float]]


_COUNTERS = (
    _Counter("skuscribe_requests", "Requests sent to a model.", "", {"": lambda line: line.requests}),
    _Counter("skuscribe_throttled", "Requests that were throttled.", "", {"": lambda line: line.throttled}),
    _Counter(
        "skuscribe_tokens",
        "Tokens of replies, as they were reported.",
        "kind",
        {"input": lambda line: line.input_tokens, "output": lambda line: line.output_tokens},
    ),
    # Whole picodollars until they are shown: sums of fractions would drift.
    _Counter("skuscribe_cost_usd", "Cost of replies that have a price.", "", {"": lambda line: line.cost_pico}),
    _Counter(
        "skuscribe_limiter_wait_seconds",
        "Time that senders waited for leave to send, added up over all of them.",
        "",
        {"": lambda line: line.waited_s},
    ),
    _Counter(
        "skuscribe_items_finished",
        "Items with an end: done (the flagged ones among them) or failed.",
        "state",
        {"done": lambda line: line.finished - line.failed, "failed": lambda line: line.failed},
    ),
)
_UNITS = {"skuscribe_cost_usd": float(PICO)}

#: (model, region, realm), counter's name, value of its own label.
_Series = tuple[tuple[str, str, str], str, str]


class LineCollector(Collector):
    """Adds up the lines of this process for Prometheus.

    Counters never go down although lines come and go: a line's last figures are kept by `closed`, which is called
    right after `lines` does not give it any more, by somebody who holds no lock that `lines` takes. A look that falls
    between the two shows the sums of the look before.
    """

    def __init__(self, lines: Callable[[], Sequence[LineFigures]]) -> None:
        self._lines = lines
        self._closed: defaultdict[_Series, float] = defaultdict(int)
        self._shown: dict[_Series, float] = {}
        self._lock = threading.Lock()

    def closed(self, line: LineFigures) -> None:
        """Keep the last figures of a line that is no more."""
        with self._lock:
            _add(self._closed, line)

    def collect(self) -> Iterator[Metric]:
        """Give the metrics as they stand."""
        with self._lock:
            lines = self._lines()
            sums = self._closed.copy()
            for line in lines:
                _add(sums, line)
            self._shown |= {series: max(value, self._shown.get(series, 0)) for series, value in sums.items()}
            shown = dict(self._shown)
        for counter in _COUNTERS:
            labels = (*_LABELS, counter.label) if counter.label else _LABELS
            family = CounterMetricFamily(counter.name, counter.meaning, labels=labels)
            for (place, name, own), value in shown.items():
                if name == counter.name:
                    family.add_metric([*place, own] if own else place, value / _UNITS.get(name, 1))
            yield family
        yield _in_flight(lines, {place for place, _, _ in shown})


def registry_of(collector: Collector) -> CollectorRegistry:
    """Give what a worker shows: its lines, and memory and CPU time of the process."""
    registry = CollectorRegistry()
    registry.register(collector)
    ProcessCollector(registry=registry)
    return registry


def serve_metrics(port: int, registry: CollectorRegistry) -> WSGIServer:
    """Answer Prometheus on a port of all interfaces, from a thread of its own; 0 takes a free port.

    Raises:
        UserError: the port is taken, or not for everybody.
    """
    try:
        server, _ = start_http_server(port, registry=registry)
    except OSError as error:
        raise UserError(
            f"The metrics cannot be shown on port {port}: {error.strerror}.",
            fix="Give each worker of a machine a SKUSCRIBE_METRICS_PORT of its own, or unset it.",
            code="metrics_port",
        ) from error
    return server


def _place(line: LineFigures) -> tuple[str, str, str]:
    return line.model, line.region, line.realm


def _add(sums: defaultdict[_Series, float], line: LineFigures) -> None:
    for counter in _COUNTERS:
        for own, value in counter.values.items():
            sums[_place(line), counter.name, own] += value(line)


def _in_flight(lines: Sequence[LineFigures], places: set[tuple[str, str, str]]) -> Metric:
    family = GaugeMetricFamily("skuscribe_requests_in_flight", "Requests without their reply yet.", labels=_LABELS)
    for place in sorted(places):
        family.add_metric(place, sum(line.in_flight for line in lines if _place(line) == place))
    return family

"""What the store and the broker show to Prometheus."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping

from fastapi import APIRouter, Response
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from console.web.readiness import QueueDepths
from jobs.money import PICO
from jobs.store.figures import Figures, StoreFigures
from templates.errors import SkuscribeError

_LOG = logging.getLogger("skuscribe.metrics")


def metrics_routes(figures: Figures, queue_depths: QueueDepths | None) -> APIRouter:
    """Give the route that Prometheus asks."""
    router = APIRouter(tags=["metrics"])

    @router.get("/metrics", summary="Figures of store and queues, for Prometheus", response_class=Response)
    def metrics() -> Response:
        registry = CollectorRegistry()
        # The figures are read before: an answer is given whole, or the store's error.
        registry.register(_Shown([*_of_store(figures.now()), *_of_broker(queue_depths)]))
        return Response(generate_latest(registry), media_type=CONTENT_TYPE_LATEST)

    return router


class _Shown(Collector):
    """Metrics that have been read."""

    def __init__(self, metrics: list[Metric]) -> None:
        self._metrics = metrics

    def collect(self) -> list[Metric]:
        return self._metrics


def _of_store(figures: StoreFigures) -> Iterator[Metric]:
    items = {"done": figures.done, "failed": figures.failed, "waiting": figures.waiting}
    yield _gauge("skuscribe_jobs", "Jobs.", "state", figures.jobs)
    yield _gauge(
        "skuscribe_items",
        "Items of running jobs: finished since they were last started, or in chunks that nobody has taken.",
        "state",
        items,
    )
    yield _gauge("skuscribe_chunks", "Chunks of running jobs.", "state", figures.chunks)
    yield _gauge("skuscribe_shards", "Open shards of jobs in the batch lane.", "state", figures.shards)
    yield GaugeMetricFamily("skuscribe_workers", "Worker processes that have not ended.", figures.workers)
    spent = CounterMetricFamily("skuscribe_spent_usd", "What all jobs have cost.", labels=["realm"])
    for realm, pico in figures.spent_pico.items():
        spent.add_metric([realm], _usd(pico))
    yield spent
    held = {realm: _usd(pico) for realm, pico in figures.held_pico.items()}
    yield _gauge("skuscribe_held_usd", "Reserved by requests without an answer, also by lost ones.", "realm", held)


def _of_broker(queue_depths: QueueDepths | None) -> Iterator[Metric]:
    if queue_depths is None:
        return
    depths: Mapping[str, int] | None = None
    try:
        depths = queue_depths()
    except SkuscribeError as error:
        _LOG.warning("%s", error.message)
    yield GaugeMetricFamily("skuscribe_broker_up", "Whether the broker can be reached.", int(depths is not None))
    if depths is not None:
        yield _gauge("skuscribe_queue_depth", "Messages that wait for a worker.", "queue", depths)


def _gauge(name: str, meaning: str, label: str, values: Mapping[str, float]) -> Metric:
    family = GaugeMetricFamily(name, meaning, labels=[label])
    for value, number in values.items():
        family.add_metric([value], number)
    return family


def _usd(pico: int) -> float:
    return pico / float(PICO)

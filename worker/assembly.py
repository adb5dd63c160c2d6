"""Puts an engine together for a job: prices, composers, limits; what one process and many workers do alike."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from jobs.clock import Clock
from jobs.prices.book import PriceBook
from jobs.spec import JobSpec
from jobs.store.job_table import JobRecord
from jobs.store.ledger import Ledger
from templates.errors import UserError
from worker.aws.capabilities import capability_of, output_mode
from worker.aws.models import ModelRef
from worker.composing import Asking, Composer, Task
from worker.endpoint import Endpoint
from worker.engine import Engine
from worker.feed import Feed
from worker.limits.limiter import Limiter, Quotas
from worker.model import OutputMode, Reply, Request
from worker.outcome import Place
from worker.pricing import BookPricing
from worker.recipe import Recipe
from worker.settings import Settings
from worker.showing import Show

#: Requests in flight at the most, unless told: what a quota that nobody told may take.
_MOST_IN_FLIGHT = 256
#: With a told quota: enough for replies that take so long.
_LONG_REPLY_S = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Assembly:
    """What the engines of a process have in common."""

    settings: Settings
    book: PriceBook
    clock: Clock
    random: Callable[[], float]
    clock_s: Callable[[], float] = time.monotonic

    def engine(
        self,
        job: JobRecord,
        *,
        session: str,
        numbers: Iterator[int],
        endpoint: Endpoint,
        ledger: Ledger,
        limiter: Limiter,
        feed: Feed,
        show: Show | None = None,
        put_off: Callable[[Task, float], bool] = lambda _task, _wait_s: False,
    ) -> Engine:
        """Give the engine that writes a job's tasks from a feed.

        Raises:
            UserError: the settings of AWS lead elsewhere than when the job was started.
        """
        if endpoint.realm != job.realm:
            raise UserError(
                f"The job was started against {job.realm}, but AWS's settings now lead to {endpoint.realm}.",
                fix="Set the endpoint back, or start a new job: costs of different places are never added up.",
                code="realm",
            )
        spec = JobSpec.from_json(job.spec)
        lane = job.sending_lane
        pricing = self.pricing(region=endpoint.region, lane=lane, resolved=endpoint.model)

        def send(task: Task, request: Request) -> Reply:
            if show is None:
                return endpoint.client.converse(request)
            return endpoint.client.stream(request, lambda text: show(task.item, text))

        return Engine(
            place=Place(
                job_id=job.id,
                session=session,
                realm=job.realm,
                region=endpoint.region,
                lane=lane,
                catalogue=job.catalogue,
            ),
            composers=composers_of(job, pricing, lane),
            send=send,
            ledger=ledger,
            limiter=limiter,
            pricing=pricing,
            feed=feed,
            concurrency=1 if show else self.concurrency(spec),
            numbers=numbers,
            random=self.random,
            clock_s=self.clock_s,
            put_off=put_off,
        )

    def pricing(self, *, region: str, lane: str, resolved: ModelRef | None) -> BookPricing:
        """Give the prices of a lane in a Region; `resolved`: what stands behind the model as asked for."""
        return BookPricing(self.book, region=region, lane=lane, today=lambda: self.clock().date(), resolved=resolved)

    def quotas(self, spec: JobSpec, told: Quotas) -> Quotas:
        """What the user says, else what Service Quotas has told; what neither says is learned."""
        return Quotas(
            requests_per_min=spec.rpm or self.settings.rpm or told.requests_per_min,
            tokens_per_min=spec.tpm or self.settings.tpm or told.tokens_per_min,
        )

    def concurrency(self, spec: JobSpec) -> int:
        """How many requests of a job this process may have in flight."""
        told = spec.concurrency or self.settings.concurrency
        rpm = spec.rpm or self.settings.rpm
        if told:
            return told
        return min(1000, max(64, round(rpm / 60 * _LONG_REPLY_S))) if rpm else _MOST_IN_FLIGHT


def composers_of(job: JobRecord, pricing: BookPricing, lane: str) -> dict[tuple[str, str, str], Composer]:
    """Give what composes a job's requests in a lane, by template, locale and model."""
    spec, recipe = JobSpec.from_json(job.spec), Recipe.from_json(job.templates)
    composers = {}
    for model in spec.model:
        asking = _asking(job, pricing, model, lane)
        for template in recipe.templates:
            for locale in spec.locale or ("",):
                composers[template.ref, locale, model] = Composer(
                    template, locale=locale, brand=recipe.brand, asking=asking
                )
    return composers


def _asking(job: JobRecord, pricing: BookPricing, model: str, lane: str) -> Asking:
    base = pricing.base(model)
    capability = capability_of(base)
    # Batch inference takes neither cache points nor tools (Bedrock user guide, prompt-caching and batch-inference,
    # 2026-10); about structured output AWS's pages contradict each other.
    by_prompt = lane == "batch"
    caches = not by_prompt and pricing.has_cache_prices(model)
    return Asking(
        mode=OutputMode.PROMPT if by_prompt else output_mode(base or model),
        tier="flex" if lane == "flex" else "default",
        cache_min_tokens=capability.cache_min_tokens if caches else 0,
        thinks=capability.thinks,
        most_output_tokens=capability.max_output_tokens,
        metadata={"skuscribe_job": job.id},
    )

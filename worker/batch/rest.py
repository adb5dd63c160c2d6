"""What it takes to send a job's open items one by one: time under the quotas, money under the budget."""

from __future__ import annotations

from dataclasses import dataclass

from jobs.estimate import Estimate, seen_replies
from jobs.estimate import estimate as estimated
from jobs.lanes import seconds_at
from jobs.money import to_pico
from jobs.spec import JobSpec
from jobs.tokens import answer_tokens
from worker.assembly import Assembly
from worker.aws.capabilities import capability_of
from worker.batch.job_batch import JobBatch
from worker.pricing import BookPricing


@dataclass(frozen=True, slots=True)
class Rest:
    """The open items of a job in the batch lane, as requests."""

    batch: JobBatch
    assembly: Assembly

    def per_min(self) -> float | None:
        """Say how many of them a minute the quotas let through, None where nobody has told any."""
        quotas = self.assembly.quotas(self._spec, self.batch.endpoint.quotas)
        one_by_one = self._estimate(learned=False)
        seconds = seconds_at(
            one_by_one,
            requests_per_min=quotas.requests_per_min,
            tokens_per_min=quotas.tokens_per_min,
            burndown_rate=capability_of(self._pricing("on-demand").base(self._model)).burndown_rate,
        )
        return one_by_one.items / seconds * 60 if seconds else None

    def fits_budget(self) -> bool:
        """Whether they are expected to fit under the budget at the price on demand."""
        job = self.batch.store.jobs.get(self.batch.job.id)
        if job.cap_pico is None:
            return True
        usd = self._estimate(learned=True).usd
        return usd is not None and to_pico(usd) <= job.cap_pico - job.spent_pico - job.held_pico

    def has_flex(self) -> bool:
        """Whether the flex tier is known for the model and has a price."""
        pricing = self._pricing("flex")
        return "flex" in capability_of(pricing.base(self._model)).tiers and pricing.is_priced(self._model)

    @property
    def _model(self) -> str:
        return self._spec.model[0]

    @property
    def _spec(self) -> JobSpec:
        return JobSpec.from_json(self.batch.job.spec)

    def _estimate(self, *, learned: bool) -> Estimate:
        """Estimate them on demand; `learned`: by earlier replies, whose sum takes a while for many."""
        batch = self.batch
        templates = {(ref, locale): one.template for (ref, locale, _), one in batch.composers.items()}
        return estimated(
            batch.store.items.waiting(batch.job.id),
            seen=seen_replies(batch.store, batch.job.realm, self._spec.model) if learned else {},
            most_output=lambda ref, locale: answer_tokens(templates[ref, locale].fields, locale, ""),
            price=self._pricing("on-demand").tokens_usd,
        )

    def _pricing(self, lane: str) -> BookPricing:
        endpoint = self.batch.endpoint
        return self.assembly.pricing(region=endpoint.region, lane=lane, resolved=endpoint.model)

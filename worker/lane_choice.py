"""What a job would cost in every lane, which one it takes, and what hinders the others."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from decimal import Decimal

from jobs.choice import Choice
from jobs.estimate import Estimate, estimate, seen_replies
from jobs.lanes import SOONEST_FIRST, LaneOption, Obstacle, Terms, choose, seconds_at, uncompared
from jobs.spec import JobSpec, parse_deadline
from jobs.store.store import Store
from jobs.tokens import answer_tokens
from templates.errors import UserError
from worker.aws.batch_limits import batch_limits
from worker.aws.capabilities import capability_of
from worker.aws.client import session_for
from worker.aws.models import parse_model
from worker.aws.quotas import read_quotas
from worker.endpoint import find_batch_realm, find_target, named_model
from worker.limits.limiter import Quotas
from worker.pricing import BookPricing
from worker.recipe import Recipe
from worker.settings import Settings

#: Asks for the quotas of a model in a Region: (model, Region); None where nobody knows them.
AskQuotas = Callable[[str, str], Quotas | None]

#: What a model lacks that is not known to have a lane.
_HAVING = {"flex": "have the flex tier", "batch": "take batch jobs"}
_NOT_SET_UP = Obstacle(
    "no bucket or no role is set for batch jobs (SKUSCRIBE_BATCH_BUCKET, SKUSCRIBE_BATCH_ROLE_ARN)",
    "Set SKUSCRIBE_BATCH_BUCKET and SKUSCRIBE_BATCH_ROLE_ARN; `skuscribe policy --lane batch` prints what both need.",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Priced:
    """A planned job by lane, and the lane that it takes."""

    lanes: dict[str, Estimate]
    choice: Choice


class LaneChoice:
    """Compares the lanes of jobs."""

    def __init__(
        self,
        *,
        settings: Settings,
        store: Store,
        pricing: Callable[[str, str], BookPricing],
        ask_quotas: AskQuotas,
    ) -> None:
        self._settings = settings
        self._store = store
        self._pricing = pricing
        self._ask_quotas = ask_quotas

    def refuse(self, spec: JobSpec, region: str) -> None:
        """Make sure that the lane can be taken that a spec asks for by name.

        Raises:
            UserError: the model lacks it, or something is not set up for it.
        """
        for model in spec.model:
            named_model(model)
        if spec.lane != "auto" and (obstacle := self._obstacle(spec, spec.lane, region)):
            raise obstacle.error(spec.lane)

    def refuse_unpriced(self, spec: JobSpec) -> None:
        """Make sure that a cap can be held: in the lane asked for, and on demand, where what is left of others goes.

        Raises:
            UserError: a model of the spec has no price where it is called.
        """
        region = find_target(self._settings, region=spec.region, simulate=spec.simulate).region
        for lane in dict.fromkeys(("on-demand", "on-demand" if spec.lane == "auto" else spec.lane)):
            pricing = self._pricing(region, lane)
            unpriced = [model for model in spec.model if not pricing.is_priced(model)]
            if unpriced:
                raise UserError(
                    f'A budget cannot be held: "{unpriced[0]}" has no {lane} price in {region}.',
                    fix="Add its price (SKUSCRIBE_PRICES names a file of your own prices), or run without --budget.",
                    code="unpriced",
                )

    def compare(self, job_id: str, spec: JobSpec, recipe: Recipe, *, kind: str, realm: str, region: str) -> Priced:
        """Estimate a planned job in every lane and choose one.

        Raises:
            UserError: the lane that the spec asks for cannot be taken.
        """
        obstacles = {lane: self._obstacle(spec, lane, region) for lane in SOONEST_FIRST}
        lanes = self._estimates(job_id, spec, recipe, realm, region)
        if spec.lane == "auto" and (kind == "preview" or len(spec.model) > 1):
            return Priced(lanes=lanes, choice=uncompared("on-demand", "It is shown while it is written."))
        terms = Terms(
            asked=spec.lane,
            deadline_s=parse_deadline(spec.deadline) if spec.deadline else None,
            least_records=batch_limits(self._settings.batch, None).least_records,
            least_saving_usd=self._settings.batch.least_saving_usd,
        )
        sending_s = self._sending_s(spec, lanes["on-demand"], realm, region)
        options = [
            LaneOption(
                lane=lane,
                estimate=lanes[lane],
                obstacle=obstacles[lane],
                seconds=self._settings.batch.least_deadline_s if lane == "batch" else sending_s,
            )
            for lane in SOONEST_FIRST
        ]
        return Priced(lanes=lanes, choice=choose(options, terms))

    def _estimates(self, job_id: str, spec: JobSpec, recipe: Recipe, realm: str, region: str) -> dict[str, Estimate]:
        waiting = self._store.items.waiting(job_id)
        by_ref = {template.ref: template for template in recipe.templates}
        seen = seen_replies(self._store, realm, spec.model)
        return {
            lane: estimate(
                waiting,
                seen=seen,
                most_output=lambda ref, locale: answer_tokens(by_ref[ref].fields, locale, ""),
                price=self._pricing(region, lane).tokens_usd if _all_take(spec.model, lane) else _unpriced,
            )
            for lane in SOONEST_FIRST
        }

    def _obstacle(self, spec: JobSpec, lane: str, region: str) -> Obstacle | None:
        for model in spec.model:
            if not _takes(model, lane):
                return _lacking(model, lane)
        if lane != "batch":
            return None
        pricing = self._pricing(region, lane)
        for model in spec.model:
            if not pricing.is_priced(model):
                return Obstacle(
                    f"{model} has no batch price in {region}",
                    "Add its price (SKUSCRIBE_PRICES names a file of your own prices), or use --lane on-demand.",
                )
        if spec.simulate:
            return None  # the simulator inside the command brings a bucket and a role of its own
        return self._elsewhere(region) if self._settings.batch.is_set else _NOT_SET_UP

    def _elsewhere(self, region: str) -> Obstacle | None:
        """Say that batch jobs would go to another realm than requests, whose costs are never added up."""
        realm = find_target(self._settings, region=region, simulate=False).realm
        of_jobs = find_batch_realm(self._settings, region=region)
        if of_jobs == realm:
            return None
        return Obstacle(
            f"batch jobs would go to {of_jobs}, and requests go to {realm}",
            "Set AWS_ENDPOINT_URL_BEDROCK_RUNTIME and AWS_ENDPOINT_URL_BEDROCK to the same place (AWS_ENDPOINT_URL is"
            " for both), or use --lane on-demand.",
        )

    def _sending_s(self, spec: JobSpec, one: Estimate, realm: str, region: str) -> float | None:
        """Say how long the items take one by one, as far as quotas are told that count for the choice."""
        if not one.items or spec.simulate:
            # The simulator inside the command has no quota.
            return None
        rpm, tpm = spec.rpm or self._settings.rpm, spec.tpm or self._settings.tpm
        if not (rpm or tpm) and realm == "aws" and spec.lane == "auto" and spec.deadline:
            asked = self._ask_quotas(spec.model[0], region) or Quotas()
            rpm, tpm = asked.requests_per_min, asked.tokens_per_min
        burndown_rate = capability_of(parse_model(spec.model[0]).base).burndown_rate
        return seconds_at(one, requests_per_min=rpm, tokens_per_min=tpm, burndown_rate=burndown_rate)


def ask_service_quotas(model: str, region: str) -> Quotas | None:
    """Ask Service Quotas for a model's quotas, best effort."""
    found = read_quotas(session_for(region=region), parse_model(model), region=region)
    return Quotas(found.requests_per_min, found.tokens_per_min) if found else None


def refuse_lacking(model: str, lane: str) -> None:
    """Make sure that a model is known to have a lane, as far as its id tells which model it is.

    Raises:
        UserError: it is not, or the id is none.
    """
    if named_model(model).base and not _takes(model, lane):
        raise _lacking(model, lane).error(lane)


def _lacking(model: str, lane: str) -> Obstacle:
    return Obstacle(f"{model} is not known to {_HAVING[lane]}", "Use --lane on-demand, or another model.")


def _unpriced(_model: str, _input_tokens: int, _output_tokens: int) -> Decimal | None:
    return None


def _all_take(models: Iterable[str], lane: str) -> bool:
    return all(_takes(model, lane) for model in models)


def _takes(model: str, lane: str) -> bool:
    capability = capability_of(parse_model(model).base)
    return {"flex": "flex" in capability.tiers, "batch": capability.batch}.get(lane, True)
